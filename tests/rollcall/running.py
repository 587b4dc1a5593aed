"""A command in a process of its own, as a person at a terminal meets it."""

import asyncio
import os
import sys
from typing import NamedTuple

PROGRAM = "from rollcall.cli import main; main()"


class Told(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


async def command(*words: str, **settings: str) -> Told:
    """Run ``rollcall`` with these words, and these settings alone, to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *words,
        env={"PATH": os.environ["PATH"], **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Told(process.returncode, out.decode(), err.decode())
