"""The catch-up: armed, the ends seen after that, passed, derived, and only then open."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from domain import facts
from domain.facts import Rank
from domain.gate import CatchUpCause, Gate, GateClosed, GateOpen, RemovalsWait
from domain.ids import PersonId
from domain.lanes import Lane
from projections import instants
from projections.database import driver, transaction
from projections.facts import offsets
from projections.facts.ingest_store import Batch, IngestStore
from projections.facts.offsets import Position, ReadingState, Step
from projections.facts.store import Arrival
from projections.gate import catch_up, first_load
from projections.gate.kafka_sights import Sight
from tests.projections.builders import engine_of

KEY = ("t", 0)
GUARDIANSHIP = facts.Guardianship(
    Rank(1, datetime(2026, 9, 1, tzinfo=UTC), "/register", "e-1"),
    PersonId("g"),
    PersonId("p"),
    ended=False,
)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        yield opened


async def _run(engine: AsyncEngine, *statements: str) -> None:
    async with transaction(engine) as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def _stands(engine: AsyncEngine, offset: int) -> None:
    await _run(
        engine,
        f"""INSERT INTO ingest_partitions VALUES ('t', 0, 'id', {offset}, {offset}, -1, 'reading',
            NULL, clock_now()) ON CONFLICT (topic, part) DO UPDATE SET next_off = {offset}""",
    )


def _sight(end: int, topic_id: str = "id") -> Sight:
    return Sight({KEY: end}, {"t": topic_id})


async def _look(engine: AsyncEngine, end: int) -> Gate:
    """One look of the watcher, and what the gate says then."""
    store = IngestStore(engine)
    await store.watch(_sight(end), await store.look())
    return await store.gate()


MARK = """INSERT INTO stale_entities (kind, id, cause_at, marked_at)
          VALUES ('pupil', 'p', clock_now(), clock_now())"""
DERIVED = "DELETE FROM stale_entities"
AN_HOUR_AGO = "UPDATE {} SET {} = clock_now() - interval '1 hour'"


def _reason(gate: Gate) -> str:
    assert isinstance(gate, GateClosed)
    return gate.reason


async def test_a_new_database_is_armed_until_all_is_read_and_derived(engine: AsyncEngine) -> None:
    assert _reason(await IngestStore(engine).gate()) == (
        "catching up (a new database): the topics' ends are not known yet"
    )
    assert _reason(await _look(engine, 5)).endswith("records are being read")
    await _stands(engine, 4)
    assert _reason(await _look(engine, 9)).endswith("records are being read")
    await _stands(engine, 5)
    await _run(engine, MARK)
    assert _reason(await _look(engine, 9)).endswith("everything that was there then is read")
    await _run(engine, DERIVED)
    await _look(engine, 9)
    assert await _look(engine, 9) == GateOpen()


async def test_marks_set_after_the_ends_were_passed_do_not_hold_the_catch_up(
    engine: AsyncEngine,
) -> None:
    await _stands(engine, 5)
    await _run(engine, MARK)
    await _look(engine, 5)
    await _run(engine, DERIVED, MARK)
    assert await _look(engine, 5) == GateOpen()


async def test_ends_asked_for_before_it_was_armed_do_not_count(engine: AsyncEngine) -> None:
    store = IngestStore(engine)
    await _stands(engine, 5)
    before = await store.look()
    async with transaction(engine) as connection:
        await catch_up.arm(connection, CatchUpCause.REPLAY)
    await store.watch(_sight(5), before)
    assert _reason(await store.gate()) == (
        "catching up (a replay): the topics' ends are not known yet"
    )
    assert await _look(engine, 5) == GateOpen()


async def test_arming_again_starts_from_the_beginning(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    async with transaction(engine) as connection:
        await catch_up.arm(connection, CatchUpCause.START)
    assert isinstance(await IngestStore(engine).gate(), GateClosed)
    assert isinstance(await _look(engine, 6), GateClosed)
    await _stands(engine, 6)
    assert await _look(engine, 6) == GateOpen()


async def test_a_gap_closes_the_gate_whatever_is_read(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    await _run(engine, "UPDATE ingest_partitions SET state = 'gap'")
    assert _reason(await _look(engine, 5)) == (
        "records are missing in t/0; a person must acknowledge it"
    )


async def test_an_old_unread_record_holds_removals_until_it_is_read(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    assert await _look(engine, 6) == GateOpen()
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    gate = await _look(engine, 7)
    assert isinstance(gate, RemovalsWait)
    assert gate.additions_wait
    await _run(engine, AN_HOUR_AGO.format("catch_up", "lagging_since"))
    gate = await _look(engine, 7)
    assert isinstance(gate, RemovalsWait)
    assert not gate.additions_wait
    await _stands(engine, 7)
    assert await _look(engine, 7) == GateOpen()
    await _stands(engine, 6)
    assert await _look(engine, 7) == GateOpen()


async def test_an_old_mark_holds_removals_until_it_is_derived(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, MARK, AN_HOUR_AGO.format("stale_entities", "marked_at"))
    assert isinstance(await IngestStore(engine).gate(), RemovalsWait)
    await _run(engine, DERIVED)
    assert await IngestStore(engine).gate() == GateOpen()


async def test_where_nobody_watches_removals_wait(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, AN_HOUR_AGO.format("catch_up", "watched_at"))
    gate = await IngestStore(engine).gate()
    assert isinstance(gate, RemovalsWait)
    assert not gate.additions_wait


async def test_what_nobody_saw_come_is_as_old_as_the_last_look(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, AN_HOUR_AGO.format("catch_up", "watched_at"))
    assert isinstance(await _look(engine, 6), RemovalsWait)
    await _stands(engine, 6)
    assert await _look(engine, 6) == GateOpen()


async def test_reading_is_no_new_beginning_what_it_marks_is_as_old_as_it_was_unread(
    engine: AsyncEngine,
) -> None:
    store = IngestStore(engine)
    await _stands(engine, 5)
    await _look(engine, 5)
    await _look(engine, 6)
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    assert isinstance(await _look(engine, 6), RemovalsWait)
    batch = Batch([Arrival(GUARDIANSHIP, "t", 0, 5)], [], [Step("t", 0, "id", 5, 6)], Lane.LIVE)
    await store.commit(batch)
    assert isinstance(await _look(engine, 6), RemovalsWait)
    await _run(engine, DERIVED)
    assert await _look(engine, 6) == GateOpen()


async def test_a_watcher_that_stood_still_after_its_question_says_nothing(
    engine: AsyncEngine,
) -> None:
    store = IngestStore(engine)
    await _stands(engine, 5)
    await _look(engine, 5)
    asked = await store.look()
    await _look(engine, 9)
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    assert isinstance(await store.gate(), RemovalsWait)
    await store.watch(_sight(5), asked)
    assert isinstance(await store.gate(), RemovalsWait)


async def test_ends_that_were_asked_for_long_ago_open_no_gate(engine: AsyncEngine) -> None:
    store = IngestStore(engine)
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, AN_HOUR_AGO.format("catch_up", "watched_at"))
    asked = await store.look()
    await store.watch(_sight(5), replace(asked, at=asked.at - timedelta(seconds=10)))
    assert isinstance(await store.gate(), RemovalsWait)


async def test_a_look_counts_after_the_clock_was_put_back(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, "UPDATE catch_up SET watched_at = clock_now() + interval '1 hour'")
    await _look(engine, 6)
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    assert isinstance(await IngestStore(engine).gate(), RemovalsWait)


async def test_ends_of_a_topic_that_is_no_more_are_forgotten(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 100)
    await _stands(engine, 3)
    assert await _look(engine, 3) == GateOpen()


async def test_of_old_samples_one_stays_for_each_partition(engine: AsyncEngine) -> None:
    await _stands(engine, 0)
    for end in (1, 2, 3):
        await _look(engine, end)
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    await _look(engine, 4)
    async with transaction(engine) as connection:
        left = await connection.execute(text("SELECT end_off FROM topic_ends ORDER BY 1"))
        assert left.scalars().all() == [3, 4]


async def test_a_restored_database_knows_no_chat_and_makes_all_created_ones_due(
    engine: AsyncEngine,
) -> None:
    await _run(
        engine,
        """INSERT INTO chats (chat_id, kind, school_id, title)
           VALUES ('made', 'staff_room', 's', 't'), ('not_made', 'staff_room', 's', 't')""",
        """INSERT INTO chat_sync (chat_id, max_chat_id, observed_at)
           VALUES ('made', 7, clock_now()), ('not_made', NULL, NULL)""",
    )
    await IngestStore(engine).place(
        [(KEY, None, Position("id", 0, 0))], restored=True, backward=None
    )
    async with transaction(engine) as connection:
        rows = await connection.execute(
            text("""SELECT observed_at, due_at IS NOT NULL, restored_at IS NOT NULL
                      FROM chat_sync ORDER BY chat_id""")
        )
        assert [tuple(row) for row in rows] == [(None, True, True), (None, False, True)]
    assert _reason(await IngestStore(engine).gate()).startswith(
        "catching up (the database was restored)"
    )


async def test_chats_that_came_by_reading_again_are_of_the_restore_too(
    engine: AsyncEngine,
) -> None:
    await IngestStore(engine).place(
        [(KEY, None, Position("id", 0, 0))], restored=True, backward=None
    )
    await _run(
        engine,
        "INSERT INTO chats (chat_id, kind, school_id, title) VALUES ('c', 'class', 's', 't')",
        "INSERT INTO chat_sync (chat_id) VALUES ('c')",
    )
    await _stands(engine, 5)
    await _look(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    async with transaction(engine) as connection:
        found = await connection.execute(text("SELECT restored_at IS NOT NULL FROM chat_sync"))
        assert found.scalar_one() is True


async def test_that_the_database_was_restored_outlives_a_restart_while_it_catches_up(
    engine: AsyncEngine,
) -> None:
    for reason in (CatchUpCause.RESTORED, CatchUpCause.START):
        async with transaction(engine) as connection:
            await catch_up.arm(connection, reason)
    assert "the database was restored" in _reason(await IngestStore(engine).gate())
    await _stands(engine, 5)
    await _look(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    async with transaction(engine) as connection:
        await catch_up.arm(connection, CatchUpCause.START)
    assert "a start of reconcile" in _reason(await IngestStore(engine).gate())


# --- what Kafka no longer has -----------------------------------------------------------------


async def _sees(engine: AsyncEngine, ends: dict[tuple[str, int], int], *missing: str) -> Gate:
    """One look at several partitions, the topic ``t`` of the id ``id`` and others of their own."""
    store = IngestStore(engine)
    ids = {topic: "id" if topic == "t" else topic for topic, _ in ends}
    await store.watch(Sight(ends, ids, missing), await store.look())
    return await store.gate()


A_WHILE = "UPDATE kafka_partitions SET seen_at = seen_at - interval '6 seconds'"
"""As long as it takes until what is not seen any more counts as gone."""


@pytest.mark.parametrize("gone", [("t", 11), ("renamed", 0)])
async def test_what_is_unread_of_a_partition_that_is_gone_holds_nothing(
    engine: AsyncEngine, gone: tuple[str, int]
) -> None:
    await _stands(engine, 5)
    await _sees(engine, {KEY: 5, gone: 9})
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    assert isinstance(await _sees(engine, {KEY: 5}), GateClosed)  # it is only not seen once
    await _run(engine, A_WHILE)
    assert await _sees(engine, {KEY: 5}) == GateOpen()
    async with transaction(engine) as connection:
        for table in ("topic_ends", "catch_up_ends", "kafka_partitions"):
            left = await connection.execute(text(f"SELECT DISTINCT topic, part FROM {table}"))
            assert [tuple(row) for row in left] in ([], [KEY])


async def test_one_look_that_lacks_a_partition_makes_nothing_of_it_new(
    engine: AsyncEngine,
) -> None:
    await _stands(engine, 5)
    await _sees(engine, {KEY: 5})
    await _sees(engine, {KEY: 6})
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    assert isinstance(await _sees(engine, {}), RemovalsWait)
    assert isinstance(await _sees(engine, {KEY: 6}), RemovalsWait)


async def test_a_gap_of_a_partition_that_is_gone_closes_nothing(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    other = ("t", 11)
    gap = Position("id", 7, 7, ReadingState.GAP, "gone")
    await IngestStore(engine).place([(other, None, gap)], restored=False, backward=None)
    assert _reason(await _sees(engine, {KEY: 5, other: 7})).startswith("records are missing")
    await _run(engine, A_WHILE)
    assert await _sees(engine, {KEY: 5}) == GateOpen()
    assert await _gaps(engine) == 0


async def _gaps(engine: AsyncEngine) -> int:
    async with transaction(engine) as connection:
        return len(await offsets.gaps(connection))


async def test_a_gap_of_a_topic_that_was_made_anew_closes_nothing(engine: AsyncEngine) -> None:
    gap = Position("id", 7, 7, ReadingState.GAP, "gone")
    await IngestStore(engine).place([(KEY, None, gap)], restored=False, backward=None)
    assert await _gaps(engine) == 1
    store = IngestStore(engine)
    await store.watch(_sight(0, "another id"), await store.look())
    assert await _gaps(engine) == 0
    assert await _look_at_another(engine, 0) == GateOpen()


async def _look_at_another(engine: AsyncEngine, end: int) -> Gate:
    store = IngestStore(engine)
    await store.watch(_sight(end, "another id"), await store.look())
    return await store.gate()


async def test_of_a_topic_made_anew_nothing_is_read_yet_however_far_we_were(
    engine: AsyncEngine,
) -> None:
    await _stands(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    await _look_at_another(engine, 3)
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    assert isinstance(await _look_at_another(engine, 3), RemovalsWait)


async def test_a_topic_that_is_to_be_read_and_is_not_there_holds_removals_until_it_is(
    engine: AsyncEngine,
) -> None:
    await _stands(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    gate = await _sees(engine, {KEY: 5}, "absent")
    assert isinstance(gate, RemovalsWait)
    assert gate.reason == "a topic that is to be read does not exist"
    assert await _sees(engine, {KEY: 5, ("absent", 0): 0}) == GateOpen()


async def test_a_topic_that_nobody_asks_for_any_more_is_not_missing(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _sees(engine, {KEY: 5}, "absent")
    await _run(engine, "UPDATE missing_topics SET told_at = told_at - interval '6 seconds'")
    assert await _sees(engine, {KEY: 5}) == GateOpen()


# --- instants further ahead than they can be -------------------------------------------------

AHEAD = "UPDATE {} SET {} = clock_now() + interval '2 hours'"


async def test_an_end_that_was_seen_two_hours_ahead_ages_from_now_on(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _look(engine, 6)
    await _run(engine, AHEAD.format("topic_ends", "seen_at"))
    before = instants.ahead[instants.Instant.TOPIC_END]
    await _look(engine, 6)
    assert instants.ahead[instants.Instant.TOPIC_END] > before
    async with transaction(engine) as connection:
        later = await connection.execute(
            text("SELECT count(*) FROM topic_ends WHERE seen_at > clock_now()")
        )
        assert later.scalar_one() == 0


async def test_a_mark_that_was_set_two_hours_ahead_ages_from_now_on(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, MARK, AHEAD.format("stale_entities", "marked_at"))
    with capture_logs() as lines:
        await _look(engine, 5)
    assert [(line["event"], line["reason"]) for line in lines] == [("clock.was_ahead", "mark")]
    await _run(engine, "UPDATE stale_entities SET marked_at = marked_at - interval '3 seconds'")
    assert isinstance(await _look(engine, 5), RemovalsWait)


async def test_a_mark_from_the_future_is_not_left_out_of_the_catch_up(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _run(engine, MARK, AHEAD.format("stale_entities", "marked_at"))
    assert isinstance(await _look(engine, 5), GateClosed)
    await _run(engine, AHEAD.format("stale_entities", "marked_at"))
    assert isinstance(await _look(engine, 5), GateClosed)
    await _run(engine, DERIVED)
    assert await _look(engine, 5) == GateOpen()


async def test_a_catch_up_that_passed_two_hours_ahead_does_not_wait_for_marks_of_later(
    engine: AsyncEngine,
) -> None:
    await _stands(engine, 5)
    await _run(engine, MARK)
    await _look(engine, 5)
    await _run(engine, AHEAD.format("catch_up", "passed_at"))
    await _look(engine, 5)  # as if it had passed just now
    await _run(engine, DERIVED, MARK)
    assert await _look(engine, 5) == GateOpen()


async def test_a_look_from_the_future_is_no_look(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    assert await _look(engine, 5) == GateOpen()
    await _run(engine, AHEAD.format("catch_up", "watched_at"))
    assert isinstance(await IngestStore(engine).gate(), RemovalsWait)
    assert await _look(engine, 5) == GateOpen()


async def test_what_has_not_been_is_not_set_right_to_now(engine: AsyncEngine) -> None:
    await _stands(engine, 4)
    await _look(engine, 9)
    await _run(engine, "UPDATE catch_up SET lagging_since = clock_now() + interval '2 hours'")
    assert _reason(await _look(engine, 9)).endswith("records are being read")
    await _run(engine, "UPDATE catch_up SET loading_since = clock_now() + interval '2 hours'")
    await _look(engine, 9)
    await _stands(engine, 9)
    await _look(engine, 9)
    assert isinstance(await _look(engine, 9), GateOpen)
    async with transaction(engine) as connection:
        assert not await first_load.is_on(await driver(connection))


async def test_a_lag_that_began_two_hours_ahead_keeps_additions_no_longer_than_any(
    engine: AsyncEngine,
) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _look(engine, 6)
    await _run(engine, AN_HOUR_AGO.format("topic_ends", "seen_at"))
    await _look(engine, 6)
    await _run(engine, AHEAD.format("catch_up", "lagging_since"))
    gate = await IngestStore(engine).gate()
    assert isinstance(gate, RemovalsWait)
    assert gate.additions_wait_until < datetime.now(UTC) + timedelta(minutes=2)


async def test_a_mark_that_is_claimed_for_hours_is_free_again(engine: AsyncEngine) -> None:
    await _stands(engine, 5)
    await _look(engine, 5)
    await _run(engine, MARK, AHEAD.format("stale_entities", "claimed_until"))
    await _look(engine, 5)
    async with transaction(engine) as connection:
        free = await connection.execute(
            text("SELECT claimed_until < clock_now() FROM stale_entities")
        )
        assert free.scalar_one() is True
    claimed = "UPDATE stale_entities SET claimed_until = clock_now() + interval '5 minutes'"
    await _run(engine, claimed)
    await _look(engine, 5)
    async with transaction(engine) as connection:
        held = await connection.execute(
            text("SELECT claimed_until > clock_now() FROM stale_entities")
        )
        assert held.scalar_one() is True
