"""What the processor did for some processes: beside other work it tells more than a clock."""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.memory import tree

_TICKS = 100.0
"""Of a second, in Linux's ``/proc``."""


async def used_by_postgres(engine: AsyncEngine) -> float:
    """Seconds of the server on this machine and of all its processes, those that ended too."""
    async with engine.connect() as connection:
        backend = await connection.scalar(text("SELECT pg_backend_pid()"))
        return used_by(int(_stat(int(backend))[1]))


def used_by(*roots: int) -> float:
    """Seconds of these processes and of all that they started, those that ended too."""
    ended = sum(sum(map(int, _stat(root)[13:15])) for root in roots)
    return (ended + sum(map(_own, tree(roots)))) / _TICKS


def _own(pid: int) -> int:
    try:
        return sum(map(int, _stat(pid)[11:13]))
    except OSError:  # it has ended meanwhile
        return 0


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
