"""Wake-ups come after the commit, by themselves, and harm nothing where they cannot come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import create_engine, transaction, wake
from projections.errors import StoreError
from projections.wake_ups import listening
from tests.projections.builders import engine_of, fetch

CHANNEL = "rollcall_test"
WRITTEN = text("INSERT INTO upkeep VALUES ('a', clock_now())")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        yield opened


async def _heard(url: str, engine: AsyncEngine, *, commits: bool) -> list[str]:
    """What a listener hears of a transaction, and of a mark that is set after it."""
    heard: list[str] = []
    connection = await asyncpg.connect(url)
    for channel in (CHANNEL, "after"):
        await connection.add_listener(channel, lambda *given: heard.append(given[2]))
    with suppress(StoreError):
        async with transaction(engine) as opened:
            wake(CHANNEL)
            await opened.execute(WRITTEN if commits else text("SELECT 1 / 0"))
    async with transaction(engine):
        wake("after")
    async with asyncio.timeout(30):
        while "after" not in heard:
            await connection.execute("SELECT 1")
    await connection.close()
    return heard


async def test_who_listens_is_woken_after_the_commit(
    database_url: str, engine: AsyncEngine
) -> None:
    assert await _heard(database_url, engine, commits=True) == [CHANNEL, "after"]


async def test_nobody_is_woken_for_what_was_rolled_back(
    database_url: str, engine: AsyncEngine
) -> None:
    assert await _heard(database_url, engine, commits=False) == ["after"]


async def test_what_was_written_stays_where_nobody_can_be_notified(engine: AsyncEngine) -> None:
    async with transaction(engine) as connection:
        wake("no channel; of any name")
        await connection.execute(WRITTEN)
    assert await fetch(engine, "SELECT count(*) FROM upkeep WHERE task = 'a'") == [(1,)]


async def test_a_loop_that_waits_hears_of_a_commit(database_url: str, engine: AsyncEngine) -> None:
    listener = create_engine(database_url)
    async with listening(listener, CHANNEL) as wake_ups:
        await wake_ups.wait(30)  # it listens from here on
        waiting = asyncio.create_task(wake_ups.wait(60))
        async with asyncio.timeout(30):
            async with transaction(engine):
                wake(CHANNEL)
            await waiting
    await listener.dispose()
