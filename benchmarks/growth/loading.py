"""A region's cold start: read from the topics' beginning, and derived.

Guarantees: what is timed is the product's own processes on an empty database; a time per event
leaves out how long a process takes to start, since that does not grow with the region.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from benchmarks import published
from benchmarks.engines.ours import Database
from benchmarks.memory import Peak, watched
from benchmarks.processes import Started, addresses, product, started
from benchmarks.processor import used_by
from consumers.kafka import KafkaConfig
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres

T = TypeVar("T")

PATIENCE: Final = 3600.0
_LOOK: Final = 0.02


class Failed(Exception):
    """A process of the product came to no end; the message is what it said last."""


@dataclass(frozen=True, slots=True)
class Place:
    """Servers with a region on the topics; ``server`` is the id of PostgreSQL's first process."""

    postgres: str
    server: int
    bootstrap: str
    folder: Path
    events: int

    @property
    def environment(self) -> Mapping[str, str]:
        """What the product's processes are told."""
        return addresses(self.postgres, self.bootstrap)


@dataclass(frozen=True, slots=True)
class Step:
    """One loop's part: microseconds for each, by the clock and of the processor with PostgreSQL's.

    ``mib`` is the most that one of its processes held, ``postgres_mib`` that one of PostgreSQL's.
    """

    seconds: float
    each_us: float
    processor_us: float
    mib: float
    postgres_mib: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """A region that was read and then derived, by one process of each loop."""

    ingest: Step
    derive: Step
    memberships: int
    checksum: str


@asynccontextmanager
async def servers(folder: Path, pupils: int, seed: int) -> AsyncIterator[Place]:
    """Empty servers of their own, the region on the topics."""
    async with (
        EmbeddedPostgres(folder / "postgres") as postgres,
        EmbeddedKafka(folder / "kafka") as broker,
    ):
        events = await published.region(KafkaConfig(broker.bootstrap), pupils, seed)
        await upgrade(postgres.uri)
        yield Place(postgres.uri, postgres.pid or 0, broker.bootstrap, folder, events)


async def load(place: Place) -> Loaded:
    """Read everything, and derive everything when all is read, so that neither pays for the other.

    Raises:
        Failed: a process ended by itself.
    """
    database = await Database.open(place.postgres)
    try:
        ingest = await _ingest(place, database)
        return await _derive(place, database, ingest)
    finally:
        await database.close()


async def _ingest(place: Place, database: Database) -> Step:
    """From the first batch that is committed to the last."""
    async with _part(place, "ingest") as process, watched(*process.pids, place.server) as peak:
        began = time.time()
        before = _used(process, place)
        while not (first := await database.offsets()):
            await _alive(process)
        if first < place.events:  # else the only batch is timed with the process's start
            began, before = time.time(), _used(process, place)
        events = place.events - first or place.events
        ended = await ending(process, database.read(place.events, PATIENCE))
        seconds, used = ended - began, _used(process, place) - before
    return _step(seconds, used, events, process, peak)


async def _derive(place: Place, database: Database, ingest: Step) -> Loaded:
    """From the first membership to the last mark that is cleared."""
    async with _part(place, "derive") as process, watched(*process.pids, place.server) as peak:
        before = _used(process, place)
        rest = await ending(process, database.rest(place.events, PATIENCE))
        used = _used(process, place) - before
    memberships, checksum = await database.checksum()
    seconds = rest.last_at - rest.first_at
    derive = _step(seconds, used, memberships, process, peak)
    return Loaded(ingest, derive, memberships, checksum)


def _step(seconds: float, used: float, items: int, process: Started, peak: Peak) -> Step:
    return Step(
        round(seconds, 2),
        round(seconds / items * 1e6, 1),
        round(used / items * 1e6, 1),
        round(peak.largest(process.pids)),
        round(peak.largest(peak.each.keys() - {*process.pids})),
    )


@asynccontextmanager
async def _part(place: Place, part: str) -> AsyncIterator[Started]:
    command = product("run", "--only", part)
    async with started([command], place.environment, place.folder / f"{part}.log") as process:
        yield process


def _used(process: Started, place: Place) -> float:
    return used_by(*process.pids, place.server)


async def _alive(process: Started) -> None:
    if process.ended:
        raise Failed(process.last_words())
    await asyncio.sleep(_LOOK)


async def ending(processes: Started, work: Coroutine[object, object, T]) -> T:
    """What the work comes to, unless one of these processes ends before it.

    Raises:
        Failed: one did.
    """
    working = asyncio.create_task(work)
    lives = [asyncio.create_task(each.wait()) for each in processes.processes]
    try:
        await asyncio.wait((working, *lives), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Failed(processes.last_words())
        return await working
    finally:
        for task in (working, *lives):
            task.cancel()
        await asyncio.gather(working, *lives, return_exceptions=True)
