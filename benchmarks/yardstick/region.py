"""A made-up region's facts in PostgreSQL, put there by ingest's own statements.

Guarantees: the same pupils, seed and day give the same facts; every school is marked, as after a
first load, so the derive loop has its work before it.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.translate import fact_of
from domain.facts import Fact
from projections.database import driver, transaction
from projections.facts import store
from projections.facts.store import Arrival
from projections.gate import first_load
from schemas.decode import Rejected, decode
from synth import generate

_BATCH = 10_000


def region(pupils: int, seed: int, today: date) -> Iterator[Fact]:
    """The facts of a made-up region."""
    for event in generate(pupils, seed, today):
        read = decode((), None, json.dumps(event).encode())
        if isinstance(read, Rejected):
            raise TypeError(read.reason)
        yield fact_of(read)


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
