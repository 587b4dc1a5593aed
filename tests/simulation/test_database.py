"""Nothing of a run waits for ever: whatever a session left behind is ended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.simulation.database import Database
from tests.simulation.loop import VirtualLoop
from tests.simulation.scheduler import WORLD, Scheduler
from tests.simulation.sessions import Session

pytestmark = pytest.mark.timeout(60)

WRITE = "UPDATE catch_up SET reason = 'of a test'"


def on(url: str, test: Callable[[Database, VirtualLoop], Awaitable[None]]) -> None:
    """Run a test on an open database, in a loop of its own."""
    loop = VirtualLoop()

    async def run() -> None:
        database = Database(url, loop)
        await database.open()
        await test(database, loop)
        await database.forget_owners()
        # Nobody holds a lock any more, or this would fail after its patience.
        assert len(await database.ask(f"{WRITE} RETURNING 1")) == 1
        await database.close()

    loop.run_until_complete(run())
    loop.close()


def test_a_statement_ends_though_it_was_cancelled_before_it_reached_postgresql(
    database_url: str,
) -> None:
    async def test(database: Database, loop: VirtualLoop) -> None:
        engine = await database.engine(WORLD)
        with loop.watching():
            busy = await asyncpg.connect(database_url)
        holder, waiter = await engine.connect(), await engine.connect()
        await holder.execute(text(WRITE))
        session = (await waiter.get_raw_connection()).driver_connection
        assert isinstance(session, Session)
        assert session.physical is not None
        raw = session.physical.raw

        async def late() -> None:
            await busy.execute("SELECT pg_sleep(0.3)")
            await raw.execute(WRITE)

        asking = asyncio.create_task(session.run(WRITE, late))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        await database.mend()
        for each in (holder, waiter):
            await each.close()
        await busy.close()

    on(database_url, test)


def test_a_run_that_is_broken_off_leaves_nobody_at_a_lock(database_url: str) -> None:
    async def test(database: Database, loop: VirtualLoop) -> None:
        scheduler = Scheduler(loop, 1)
        database.begin_anew(scheduler, datetime(2026, 11, 24, tzinfo=UTC))

        async def act(engine: AsyncEngine) -> None:
            async with engine.begin() as connection:
                await connection.execute(text(WRITE))

        for name in ("first", "second"):
            process = scheduler.process(name)
            scheduler.start(process, act(await database.engine(process)))
        while not database.anybody_stands():
            await database.settle()
            # Whoever has the lock waits for a turn to commit, and gets none.
            turn = next((each for each in scheduler.ready() if "commit" not in each.label), None)
            if turn is not None:
                scheduler.grant(turn)
        await scheduler.end()

    on(database_url, test)
