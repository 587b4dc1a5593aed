"""The messenger's side of a region, put in place by statements over whole tables.

Thirty calls a second would take an hour and a half for the chats of 300,000 pupils alone, so what
reconcile would have come to is written down as if it had: every chat is there and read, everybody
who is expected and linked is inside, and nothing is due. Guarantee: with nobody refused, reconcile
finds nothing to do in any chat.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CHATS: Final = text("""
    UPDATE chat_sync s SET max_chat_id = n.number, link = 'https://max.example/' || s.chat_id,
           observed_at = clock_now(), observed_title = n.title, known_at = clock_now(),
           read_at = clock_now(), due_at = NULL, last_converged_at = clock_now()
      FROM (SELECT chat_id, title, -row_number() OVER (ORDER BY chat_id) AS number FROM chats) n
     WHERE n.chat_id = s.chat_id""")

_INSIDE: Final = text("""
    INSERT INTO observed_members (chat_id, max_user_id, is_admin, seen_at, read_at)
    SELECT m.chat_id, p.max_user_id, bool_or(m.role = 'administrator'), clock_now(), clock_now()
      FROM expected_members m JOIN fact_profiles p USING (person_id)
     WHERE p.max_user_id IS NOT NULL
       AND (CAST(:one_in AS bigint) = 0 OR p.max_user_id % greatest(:one_in, 1) <> 0)
     GROUP BY 1, 2 ON CONFLICT DO NOTHING""")

_REFUSED: Final = text("""
    INSERT INTO blocked_accounts (chat_id, max_user_id, reason, since, retry_at)
    SELECT DISTINCT m.chat_id, p.max_user_id, 'add.participant.privacy', clock_now(),
           clock_now() + interval '1 day'
      FROM expected_members m JOIN fact_profiles p USING (person_id)
     WHERE CAST(:one_in AS bigint) > 0 AND p.max_user_id % greatest(:one_in, 1) = 0""")


async def put_in_step(connection: AsyncConnection, *, refused_one_in: int = 0) -> None:
    """Have every chat as it should be; of so many linked accounts one is refused (0: none)."""
    await connection.execute(_CHATS)
    for statement in (_INSIDE, _REFUSED):
        await connection.execute(statement, {"one_in": refused_one_in})


async def let_in(connection: AsyncConnection) -> None:
    """Have those who were refused be inside, as if each had allowed it since."""
    await connection.execute(text("DELETE FROM blocked_accounts"))
    await connection.execute(_INSIDE, {"one_in": 0})
