"""Answered is not seen: what reads say of calls that the messenger answered with success.

A complete read confirms or refutes who is known only by an answer. One chat's refutation may be
somebody who left at once; several chats in a row, and none confirmed in between, mean that the
messenger's answers cannot be relied on: a state of the installation, until a read confirms one.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from domain.plan import Seen
from projections.drift.seen import LAG_SECONDS

REFUTED = 3
"""So many chats in a row."""

KEPT = 10
"""Of them so many are named."""

# Of those who came in, and of those who were taken out, by an answer alone: whom the read shows
# to be so, and whom not, though it does not follow the call at once and nobody told of them.
_WEIGH = text("""
    WITH claims AS (
        SELECT o.max_user_id AS account, true AS inside, o.seen_at AS at
          FROM observed_members o WHERE o.chat_id = :chat AND o.read_at IS NULL
         UNION ALL
        SELECT CAST(i.body->>'user_id' AS bigint), false, max(i.settled_at)
          FROM intents i JOIN chat_sync s USING (chat_id)
         WHERE i.chat_id = :chat AND i.action = 'remove' AND i.outcome LIKE 'done%'
           AND i.settled_at > coalesce(s.read_at, '-infinity')
           AND NOT EXISTS (SELECT FROM observed_members o
                            WHERE o.chat_id = i.chat_id
                              AND to_jsonb(o.max_user_id) = i.body->'user_id')
         GROUP BY 1)
    SELECT count(*) FILTER (WHERE inside = shown) AS confirmed,
           count(*) FILTER (WHERE inside <> shown
                              AND at < clock_now() - make_interval(secs => :lag)
                              AND NOT EXISTS (
                                  SELECT FROM webhook_hints h
                                   WHERE h.chat_id = :chat AND h.max_user_id = account
                                     AND h.received_at > at)) AS refuted
      FROM (SELECT *, account = ANY(CAST(:seen AS bigint[])) AS shown FROM claims) c""")

_REFUTED = text("""
    UPDATE answers SET chats = chats || CAST(:chat AS text),
           since = CASE WHEN cardinality(chats) + 1 >= :many
                        THEN coalesce(since, clock_now()) END
     WHERE cardinality(chats) < :kept AND NOT chats @> ARRAY[CAST(:chat AS text)]
    RETURNING cardinality(chats) = :many AS is_new""")

_CONFIRMED = text("UPDATE answers SET chats = '{}', since = NULL WHERE chats <> '{}'")


async def weigh(connection: AsyncConnection, chat_id: ChatId, seen: Seen) -> bool:
    """Compare a complete read with what was answered, before it takes that place.

    True where from now on answers count as not to be relied on; said once.
    """
    asked = {"chat": chat_id, "seen": list(seen.members), "lag": LAG_SECONDS}
    row = (await connection.execute(_WEIGH, asked)).one()
    if row.confirmed:
        await connection.execute(_CONFIRMED)
        return False
    if not row.refuted:
        return False
    counted = await connection.execute(_REFUTED, {"chat": chat_id, "many": REFUTED, "kept": KEPT})
    return bool(counted.scalar_one_or_none())
