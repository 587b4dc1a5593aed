"""What a living region has beside chats that are in step, so that no view is asked while empty.

Made up by statements over whole tables, each in a share of the chats, so it grows with the region:
departures and strangers, accounts that are kept, plans that wait for a person, lessons somebody
decided about, records in quarantine. Guarantee: ``settle`` takes all of it away again, and leaves a
region in which nothing is to be done.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.in_step import let_in

_MAKE: Final = (
    """CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
       SELECT chat_id, school_id, group_id, row_number() OVER (ORDER BY chat_id) AS n FROM chats""",
    # Who is in a chat and is said to have left it: what matters here is what the views go through.
    """INSERT INTO drift (chat_id, max_user_id, kind, seen_at, due_at, reasons, resolution)
        SELECT c.chat_id, o.max_user_id, 'left', clock_now(), clock_now() + interval '1 day',
               reasons_of(c.chat_id, o.max_user_id), CASE WHEN c.n % 40 <> 0 THEN 'put_back' END
          FROM numbered c, LATERAL (
               SELECT max_user_id FROM observed_members o WHERE o.chat_id = c.chat_id
                ORDER BY 1 LIMIT 1) o
         WHERE c.n % 4 = 0""",
    """WITH strangers AS (
            INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at, read_at)
            SELECT chat_id, 900000000000000 + n, false, clock_now(), clock_now()
              FROM numbered WHERE n % 50 = 0 RETURNING chat_id, max_user_id)
        INSERT INTO decisions (decision_id, chat_id, subject, choice, author, at, account)
        SELECT 'stay-' || chat_id, chat_id, 'stay', 'kept', 'director', clock_now(), max_user_id
          FROM strangers""",
    """INSERT INTO held_plans (hash, chat_id, school_id, lot, scope, removals, people, actions,
                                removal_limit, would_be, held_at, state)
        SELECT md5(chat_id), chat_id, school_id, 'counted', 'chat', 5, '[]', '[]', 3, 5,
               clock_now(), CASE WHEN n % 500 = 0 THEN 'held' ELSE 'done' END
          FROM numbered WHERE n % 20 = 0""",
    """INSERT INTO plan_decisions (held_id, decision, decided_by, at, expires_at)
       SELECT held_id, 'approved', 'director', clock_now(), clock_now()
         FROM held_plans WHERE state = 'done'""",
    """UPDATE chat_sync s SET waiting = 'held', waiting_since = clock_now()
         FROM held_plans h WHERE h.chat_id = s.chat_id AND h.state = 'held'""",
    """INSERT INTO fact_lessons (lesson_id, school_id, group_id, lesson_topic, teacher_id,
                                  starts_at, ends_at, cancelled, version, at, source, event_id,
                                  topic, part, off, known_since)
        SELECT group_id || '/' || day, school_id, group_id, '', '', clock_now() + day * interval
               '1 day', clock_now() + day * interval '1 day' + interval '1 hour', false, 1,
               clock_now(), '', '', '', 0, 0, clock_now()
          FROM numbered, generate_series(1, 2) day WHERE group_id IS NOT NULL AND n % 5 = 0""",
    """INSERT INTO lesson_calls (lesson_id, school_id, standing, call_id, max_chat_id, converged_at)
       SELECT lesson_id, school_id, 'made', lesson_id, 1, clock_now()
         FROM (SELECT *, row_number() OVER (ORDER BY lesson_id) AS n FROM fact_lessons) f
        WHERE n % 25 = 0""",
    """INSERT INTO decisions (decision_id, subject, choice, author, at, lesson_id)
       SELECT 'lesson-' || lesson_id, 'lesson', 'distance', 'teacher', clock_now(), lesson_id
         FROM lesson_calls""",
    """UPDATE lesson_calls l SET seen = w.fingerprint
         FROM lesson_wishes w WHERE w.lesson_id = l.lesson_id""",
    """INSERT INTO quarantine (topic, topic_id, part, off, value, reason, first_seen)
       SELECT 'sgo.register', 'another', 0, n, 'x', 'value: is not JSON', clock_now()
         FROM generate_series(1, 1000) n""",
)

_TAKE_AWAY: Final = (
    "DELETE FROM drift",
    "DELETE FROM observed_members WHERE max_user_id >= 900000000000000",
    "DELETE FROM plan_decisions",
    "DELETE FROM held_plans",
    "UPDATE chat_sync SET waiting = NULL, waiting_since = NULL WHERE waiting IS NOT NULL",
    "DELETE FROM lesson_calls",
    "DELETE FROM fact_lessons",
    "DELETE FROM decisions",
    "DELETE FROM quarantine",
)


async def trouble(connection: AsyncConnection) -> None:
    """Put some of each into a region that is in step."""
    for statement in _MAKE:
        await connection.execute(text(statement))


async def settle(connection: AsyncConnection) -> None:
    """As if everything had come to its end, and whoever was refused were inside."""
    for statement in _TAKE_AWAY:
        await connection.execute(text(statement))
    await let_in(connection)
