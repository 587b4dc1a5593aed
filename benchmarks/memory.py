"""The most memory that a program and all its children held at once, while a block ran.

Proportional set size, so that pages which PostgreSQL's processes share are counted once. It is
looked at a few times a second: a peak between two looks is missed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_EVERY: Final = 0.25


@dataclass(slots=True)
class Peak:
    """Mebibytes: of all together, and of each process by its id."""

    mib: float = 0.0
    each: dict[int, float] = field(default_factory=dict)

    def largest(self, processes: Iterable[int]) -> float:
        """The most that one of these held."""
        return max((self.each.get(process, 0.0) for process in processes), default=0.0)


@asynccontextmanager
async def watched(*roots: int) -> AsyncIterator[Peak]:
    """Watch the trees of these processes; the peak is whole when the block has ended."""
    peak = Peak()
    watching = asyncio.create_task(_watch(peak, roots))
    try:
        yield peak
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(peak: Peak, roots: tuple[int, ...]) -> None:
    while True:
        held = await asyncio.to_thread(_held, roots)
        peak.mib = max(peak.mib, sum(held.values()))
        for process, mib in held.items():
            peak.each[process] = max(peak.each.get(process, 0.0), mib)
        await asyncio.sleep(_EVERY)


def held_mib(roots: tuple[int, ...]) -> float:
    """What these processes and all that they started hold now."""
    return sum(_held(roots).values())


def _held(roots: tuple[int, ...]) -> dict[int, float]:
    return {process: _kib(process) / 1024 for process in tree(roots)}


def tree(roots: tuple[int, ...]) -> set[int]:
    """These processes and their descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                # The name of the command may hold spaces and brackets; what follows does not.
                after = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2]
                children.setdefault(int(after.split()[1]), []).append(int(folder.name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        process = waiting.pop()
        if process not in found:
            found.add(process)
            waiting += children.get(process, [])
    return found


def _kib(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
