"""The database's clock is two hours ahead, and then right: nothing waits for two hours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.call_classes import CallClass
from gateway.budget import PATIENCE
from projections import instants
from projections.database import create_engine, transaction
from projections.instants import Instant
from projections.messenger.budget import CallSlots
from projections.reconcile.store import LEASE_SECONDS
from projections.watch.clock import ClockWatch, Longest, make_believable
from tests.reconcile.bench import Bench

AHEAD = 7200.0
LONGEST = Longest(lease=LEASE_SECONDS, claim=15.0, reread=60.0)
CLASS = {1: "administrator", 10: "member"}


@asynccontextmanager
async def _ahead(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, clock_shift=f"{AHEAD} seconds")
    yield engine
    await engine.dispose()


async def test_slots_that_lie_ahead_are_free_again_at_once(
    school: Bench, database_url: str
) -> None:
    async with _ahead(database_url) as ahead:
        slots = CallSlots(ahead)
        for _ in range(30):
            grant = await slots.take(PATIENCE)
            assert grant is not None
            assert await slots.use(grant) is None
        await slots.push_back(900)
        await slots.too_many(CallClass.READ, 20, of_class=False)
    right = CallSlots(school.engine)
    assert await right.take(PATIENCE) is None
    before = instants.ahead[Instant.SLOT]
    await ClockWatch(school.engine, LONGEST).look(0.0)
    grant = await right.take(PATIENCE)
    assert grant is not None
    assert await right.use(grant) is None
    assert instants.ahead[Instant.SLOT] - before >= 30


async def test_a_lease_and_a_due_date_of_a_clock_that_was_ahead_hold_nothing_back(
    school: Bench,
) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.sql(f"""UPDATE chat_sync SET due_at = due_at + interval '{AHEAD + 86_400} seconds',
                         lease_until = clock_now() + interval '{AHEAD} seconds'""")
    await school.settle()
    assert await school.chats() == []
    await ClockWatch(school.engine, LONGEST).look(0.0)
    await school.sql("UPDATE chat_sync SET lease_until = lease_until - interval '45 seconds'")
    await school.settle()
    assert await school.members() == CLASS


async def test_who_holds_a_chat_holds_it_on_when_the_clock_is_put_right(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.sql(f"""UPDATE chat_sync SET lease_token = lease_token + 1,
                         lease_until = clock_now() + interval '{AHEAD} seconds'""")
    await ClockWatch(school.engine, LONGEST).look(0.0)
    left = await school.value("SELECT extract(epoch FROM lease_until - clock_now()) FROM chat_sync")
    assert 0 < float(str(left)) <= LEASE_SECONDS
    await school.settle()
    assert await school.chats() == []


COLUMNS = [
    ("stale_entities", "claimed_until"), ("chat_sync", "due_at"), ("chat_sync", "reread_at"),
    ("chat_sync", "recheck_at"), ("chat_sync", "read_from"), ("chat_sync", "read_at"),
    ("chat_sync", "known_at"), ("chat_sync", "lease_until"), ("webhook_hints", "received_at"),
    ("blocked_accounts", "retry_at"), ("setbacks", "retry_at"), ("adding", "probe_at"),
    ("upkeep", "last_done"), ("drift", "due_at"), ("call_slots", "granted_at"),
    ("call_slots", "free_at"), ("call_pause", "until"), ("call_limits", "changed_at"),
]  # fmt: skip

ROWS = """
    INSERT INTO stale_entities (kind, id, cause_at, marked_at)
    VALUES ('class', 'c', clock_now(), clock_now());
    INSERT INTO webhook_hints (chat_id, kind, at, received_at)
    VALUES ('class:c-1', 'bot_added', clock_now(), clock_now());
    INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
    VALUES ('class:c-1', 5, 'unknown', clock_now(), clock_now());
    INSERT INTO setbacks VALUES ('class:c-1', 5, 'remove', 'dated', 'no', 8, clock_now(),
                                 clock_now(), clock_now());
    INSERT INTO upkeep VALUES ('a task', clock_now());
    INSERT INTO drift (chat_id, max_user_id, kind, seen_at, due_at)
    VALUES ('class:c-1', 5, 'left', clock_now(), clock_now());
    INSERT INTO call_slots (slot, granted_at) VALUES (0, clock_now());
    INSERT INTO call_limits VALUES ('all', 10, NULL, NULL, 60, true, clock_now(), clock_now())"""


@pytest.mark.parametrize(("table", "column"), COLUMNS)
async def test_what_lies_by_right_ahead_stays_and_what_is_further_counts_as_now(
    school: Bench, table: str, column: str
) -> None:
    await school.chat("class:c-1")
    for statement in ROWS.split(";"):
        await school.sql(statement)
    ahead = f"SELECT extract(epoch FROM {column} - clock_now()) FROM {table}"
    for seconds, changes in ((1, 0), (10 * 86_400, 1)):
        at = f"clock_now() + interval '{seconds} seconds'"
        await school.sql(f"UPDATE {table} SET {column} = {at}")
        async with transaction(school.engine) as connection:
            found = await make_believable(connection, LONGEST, whole=True)
        assert found == ({f"{table}.{column}": 1} if changes else {})
    left = await school.value(ahead)
    bounds = {"drift.due_at": LONGEST.promised, "chat_sync.lease_until": LEASE_SECONDS}
    longest = bounds.get(f"{table}.{column}", 0.0)
    assert longest - 5 <= float(str(left)) <= longest


async def test_a_step_that_no_look_saw_is_known_by_what_it_left_ahead(school: Bench) -> None:
    await school.chat("class:c-1")
    watch = ClockWatch(school.engine, LONGEST)
    await watch.look(0.0)
    await school.sql(f"""UPDATE chat_sync SET due_at = clock_now() + interval '10 days',
                         lease_until = clock_now() + interval '{AHEAD} seconds'""")
    await watch.look(2.0)
    assert await school.value("SELECT due_at <= clock_now() FROM chat_sync") is True


async def test_all_is_looked_at_when_the_clock_steps_back(school: Bench, database_url: str) -> None:
    await school.chat("class:c-1")
    chat_due = "UPDATE chat_sync SET due_at = clock_now() + interval '10 days'"
    async with _ahead(database_url) as ahead:
        before = instants.ahead[Instant.DUE]
        watch = ClockWatch(ahead, LONGEST)
        await watch.look(0.0)
        await school.sql(chat_due)
        await watch.look(0.1)
        assert instants.ahead[Instant.DUE] == before
        watch.engine = school.engine  # and the clock is right again
        await watch.look(0.2)
        assert instants.ahead[Instant.DUE] == before + 1
    async with transaction(school.engine) as connection:
        due = await connection.execute(text("SELECT due_at <= clock_now() FROM chat_sync"))
        assert due.scalar_one() is True


@pytest.mark.parametrize(("later", "is_a_step"), [(30.0, False), (20.0, True)])
async def test_a_small_step_back_is_noticed_however_long_nobody_looked(
    school: Bench,
    database_url: str,
    later: float,
    is_a_step: bool,  # noqa: FBT001 - a parameter
) -> None:
    await school.chat("class:c-1")
    watch = ClockWatch(school.engine, LONGEST)
    await watch.look(0.0)
    await school.sql("UPDATE chat_sync SET due_at = clock_now() + interval '10 days'")
    before = instants.ahead[Instant.DUE]
    watch.engine = create_engine(database_url, clock_shift=f"{later} seconds")
    await watch.look(30.0)
    await watch.engine.dispose()
    assert instants.ahead[Instant.DUE] == before + is_a_step
