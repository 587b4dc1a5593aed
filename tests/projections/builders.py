"""The store for tests: facts in by the real ingest statements, memberships out as plain dicts."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.facts import Fact
from domain.lanes import Lane
from projections.database import Driver, create_engine, driver, transaction
from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from projections.facts import store as facts_store
from projections.facts.store import Arrival
from projections.queue.stale import set_marks

Memberships = dict[str, dict[str, str]]
"""Chat → person → role, without empty chats."""


@asynccontextmanager
async def engine_of(
    url: str, clock_shift: str = "", pool_size: int = 3
) -> AsyncIterator[AsyncEngine]:
    """An engine that is disposed of at the end."""
    engine = create_engine(url, pool_size=pool_size, clock_shift=clock_shift)
    try:
        yield engine
    finally:
        await engine.dispose()


async def ingest(engine: AsyncEngine, *facts: Fact, lane: Lane = Lane.LIVE) -> None:
    """Facts and marks in one transaction, as ingest writes them."""
    async with transaction(engine) as connection:
        await write_facts(await driver(connection), facts, lane)


async def write_facts(raw: Driver, facts: Iterable[Fact], lane: Lane = Lane.LIVE) -> None:
    """Facts and their marks on a transaction of the caller's."""
    now = await raw.fetchval("SELECT clock_now()")
    arrivals = [Arrival(fact, "t", 0, 0) for fact in facts]
    written = await facts_store.write(raw, arrivals, now)
    await set_marks(raw, written.touched, lane, now)


async def derive_all(engine: AsyncEngine, config: DeriveConfig | None = None) -> int:
    """Rounds until nothing is left to claim; how many marks that were."""
    total = 0
    while handled := await derive_once(engine, config or DeriveConfig()):
        total += handled
    return total


async def memberships(engine: AsyncEngine) -> Memberships:
    """Expected memberships as stored."""
    rows = await fetch(engine, "SELECT chat_id, person_id, role FROM expected_members")
    found: Memberships = {}
    for chat_id, person_id, role in rows:
        found.setdefault(str(chat_id), {})[str(person_id)] = str(role)
    return found


async def fetch(engine: AsyncEngine, query: str, **values: object) -> list[tuple[object, ...]]:
    """The rows of a query."""
    async with transaction(engine) as connection:
        return [tuple(row) for row in await connection.execute(text(query), values)]


async def due_chats(engine: AsyncEngine) -> set[str]:
    """The chats that reconcile would take now."""
    return {
        str(chat_id)
        for (chat_id,) in await fetch(
            engine, "SELECT chat_id FROM chat_sync WHERE due_at IS NOT NULL"
        )
    }


async def settle_due(engine: AsyncEngine) -> None:
    """As if reconcile had done everything that is due."""
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE chat_sync SET due_at = NULL"))
