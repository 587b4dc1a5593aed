"""Lanes go by their order, and within a lane the schools take turns."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from domain.lanes import Lane
from projections.database import create_engine, transaction
from projections.queue import due
from projections.queue.school_turns import CHATS, LESSONS, SchoolTurns


async def _queue(database_url: str, chats: Sequence[tuple[str, str, Lane]], asks: int) -> list[str]:
    """The schools in the order in which their chats are claimed."""
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        for chat_id, school_id, lane in chats:
            await connection.execute(
                text("""INSERT INTO chats (chat_id, kind, school_id, title)
                        VALUES (:chat, 'class', :school, 't')"""),
                {"chat": chat_id, "school": school_id},
            )
            await connection.execute(
                text("""INSERT INTO chat_sync (chat_id, lane, due_at)
                        VALUES (:chat, :lane, clock_now())"""),
                {"chat": chat_id, "lane": int(lane)},
            )
    claimed: list[str] = []
    schools = {chat_id: school_id for chat_id, school_id, _ in chats}
    for _ in range(asks):
        async with transaction(engine) as connection:
            lease = await due.claim(connection, 60.0)
        if lease is None:
            break
        claimed.append(schools.get(lease.chat_id, "s-busy"))
    await engine.dispose()
    return claimed


def _bulk(school_id: str, count: int, lane: Lane) -> list[tuple[str, str, Lane]]:
    return [(f"{school_id}-{number}", school_id, lane) for number in range(count)]


async def test_a_better_lane_goes_first_whatever_the_schools(database_url: str) -> None:
    chats = [
        *_bulk("s-1", 3, Lane.REPLAY),
        *_bulk("s-2", 2, Lane.LIVE),
        *_bulk("s-1", 0, Lane.LIVE),
    ]
    chats += [("s-3-safety", "s-3", Lane.SAFETY)]
    claimed = await _queue(database_url, chats, 10)
    assert claimed == ["s-3", "s-2", "s-2", "s-1", "s-1", "s-1"]


async def test_a_large_school_lets_each_small_one_in_between(database_url: str) -> None:
    chats = [*_bulk("s-large", 40, Lane.RESYNC), *_bulk("s-small", 3, Lane.RESYNC)]
    claimed = await _queue(database_url, chats, 50)
    assert len(claimed) == 43
    assert claimed[:6].count("s-small") == 3


@pytest.mark.parametrize(
    ("lane", "order"), [(Lane.REPLAY, ["1", "2", "3"]), (Lane.LIVE, ["3", "1", "2"])]
)
async def test_in_a_replay_a_schools_chats_go_by_their_places(
    database_url: str, lane: Lane, order: list[str]
) -> None:
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        for chat_id in ("3", "1", "2"):  # so they became due
            await connection.execute(
                text("""INSERT INTO chats (chat_id, kind, school_id, title)
                        VALUES (:chat, 'class', 's', 't')"""),
                {"chat": chat_id},
            )
            await connection.execute(
                text("""INSERT INTO chat_sync (chat_id, lane, due_at, place)
                        VALUES (:chat, :lane, clock_now(), :place)"""),
                {"chat": chat_id, "lane": int(lane), "place": int(chat_id)},
            )
    claimed = []
    for _ in order:
        async with transaction(engine) as connection:
            lease = await due.claim(connection, 60.0)
        assert lease is not None
        claimed.append(lease.chat_id)
    await engine.dispose()
    assert claimed == order


@pytest.mark.parametrize("idle", [0, 5])
async def test_a_school_that_was_idle_saves_up_no_turns(database_url: str, idle: int) -> None:
    first = await _queue(database_url, _bulk("s-busy", 20 + idle, Lane.LIVE), 20)
    assert first == ["s-busy"] * 20
    late = _bulk("s-late", 10, Lane.LIVE)
    chats = [*late, *((f"again-{n}", "s-busy", Lane.LIVE) for n in range(10))]
    claimed = await _queue(database_url, chats, 8)
    assert claimed.count("s-late") == 4


async def test_a_school_of_more_weight_gets_more_turns(database_url: str) -> None:
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        await connection.execute(
            text("INSERT INTO school_turns VALUES ('chat_sync', 's-heavy', 0, 3)")
        )
    await engine.dispose()
    chats = [*_bulk("s-heavy", 40, Lane.LIVE), *_bulk("s-light", 40, Lane.LIVE)]
    claimed = await _queue(database_url, chats, 20)
    assert claimed.count("s-heavy") == 15


async def test_a_chat_that_moves_to_another_school_takes_its_turns_there(database_url: str) -> None:
    engine = create_engine(database_url)
    await _queue(database_url, [("c-1", "s-1", Lane.LIVE)], 0)
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE chats SET school_id = 's-2'"))
        moved = await connection.execute(text("SELECT school_id FROM chat_sync"))
        assert moved.scalar_one() == "s-2"
    await engine.dispose()


_MANY = {
    "chat_sync": """
        WITH many AS (
            INSERT INTO chats (chat_id, kind, school_id, title)
            SELECT 'c-' || n, 'class', 's-' || n / 500, 't' FROM generate_series(1, :many) n
            RETURNING chat_id)
        INSERT INTO chat_sync (chat_id, lane, due_at, place)
        SELECT chat_id, :lane, clock_now() - interval '1 hour', hashtext(chat_id) % 100
          FROM many""",
    "lesson_calls": """
        INSERT INTO lesson_calls (lesson_id, school_id, lane, due_at)
        SELECT 'l-' || n, 's-' || n / 500, :lane, clock_now() - interval '1 hour'
          FROM generate_series(1, :many) n""",
}
_READ = """
    SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = :queue"""


@pytest.mark.parametrize(
    ("queue", "turns", "lane"),
    [
        ("chat_sync", CHATS, Lane.LIVE),
        ("chat_sync", CHATS, Lane.REPLAY),
        ("lesson_calls", LESSONS, Lane.RESYNC),
    ],
)
async def test_a_claim_reads_a_few_rows_however_many_are_due(
    database_url: str, queue: str, turns: SchoolTurns, lane: Lane
) -> None:
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        await connection.execute(text(_MANY[queue]), {"many": 10_000, "lane": int(lane)})
        await connection.execute(text(f"ANALYZE {queue}"))
    for _ in range(3):
        async with transaction(engine) as connection:
            assert await turns.take(connection, 60.0) is not None
            read = (await connection.execute(text(_READ), {"queue": queue})).scalar_one()
        assert 0 < read < 20
    await engine.dispose()
