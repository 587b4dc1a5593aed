"""What the processor did for PostgreSQL: beside other work it tells more than a clock."""

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
        server = int(_stat(int(backend))[1])
        ended = sum(map(int, _stat(server)[13:15]))
        return (ended + sum(map(_own, tree((server,))))) / _TICKS


def _own(pid: int) -> int:
    try:
        return sum(map(int, _stat(pid)[11:13]))
    except OSError:  # it has ended meanwhile
        return 0


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
