"""Whether the messenger adds people at all, as all processes of an installation know it.

Off by the setting (``gateway.adding=invite``), or because the messenger refused the method as
such: then people are invited by the chat's link until they are seen inside, and once a day
the next calls find out whether it works again. One chat's refusal proves nothing, nor does one
account's: it takes ``REFUSALS`` in a row, of different accounts in different chats in which the
bot had its rights, or one answer that the method is not there.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId
from domain.refusals import AddFailure
from projections.queue import due as queue
from projections.reconcile import observed

REFUSALS = 3
KEPT = 10
"""Of the chats and accounts that refused, so many are remembered."""

PROBE_SECONDS = 86_400
REASON = AddFailure.INVITED.value
"""How ``blocked_accounts`` calls an account that could not be added for no fault of its own."""

_PROBED = text("""
    UPDATE adding SET probe_at = clock_now() + make_interval(secs => :seconds)
     WHERE off_since IS NOT NULL AND probe_at IS NOT NULL""")

_REFUSED = text("""
    UPDATE adding SET chats = ARRAY(SELECT DISTINCT unnest(chats || CAST(:chat AS text))
                                     LIMIT :kept),
           accounts = ARRAY(SELECT DISTINCT unnest(accounts || CAST(:users AS bigint[]))
                             LIMIT :kept)
     WHERE off_since IS NULL
    RETURNING least(cardinality(chats), cardinality(accounts)) AS refusals""")

_OFF = text("""
    UPDATE adding SET off_since = clock_now(), reason = :reason, chats = '{}', accounts = '{}',
           probe_at = clock_now() + make_interval(secs => :seconds)
     WHERE off_since IS NULL RETURNING 1""")

_ON = text("""
    UPDATE adding SET off_since = NULL, reason = NULL, probe_at = NULL,
           chats = '{}', accounts = '{}'
     WHERE off_since IS NOT NULL AND reason = ANY(:reasons) RETURNING 1""")


async def is_possible(connection: AsyncConnection) -> bool:
    """Whether adds are planned now: they work as far as we know, or it is time to find out."""
    found = await connection.execute(
        text("SELECT off_since IS NULL OR coalesce(probe_at <= clock_now(), false) FROM adding")
    )
    return bool(found.scalar_one())


async def configure(connection: AsyncConnection, *, invites: bool) -> bool:
    """What the setting says. True where people are only invited, from now on or still."""
    if invites:
        await connection.execute(
            text("""UPDATE adding SET off_since = coalesce(off_since, clock_now()),
                           reason = 'setting', probe_at = NULL""")
        )
        return True
    await _on(connection, ["setting"])
    return False


async def refused(
    connection: AsyncConnection,
    chat_id: ChatId,
    users: Sequence[MaxUserId],
    why: AddFailure,
    said: str,
    *,
    certain: bool,
) -> bool:
    """The messenger refused to add each of these. True where adding is off from now on.

    ``why`` is what ``blocked_accounts`` says; only ``INVITED`` is about adding as such.
    ``certain``: it said that the method is not there.
    """
    await observed.block(connection, chat_id, dict.fromkeys(users, why.value), said)
    if why is not AddFailure.INVITED:
        return False
    asked = {"chat": chat_id, "users": list(users), "kept": KEPT}
    counted = await connection.execute(_REFUSED, asked)
    refusals = counted.scalar_one_or_none()
    if refusals is None:
        await connection.execute(_PROBED, {"seconds": PROBE_SECONDS})
        return False
    if not (certain or refusals >= REFUSALS):
        return False
    turned = await connection.execute(_OFF, {"reason": "refused", "seconds": PROBE_SECONDS})
    return turned.one_or_none() is not None


async def worked(connection: AsyncConnection) -> None:
    """Somebody was added: what was refused before is tried again everywhere."""
    await connection.execute(
        text("""UPDATE adding SET chats = '{}', accounts = '{}'
                 WHERE off_since IS NULL AND chats <> '{}'""")
    )
    await _on(connection, ["refused"])


async def _on(connection: AsyncConnection, reasons: list[str]) -> None:
    turned = await connection.execute(_ON, {"reasons": reasons})
    if turned.one_or_none() is None:
        return
    await connection.execute(
        text("DELETE FROM blocked_accounts WHERE reason = :reason"), {"reason": REASON}
    )
    await queue.look_at_all(connection)
