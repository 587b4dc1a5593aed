"""A made-up region's facts in PostgreSQL, put there by ingest's own statements.

Guarantees: the same pupils, seed and day give the same facts; every school is marked, as after a
first load, so the derive loop has its work before it. ``derive`` has it done.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.translate import fact_of
from domain.facts import Fact
from projections.database import driver, transaction
from projections.derive.config import DeriveConfig
from projections.derive.loop import DeriveLoop
from projections.facts import store
from projections.facts.store import Arrival
from projections.gate import first_load
from schemas.decode import Rejected, decode
from synth import generate
from synth.journal import Event

_BATCH = 10_000
_POLL = 0.1


def region(pupils: int, seed: int, today: date) -> Iterator[Fact]:
    """The facts of a made-up region."""
    for event in generate(pupils, seed, today):
        yield fact(event)


def fact(event: Event) -> Fact:
    """The fact of a valid event."""
    read = decode((), None, json.dumps(event).encode())
    if isinstance(read, Rejected):
        raise TypeError(read.reason)
    return fact_of(read)


async def load(engine: AsyncEngine, facts: Iterable[Fact]) -> int:
    """Write the facts in batches, and mark the schools; how many facts there were."""
    count = 0
    stream = iter(facts)
    while batch := list(islice(stream, _BATCH)):
        arrivals = [Arrival(fact, "yardstick", 0, 0) for fact in batch]
        async with transaction(engine) as connection:
            raw = await driver(connection)
            now = await raw.fetchval("SELECT clock_now()")
            await store.write(raw, arrivals, now)
        count += len(batch)
    async with transaction(engine) as connection:
        raw = await driver(connection)
        await first_load.mark_everything(raw, await raw.fetchval("SELECT clock_now()"))
    return count


async def derive(engine: AsyncEngine) -> float:
    """Seconds until the derive loop, with as many workers as by default, has cleared every mark."""
    stop = asyncio.Event()
    began = time.perf_counter()
    running = asyncio.create_task(DeriveLoop(engine, DeriveConfig()).run(stop))
    while await _stale(engine):  # noqa: ASYNC110 - the marks are in the database
        await asyncio.sleep(_POLL)
    seconds = time.perf_counter() - began
    stop.set()
    await running
    return seconds


async def _stale(engine: AsyncEngine) -> bool:
    async with transaction(engine) as connection:
        found = await connection.execute(text("SELECT EXISTS (SELECT FROM stale_entities)"))
        return bool(found.scalar_one())
