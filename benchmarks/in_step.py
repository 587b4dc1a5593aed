"""The messenger's side of a region, put in place by statements over whole tables.

Thirty calls a second would take an hour and a half for the chats of 300,000 pupils alone, so what
reconcile would have come to is written down as if it had: every chat is there and read, everybody
who is expected and linked is inside, and nothing is due. Guarantees: with nobody refused, reconcile
finds nothing to do in any of these chats; of the schools that are left out everything is as it was.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

REFUSED_ONE_IN: Final = 30
"""Of so many linked accounts the messenger refuses one, where benchmarks have any refused."""

_CHATS: Final = text("""
    UPDATE chat_sync s SET max_chat_id = n.number, link = 'https://max.example/' || s.chat_id,
           observed_at = clock_now(), observed_title = n.title, known_at = clock_now(),
           read_at = clock_now(), due_at = NULL, last_converged_at = clock_now()
      FROM (SELECT chat_id, title, -row_number() OVER (ORDER BY chat_id) AS number FROM chats) n
     WHERE n.chat_id = s.chat_id AND s.school_id <> ALL(CAST(:without AS text[]))""")

_INSIDE: Final = text("""
    INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at, read_at)
    SELECT m.chat_id, p.max_user_id, bool_or(m.role = 'administrator'), clock_now(), clock_now()
      FROM expected_members m JOIN fact_profiles p USING (person_id) JOIN chats c USING (chat_id)
     WHERE p.max_user_id IS NOT NULL AND c.school_id <> ALL(CAST(:without AS text[]))
       AND (CAST(:one_in AS bigint) = 0 OR p.max_user_id % greatest(:one_in, 1) <> 0)
     GROUP BY 1, 2 ON CONFLICT DO NOTHING""")

_REFUSED: Final = text("""
    INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
    SELECT DISTINCT m.chat_id, p.max_user_id, 'add.participant.privacy', clock_now(),
           clock_now() + interval '1 day'
      FROM expected_members m JOIN fact_profiles p USING (person_id) JOIN chats c USING (chat_id)
     WHERE CAST(:one_in AS bigint) > 0 AND p.max_user_id % greatest(:one_in, 1) = 0
       AND c.school_id <> ALL(CAST(:without AS text[]))""")

_CALLED: Final = text("""
    INSERT INTO intents (chat_id, lease_token, action, body, committed_at, settled_at, outcome)
    SELECT c.chat_id, 1, CASE call WHEN 1 THEN 'create' ELSE 'add' END,
           jsonb_build_object('user_ids', jsonb_build_array(call)),
           clock_now() - make_interval(hours => call), clock_now(), 'done'
      FROM chats c, generate_series(1, 12) call
     WHERE c.school_id <> ALL(CAST(:without AS text[]))""")


async def put_in_step(
    connection: AsyncConnection, *, refused_one_in: int = 0, without: Collection[str] = ()
) -> None:
    """Have every chat as it should be, but those of the schools ``without``.

    Of so many linked accounts one is refused (0: none).
    """
    schools = list(without)
    await connection.execute(_CHATS, {"without": schools})
    for statement in (_INSIDE, _REFUSED):
        await connection.execute(statement, {"one_in": refused_one_in, "without": schools})


async def tell_of_calls(connection: AsyncConnection, without: Collection[str] = ()) -> None:
    """Have each chat's past calls in the log: twelve of them."""
    await connection.execute(_CALLED, {"without": list(without)})


async def let_in(connection: AsyncConnection) -> None:
    """Have those who were refused be inside, as if each had allowed it since."""
    await connection.execute(text("DELETE FROM blocked_accounts"))
    await connection.execute(_INSIDE, {"one_in": 0, "without": []})
