"""A made-up region's facts in PostgreSQL, put there by ingest's own statements.

Guarantees: the same pupils, seed and day give the same facts; what is stale is marked, as
after ingest, so the derive loop has its work before it.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.translate import fact_of
from domain.facts import Fact
from domain.lanes import Lane
from projections.database import driver, transaction
from projections.facts import store as facts_store
from projections.facts.store import Arrival
from projections.queue.stale import set_marks
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


async def load(engine: AsyncEngine, facts: Iterable[Fact], lane: Lane = Lane.REPLAY) -> int:
    """Write the facts and their marks in batches; how many facts there were."""
    count = 0
    stream = iter(facts)
    while batch := list(islice(stream, _BATCH)):
        arrivals = [Arrival(fact, "yardstick", 0, 0) for fact in batch]
        async with transaction(engine) as connection:
            raw = await driver(connection)
            now = await raw.fetchval("SELECT clock_now()")
            written = await facts_store.write(raw, arrivals, now)
            await set_marks(raw, written.touched, lane, now)
        count += len(batch)
    return count
