"""Calls about one account that failed: kept with strikes and dates, and dropped when over.

``domain.refusals`` says what follows from them. A row is one wish for one account in one chat.
Guarantees: whoever was named among others is tried again at once, among fewer; who was named
alone waits, for a second first and ever longer up to a quarter of an hour where nobody knows
why, for a day where the messenger said no. A row goes with its wish: when the call succeeds,
when a read shows that nothing is left to do, when nobody wants it any more, when the chat goes.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId
from domain.refusals import ALONE, MOST_A_DAY, UNDONE, Wish, strikes_after
from domain.work import BACKOFF_CEILING, DAY

CHAT = 0
"""Stands for the account where the wish is about the chat itself."""

VAGUE_NOES = 2
"""So often a no without a code is said to one account before it is believed."""


class SetbackKind(Enum):
    """What became of it so far; the value is the word in the table."""

    APART = "apart"
    """Named among others in a call that failed: tried among fewer."""
    PAUSED = "paused"
    """Named alone, and nobody knows why it failed: tried with growing pauses."""
    DATED = "dated"
    """Named alone, and the messenger said no: tried once a day."""
    UNDONE = "undone"
    """Done, and undone again by others, as often as may be within a day."""


# Who is named alone pauses ever longer, where the messenger did not say why.
_STRIKE = text("""
    INSERT INTO setbacks AS s (chat_id, max_user_id, wish, kind, said, strikes, since, tried_at,
                               retry_at)
    SELECT :chat, u.account, :wish, :kind, :said, :strikes, clock_now(), clock_now(),
           clock_now() + make_interval(secs => :first)
      FROM unnest(CAST(:users AS bigint[])) AS u (account)
    ON CONFLICT (chat_id, max_user_id, wish) DO UPDATE
       SET kind = excluded.kind, said = excluded.said, tried_at = excluded.tried_at,
           strikes = greatest(s.strikes + 1, excluded.strikes),
           retry_at = CASE WHEN excluded.kind = 'paused'
               THEN clock_now() + make_interval(secs => least(
                    power(2, least(greatest(s.strikes - :alone, 0), 20)), :longest))
               ELSE excluded.retry_at END""")

_OVER = text("""
    DELETE FROM setbacks s
     USING chats c, chat_sync y
     WHERE s.chat_id = :chat AND c.chat_id = s.chat_id AND y.chat_id = s.chat_id
       AND CASE s.wish
           WHEN 'add' THEN EXISTS (SELECT FROM observed_members o WHERE o.chat_id = s.chat_id
                                      AND o.max_user_id = s.max_user_id)
           WHEN 'rename' THEN title_fits(y, c.title)
           ELSE NOT EXISTS (
               SELECT FROM observed_members o
                WHERE o.chat_id = s.chat_id AND o.max_user_id = s.max_user_id
                  AND (s.wish = 'remove' OR o.is_admin = (s.wish = 'demote'))) END""")

# What had its date when the chat was loaded was tried, or not wanted; and some wishes are seen
# to be none. (Of several people with one account an administrator comes first, as by the alphabet.)
_NOT_WANTED = text("""
    DELETE FROM setbacks s
     USING (SELECT b.max_user_id, b.wish, min(m.role) AS role
              FROM setbacks b
              LEFT JOIN fact_profiles p USING (max_user_id)
              LEFT JOIN expected_members m ON (m.chat_id, m.person_id) = (b.chat_id, p.person_id)
             WHERE b.chat_id = :chat GROUP BY b.max_user_id, b.wish) wanted
     WHERE s.chat_id = :chat AND (s.max_user_id, s.wish) = (wanted.max_user_id, wanted.wish)
       AND (s.retry_at <= :tried OR (s.max_user_id <> 0 AND CASE s.wish
               WHEN 'add' THEN role IS NULL
               WHEN 'remove' THEN role IS NOT NULL
               WHEN 'promote' THEN role IS DISTINCT FROM 'administrator'
               WHEN 'demote' THEN role IS NOT DISTINCT FROM 'administrator' END))""")

# The third-last time within the day, if it was so often.
_DONE_BEFORE = text("""
    SELECT account, max(tried.at) AS at FROM (
        SELECT u.account, i.committed_at AS at,
               row_number() OVER (PARTITION BY u.account ORDER BY i.committed_at DESC) AS nth
          FROM unnest(CAST(:users AS bigint[])) AS u (account)
          JOIN intents i ON i.chat_id = :chat AND i.action = :wish
           AND i.committed_at > clock_now() - interval '1 day'
           AND i.outcome LIKE 'done%'
           AND CASE i.action
               WHEN 'rename' THEN i.body->>'title' = :title
               WHEN 'demote' THEN i.body->'user_id' = to_jsonb(u.account)
               ELSE i.body->'user_ids' @> to_jsonb(u.account) END) tried
     WHERE nth = :most GROUP BY account""")

_UNDONE = text("""
    INSERT INTO setbacks AS s (chat_id, max_user_id, wish, kind, said, strikes, since, tried_at,
                               retry_at)
    SELECT :chat, u.account, :wish, 'undone', :said, 0, clock_now(), clock_now(),
           u.at + interval '1 day'
      FROM unnest(CAST(:users AS bigint[]), CAST(:times AS timestamptz[])) AS u (account, at)
    ON CONFLICT (chat_id, max_user_id, wish) DO UPDATE
       SET kind = excluded.kind, said = excluded.said, tried_at = excluded.tried_at,
           retry_at = excluded.retry_at""")


async def strike(
    connection: AsyncConnection,
    chat_id: ChatId,
    wish: Wish,
    users: Sequence[MaxUserId],
    said: str,
    named: int,
    *,
    vague: bool = True,
) -> None:
    """A call with this wish that named so many accounts did nothing for these of them.

    ``vague``: nobody knows why, or there was no code.
    """
    alone = named == 1
    kind = SetbackKind.APART if not alone else SetbackKind.PAUSED if vague else SetbackKind.DATED
    first = {SetbackKind.APART: 0.0, SetbackKind.PAUSED: 1.0, SetbackKind.DATED: DAY}
    await connection.execute(
        _STRIKE,
        {
            "chat": chat_id,
            "wish": wish.value,
            "users": list(users),
            "said": said,
            "kind": kind.value,
            "strikes": strikes_after(named) + alone,
            "first": first[kind],
            "alone": ALONE,
            "longest": BACKOFF_CEILING,
        },
    )


async def believed(
    connection: AsyncConnection, chat_id: ChatId, wish: Wish, user: MaxUserId
) -> bool:
    """Whether a no without a code has been said to this account alone often enough."""
    found = await connection.execute(
        text("""SELECT strikes FROM setbacks
                 WHERE chat_id = :chat AND wish = :wish AND max_user_id = :user"""),
        {"chat": chat_id, "wish": wish.value, "user": user},
    )
    strikes = found.scalar_one_or_none()
    return strikes is not None and strikes >= ALONE + VAGUE_NOES


async def bound(
    connection: AsyncConnection,
    chat_id: ChatId,
    wish: Wish,
    users: Sequence[MaxUserId],
    title: str = "",
) -> bool:
    """Whether the same was set right so often today that it must wait; then it does."""
    about = list(users) if users else [CHAT]
    asked = {"chat": chat_id, "wish": wish.value, "users": about, "title": title}
    rows = (await connection.execute(_DONE_BEFORE, {**asked, "most": MOST_A_DAY})).all()
    if not rows:
        return False
    await connection.execute(
        _UNDONE,
        {
            "chat": chat_id,
            "wish": wish.value,
            "said": UNDONE,
            "users": [row.account for row in rows],
            "times": [row.at for row in rows],
        },
    )
    return True


async def done(
    connection: AsyncConnection, chat_id: ChatId, wish: Wish, users: Sequence[MaxUserId]
) -> None:
    """The call succeeded."""
    await connection.execute(
        text("""DELETE FROM setbacks WHERE chat_id = :chat AND wish = :wish
                   AND max_user_id = ANY(CAST(:users AS bigint[]))"""),
        {"chat": chat_id, "wish": wish.value, "users": list(users) if users else [CHAT]},
    )


async def over(connection: AsyncConnection, chat_id: ChatId) -> None:
    """What the chat holds is known anew: drop what it shows to be done."""
    await connection.execute(_OVER, {"chat": chat_id})


async def not_wanted(connection: AsyncConnection, chat_id: ChatId, tried: datetime) -> None:
    """A pass has done all that it could: drop what nobody wants, and what was ``tried`` in it.

    That is what had its date by then; a later one may have come, and was not tried.
    """
    await connection.execute(_NOT_WANTED, {"chat": chat_id, "tried": tried})


async def forget(connection: AsyncConnection, chat_ids: Sequence[ChatId]) -> None:
    """All is tried anew: the chats are others, or the bot stands to them in another way."""
    await connection.execute(
        text("DELETE FROM setbacks WHERE chat_id = ANY(:chats)"), {"chats": list(chat_ids)}
    )
