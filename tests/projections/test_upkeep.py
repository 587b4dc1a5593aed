"""Upkeep deletes only what is over, and one process at a time does each task."""

import asyncio

from sqlalchemy import text

from projections.database import create_engine, transaction
from projections.watch import upkeep
from projections.watch.upkeep import Retention


async def test_of_many_processes_one_takes_a_task_on(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=8)

    async def claim() -> bool:
        async with transaction(engine) as connection:
            return await upkeep.claim(connection, "audit", 3600.0)

    claims = await asyncio.gather(*(claim() for _ in range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    await engine.dispose()
    tomorrow = create_engine(database_url, clock_shift="1 day")
    async with transaction(tomorrow) as connection:
        assert await upkeep.claim(connection, "audit", 3600.0)
    await tomorrow.dispose()


async def test_what_still_says_something_is_kept(database_url: str) -> None:
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO chats (chat_id, kind, school_id, title)"
                " VALUES ('class:c', 'class', 's', 't')"
            )
        )
        await connection.execute(
            text("""INSERT INTO intents (chat_id, lease_token, action, body, committed_at,
                                         settled_at)
                    VALUES ('class:c', 1, 'add', '{}', clock_now() - interval '99 days', NULL),
                           ('class:c', 1, 'add', '{}', clock_now() - interval '99 days',
                            clock_now() - interval '99 days')""")
        )
        await connection.execute(
            text("""INSERT INTO past_memberships
                           (chat_id, person_id, role, reasons, valid_from, known_from)
                    SELECT 'class:c', p, 'member', '[]', at, at
                      FROM unnest(ARRAY['p-1', 'p-1', 'p-2']) AS p,
                           (SELECT clock_now() - interval '2000 days' AS at) AS long_ago""")
        )
        await connection.execute(
            text("""INSERT INTO outbox (event_id, topic, key, value, created_at)
                    VALUES ('1', 't', 'k', '{}', clock_now() - interval '99 days')""")
        )
    async with transaction(engine) as connection:
        assert await upkeep.forget_old(connection, Retention()) == 2
        kept = await connection.execute(
            text("""SELECT (SELECT count(*) FROM intents), (SELECT count(*) FROM outbox),
                           (SELECT count(*) FROM membership_history)""")
        )
        assert tuple(kept.one()) == (1, 1, 2)
    await engine.dispose()


async def test_a_removal_is_kept_while_a_window_can_see_it_or_its_call_is_kept(
    database_url: str,
) -> None:
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "INSERT INTO chats (chat_id, kind, school_id, title)"
                " VALUES ('class:c', 'class', 's', 't')"
            )
        )
        await connection.execute(
            text("""INSERT INTO removal_reservations (chat_id, school_id, max_user_id, kind,
                           cause, counts, reserved_at, spent_at, in_doubt)
                    SELECT 'class:c', 's', r.account, 'remove', 'not_expected', true, clock_now(),
                           clock_now() - r.days * interval '1 day', r.in_doubt
                      FROM (VALUES (1, 6, false), (2, 99, false), (3, 99, true),
                                   (4, 99, false), (5, NULL, false), (6, 99, false))
                           AS r (account, days, in_doubt)""")
        )
        await connection.execute(
            text("""INSERT INTO intents (chat_id, lease_token, action, body, committed_at,
                           settled_at, reservation_id)
                    SELECT 'class:c', 1, 'remove', '{}', clock_now(),
                           clock_now() - CASE max_user_id WHEN 4 THEN interval '59 days'
                                         ELSE interval '99 days' END, reservation_id
                      FROM removal_reservations WHERE max_user_id IN (4, 6)""")
        )
    async with transaction(engine) as connection:
        assert await upkeep.forget_old(connection, Retention()) == 3
        kept = await connection.execute(
            text("SELECT max_user_id FROM removal_reservations ORDER BY max_user_id")
        )
        assert [row.max_user_id for row in kept] == [1, 3, 4, 5]
    await engine.dispose()


async def test_a_removal_is_kept_while_something_waits_whose_windows_hold_it(
    database_url: str,
) -> None:
    engine = create_engine(database_url)
    async with transaction(engine) as connection:
        for statement in (
            """INSERT INTO chats (chat_id, kind, school_id, title)
               VALUES ('class:c', 'class', 's', 't')""",
            """INSERT INTO removal_reservations (chat_id, school_id, max_user_id, kind, cause,
                      counts, reserved_at, spent_at)
               SELECT 'class:c', 's', days, 'remove', 'not_expected', true, clock_now(),
                      clock_now() - days * interval '1 day' FROM unnest(ARRAY[40, 60]) AS days""",
            """INSERT INTO held_plans (hash, chat_id, school_id, lot, scope, removals, people,
                      actions, removal_limit, would_be, held_at, state)
               VALUES ('h', 'class:c', 's', 'counted', 'chat', 4, '[]', '[]', 3, 4, clock_now(),
                       'held')""",
            """INSERT INTO held_takings
               SELECT held_id, 'class:c', 7, 'remove', 'r', clock_now() - interval '50 days', false
                 FROM held_plans""",
        ):
            await connection.execute(text(statement))
    async with transaction(engine) as connection:
        assert await upkeep.forget_old(connection, Retention()) == 1
        kept = await connection.execute(text("SELECT max_user_id FROM removal_reservations"))
        assert kept.scalar_one() == 40
    await engine.dispose()
