"""Reservations of removals: made when a plan is admitted, spent by the intent of the call.

Guarantees: a removal spends one reservation and no removal goes without; one that certainly
had no effect gives its place in the windows back. A call without an answer may come late, so
for a while nothing is certain, though the account was seen in the chat after it.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import RemovalCause
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.work import IntentId


async def reserve(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    causes: dict[MaxUserId, RemovalCause],
    approval: int | None,
) -> None:
    """Reserve these removals; what a person approved does not count towards the limits."""
    await connection.execute(
        text("""INSERT INTO removal_reservations
                       (chat_id, school_id, max_user_id, cause, counts, approval, reserved_at)
                SELECT :chat, :school, r.account, r.cause,
                       r.counts AND CAST(:approval AS bigint) IS NULL,
                       CAST(:approval AS bigint), clock_now()
                  FROM unnest(CAST(:accounts AS bigint[]), CAST(:causes AS text[]),
                              CAST(:counts AS boolean[])) AS r (account, cause, counts)"""),
        {
            "chat": chat_id,
            "school": school_id,
            "approval": approval,
            "accounts": list(causes),
            "causes": [cause.value for cause in causes.values()],
            "counts": [cause is RemovalCause.NOT_EXPECTED for cause in causes.values()],
        },
    )


async def drop(connection: AsyncConnection, chat_id: ChatId) -> None:
    """Give back what the chat has reserved and not used."""
    await connection.execute(
        text("DELETE FROM removal_reservations WHERE chat_id = :chat AND spent_at IS NULL"),
        {"chat": chat_id},
    )


async def counted_already(connection: AsyncConnection, chat_id: ChatId) -> frozenset[MaxUserId]:
    """The accounts that a plan of this chat reserved within the limits and may not have removed."""
    found = await connection.execute(
        text("""SELECT max_user_id FROM removal_reservations
                 WHERE chat_id = :chat AND counts AND (spent_at IS NULL OR in_doubt)"""),
        {"chat": chat_id},
    )
    return frozenset(MaxUserId(row.max_user_id) for row in found)


async def spend(connection: AsyncConnection, chat_id: ChatId, account: MaxUserId) -> int | None:
    """Use the account's reservation for an intent; None where there is none."""
    spent = await connection.execute(
        text("""UPDATE removal_reservations SET spent_at = clock_now(), in_doubt = true
                 WHERE chat_id = :chat AND max_user_id = :account AND spent_at IS NULL
                RETURNING reservation_id"""),
        {"chat": chat_id, "account": account},
    )
    return spent.scalar_one_or_none()


async def settle(connection: AsyncConnection, intent: IntentId, *, removed: bool) -> None:
    """It is certain that the call of this intent removed the account, or did not."""
    await connection.execute(
        text("""UPDATE removal_reservations r
                   SET in_doubt = false,
                       voided_at = CASE WHEN CAST(:removed AS boolean) THEN NULL
                                        ELSE clock_now() END
                  FROM intents i
                 WHERE i.intent_id = :intent AND r.reservation_id = i.reservation_id"""),
        {"intent": intent, "removed": removed},
    )


async def settle_doubts(
    connection: AsyncConnection, chat_id: ChatId, present: Sequence[MaxUserId], late: float
) -> None:
    """The chat was read: calls of unknown outcome did nothing where the account is present.

    So it is said of those that are older than ``late`` seconds; others may still arrive.
    """
    await connection.execute(
        text("""UPDATE removal_reservations
                   SET in_doubt = false,
                       voided_at = CASE WHEN max_user_id = ANY(CAST(:present AS bigint[]))
                                        THEN clock_now() END
                 WHERE chat_id = :chat AND in_doubt
                   AND (spent_at < clock_now() - make_interval(secs => :late)
                        OR max_user_id <> ALL(CAST(:present AS bigint[])))"""),
        {"chat": chat_id, "present": list(present), "late": late},
    )
