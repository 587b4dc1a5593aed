"""Looking at processes from outside."""

import asyncio
from collections.abc import Callable
from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


async def eventually(holds: Callable[[], bool], within: float = 60) -> bool:
    """Whether something comes true within this many seconds; ample, for any machine."""
    deadline = asyncio.get_running_loop().time() + within
    while not holds():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


async def all_ended(pids: list[int]) -> bool:
    """Whether all of them end by themselves."""
    return await eventually(lambda: not any(map(is_running, pids)))
