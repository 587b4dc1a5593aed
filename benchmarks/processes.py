"""The processes that a benchmark measures, the product's own among them.

Guarantees: whatever was started is ended with the block, its children too; what it said is kept in
a file as long as the folder is.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]

_END_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Started:
    """Processes that run, and where what they say is kept."""

    processes: tuple[asyncio.subprocess.Process, ...]
    log: Path

    @property
    def pids(self) -> tuple[int, ...]:
        """Their ids."""
        return tuple(process.pid for process in self.processes)

    @property
    def ended(self) -> bool:
        """Whether one of them has ended by itself."""
        return any(process.returncode is not None for process in self.processes)

    def last_words(self) -> str:
        """The end of what they said."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "nothing"


@asynccontextmanager
async def started(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str], log: Path
) -> AsyncIterator[Started]:
    """These commands, running in the project's folder with this added to the environment."""
    processes: list[asyncio.subprocess.Process] = []
    try:
        with log.open("wb") as out:
            for each in commands:
                process = await asyncio.create_subprocess_exec(
                    *each,
                    stdout=out,
                    stderr=out,
                    cwd=ROOT,
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
                processes.append(process)
        yield Started(tuple(processes), log)
    finally:
        for process in processes:
            await _end(process)


def product(*words: str) -> list[str]:
    """A command of the product, as it is installed beside this Python."""
    return [str(Path(sys.executable).with_name("rollcall")), *words]


def addresses(postgres: str, bootstrap: str) -> dict[str, str]:
    """What the product is told of its servers; its own pages take whatever port is free."""
    return {
        "ROLLCALL_POSTGRES__URL": postgres,
        "ROLLCALL_KAFKA__BOOTSTRAP": bootstrap,
        "ROLLCALL_CONSOLE__PORT": "0",
        "ROLLCALL_CONSOLE__METRICS_PORT": "0",
    }


async def _end(process: asyncio.subprocess.Process) -> None:
    """The process and all of its session: some children are a child's."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_SECONDS)
