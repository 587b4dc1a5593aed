"""Reservations of takings: made when a plan is admitted, spent by the intent of the call.

Guarantees: a taking spends one reservation and none goes without; one that certainly had no
effect gives its place in the windows back. A call without an answer may come late, so for a
while nothing is certain, though the chat was seen without its effect after it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.expected import Role
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.plan import Seen
from domain.takings import Taking, TakingKind
from domain.work import IntentId


async def reserve(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    takings: Sequence[Taking],
    approved: Mapping[MaxUserId, int],
) -> None:
    """Reserve these; what a person ``approved`` (account → hold) counts towards no limit."""
    await connection.execute(
        text("""INSERT INTO removal_reservations
                       (chat_id, school_id, max_user_id, kind, cause, counts, approval, reserved_at)
                SELECT :chat, :school, r.account, r.kind, r.cause,
                       r.counts AND r.approval IS NULL, r.approval, clock_now()
                  FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[]),
                              CAST(:causes AS text[]), CAST(:counts AS boolean[]),
                              CAST(:approvals AS bigint[]))
                       AS r (account, kind, cause, counts, approval)"""),
        {
            "chat": chat_id,
            "school": school_id,
            "accounts": [taking.account for taking in takings],
            "kinds": [taking.kind.value for taking in takings],
            "causes": [taking.cause.value for taking in takings],
            "counts": [taking.counts for taking in takings],
            "approvals": [approved.get(taking.account) for taking in takings],
        },
    )


async def drop(connection: AsyncConnection, chat_id: ChatId) -> None:
    """Give back what the chat has reserved and not used."""
    await connection.execute(
        text("DELETE FROM removal_reservations WHERE chat_id = :chat AND spent_at IS NULL"),
        {"chat": chat_id},
    )


async def counted_already(connection: AsyncConnection, chat_id: ChatId) -> frozenset[MaxUserId]:
    """The accounts that a plan of this chat reserved within the limits, not certainly called."""
    found = await connection.execute(
        text("""SELECT max_user_id FROM removal_reservations
                 WHERE chat_id = :chat AND counts AND (spent_at IS NULL OR in_doubt)"""),
        {"chat": chat_id},
    )
    return frozenset(MaxUserId(row.max_user_id) for row in found)


async def spend(
    connection: AsyncConnection, chat_id: ChatId, account: MaxUserId, kind: TakingKind
) -> int | None:
    """Use the account's reservation for an intent; None where there is none."""
    spent = await connection.execute(
        text("""UPDATE removal_reservations SET spent_at = clock_now(), in_doubt = true
                 WHERE chat_id = :chat AND max_user_id = :account AND kind = :kind
                   AND spent_at IS NULL
                RETURNING reservation_id"""),
        {"chat": chat_id, "account": account, "kind": kind.value},
    )
    return spent.scalar_one_or_none()


async def settle(connection: AsyncConnection, intent: IntentId, *, removed: bool) -> None:
    """It is certain that the call of this intent took what it was to take, or did not."""
    await connection.execute(
        text("""UPDATE removal_reservations r
                   SET in_doubt = false,
                       voided_at = CASE WHEN CAST(:removed AS boolean) THEN NULL
                                        ELSE clock_now() END
                  FROM intents i
                 WHERE i.intent_id = :intent AND r.reservation_id = i.reservation_id"""),
        {"intent": intent, "removed": removed},
    )


# Of several tries to take the same thing only the last can have done it, unless the account was
# given it again in between.
_SETTLE_DOUBTS = text("""
    WITH doubt AS (
        SELECT r.reservation_id, r.spent_at, r.max_user_id, r.kind,
               CASE r.kind WHEN 'remove' THEN r.max_user_id = ANY(CAST(:present AS bigint[]))
                           ELSE r.max_user_id = ANY(CAST(:chiefs AS bigint[])) END AS still
          FROM removal_reservations r WHERE r.chat_id = :chat AND r.in_doubt)
    UPDATE removal_reservations r
       SET in_doubt = false,
           voided_at = CASE WHEN d.still OR EXISTS (
                                 SELECT FROM removal_reservations later
                                  WHERE later.chat_id = :chat
                                    AND later.max_user_id = d.max_user_id AND later.kind = d.kind
                                    AND later.spent_at > d.spent_at AND later.voided_at IS NULL
                                    AND NOT later.in_doubt
                                    AND NOT EXISTS (
                                        SELECT FROM intents i
                                         WHERE i.chat_id = :chat
                                           AND i.action IN ('add', 'promote')
                                           AND i.committed_at > later.spent_at
                                           AND i.body->'user_ids' @> to_jsonb(d.max_user_id)))
                            THEN clock_now() END
      FROM doubt d
     WHERE d.reservation_id = r.reservation_id
       AND (NOT d.still OR d.spent_at < clock_now() - make_interval(secs => :late))""")


async def settle_doubts(
    connection: AsyncConnection, chat_id: ChatId, seen: Seen, late: float
) -> None:
    """The chat was read: calls of unknown outcome did nothing where nothing was taken.

    So it is said of those that are older than ``late`` seconds; others may still arrive.
    """
    await connection.execute(
        _SETTLE_DOUBTS,
        {
            "chat": chat_id,
            "present": list(seen.members),
            "chiefs": [user for user, role in seen.members.items() if role is Role.ADMINISTRATOR],
            "late": late,
        },
    )
