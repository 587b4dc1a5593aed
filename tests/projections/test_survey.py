"""The survey of all chats: it says what the view says, and nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import asyncpg
import pytest

from projections.reports.survey import Survey, Surveyor, survey
from tests.console.builders import Rows
from tests.projections.builders import engine_of

PATIENCE = 60.0


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    connection = await asyncpg.connect(database_url)
    try:
        yield Rows(connection)
    finally:
        await connection.close()


async def populate(rows: Rows, rng: Random) -> None:
    """Chats in every condition that decides about their state, of people who share accounts."""
    for person in range(20):
        await rows.person(f"p{person}", rng.choice([None, 100 + person, 100 + person // 2]))
    for number in range(120):
        chat = f"class:{number}"
        waiting = rng.choice([None, None, None, "held", "parked", "gone", "refused"])
        await rows.chat(
            chat,
            "school",
            "title",
            due=rng.random() < 0.2,
            waiting=waiting,
            frozen=rng.random() < 0.1,
        )
        for person in rng.sample(range(20), rng.randint(0, 3)):
            await rows.expect(chat, f"p{person}", "member", "order o")
        for account in rng.sample(range(100, 122), rng.choice([0, 1, 10, 22])):
            await rows.observe(chat, account)
        if rng.random() < 0.1:
            await rows.block(chat, 100, "add.participant.privacy")
    for column in ("max_chat_id", "observed_at"):
        await rows.connection.execute(
            f"UPDATE chat_sync SET {column} = NULL WHERE right(chat_id, 1) = $1",
            str(rng.randint(0, 9)),
        )
    await rows.connection.execute(
        "UPDATE chats SET deleted = true WHERE right(chat_id, 1) = $1", str(rng.randint(0, 9))
    )
    await rows.connection.execute(
        "INSERT INTO chats (chat_id, kind, school_id, title) VALUES ('class:x', 'class', 's', 't')"
    )


async def test_the_survey_says_what_the_view_says_of_chats_in_any_condition(
    rows: Rows, database_url: str, seed: int
) -> None:
    await populate(rows, Random(seed))
    async with engine_of(database_url) as engine, engine.connect() as connection:
        found = await survey(connection)
    seen = await rows.connection.fetch(
        """SELECT state, count(*) AS chats, sum(expected) AS expected,
                  sum(deliverable) AS deliverable, sum(observed) AS observed
             FROM dashboard.chats GROUP BY state"""
    )
    assert found.states == {row["state"]: row["chats"] for row in seen}
    for name in ("expected", "deliverable", "observed"):
        whole = sum(row[name] for row in seen if row["state"] != "frozen")
        assert getattr(found.totals, name) == whole
    assert found.totals.chats == 121


async def test_a_survey_that_is_long_in_coming_is_not_waited_for(
    rows: Rows, database_url: str
) -> None:
    await rows.chat("class:9a", "school", "title")
    surveyor = Surveyor(patience=0.01)
    async with engine_of(database_url) as engine:
        async with rows.connection.transaction():
            await rows.connection.execute("LOCK TABLE observed_members")
            assert await surveyor.look(engine) is None
            assert await surveyor.look(engine) is None
        found: Survey | None = None
        async with asyncio.timeout(PATIENCE):
            while found is None:
                found = await surveyor.look(engine)
        assert found.states == {"converged": 1}


async def test_a_survey_under_way_ends_with_whoever_looks(rows: Rows, database_url: str) -> None:
    surveyor = Surveyor(patience=0.01)
    async with engine_of(database_url) as engine, rows.connection.transaction():
        await rows.connection.execute("LOCK TABLE observed_members")
        assert await surveyor.look(engine) is None
        async with asyncio.timeout(PATIENCE):
            await surveyor.close()


async def test_a_database_that_is_away_gives_no_survey_and_no_error() -> None:
    async with engine_of("postgresql://nobody@127.0.0.1:1/nothing") as engine:
        assert await Surveyor(patience=PATIENCE).look(engine) is None
