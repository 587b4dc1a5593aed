"""Taking what a read of a chat shows for what the messenger has.

Guarantees: a read settles every call that was left without an answer, and says of each whom it
did not serve; only the lease's holder writes; from a read that lists fewer people than the chat
counts follows who is in it, and nobody's absence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.drift import DriftRules
from domain.ids import ChatId, MaxUserId
from domain.plan import Seen
from domain.refusals import Wish, unserved_of
from domain.work import Lease, LeaseLost
from projections.drift import answers
from projections.drift import seen as drift
from projections.gate import restores
from projections.guard import reservations
from projections.queue import due
from projections.reconcile import late_calls, observed, setbacks
from projections.reconcile.intents import REREAD_SECONDS

log = structlog.get_logger()

_ABOUT_PEOPLE = frozenset({"add", "remove", "promote", "demote"})

_KNOWN = text("""
    UPDATE chat_sync SET observed_at = clock_now(), observed_title = :title, gone_at = NULL,
           answered_since = CASE WHEN CAST(:whole AS boolean) THEN NULL ELSE answered_since END,
           glimpsed_since = CASE WHEN NOT CAST(:whole AS boolean)
                                 THEN coalesce(glimpsed_since, clock_now()) END,
           glimpsed_by = :token
     WHERE chat_id = :chat""")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a read is taken: whole or not, when once more, and what follows from drift."""

    whole: bool = True
    again_after: float = REREAD_SECONDS
    rules: DriftRules = field(default_factory=DriftRules)


async def record_read(
    connection: AsyncConnection, lease: Lease, seen: Seen, reading: Reading | None = None
) -> LeaseLost | None:
    """Take a read for what the messenger has; all the chat's intents are settled.

    Where a call was left without an answer, it may still arrive: the chat is read again later
    (``late_calls``). Whom such a call did not serve has a strike. A read that is not whole
    shows who is in; what is known of others stays.
    """
    reading = reading or Reading()
    chat_id = lease.chat_id
    if not await due.holds(connection, lease):
        return LeaseLost()
    await drift.on_read(connection, chat_id, seen, reading.rules, whole=reading.whole)
    if reading.whole and await answers.weigh(connection, chat_id, seen):
        log.error("answers.refuted", chat_id=chat_id, reason="calls are answered and not done")
    unanswered = await _settle_open(connection, chat_id)
    for action, body, outcome in unanswered:
        await _strike(connection, chat_id, seen, (action, body, outcome))
    if reading.whole:
        await reservations.settle_doubts(connection, chat_id, seen, reading.again_after)
        await observed.replace(connection, chat_id, seen)
    else:
        await observed.glimpse(connection, chat_id, seen)
        for user in _perhaps_removed(unanswered, seen):
            await observed.remove(connection, chat_id, user)
    await connection.execute(
        _KNOWN,
        {"chat": chat_id, "title": seen.title, "whole": reading.whole, "token": lease.token},
    )
    await setbacks.over(connection, chat_id)
    await late_calls.after_read(
        connection, chat_id, left_open=bool(unanswered), seconds=reading.again_after
    )
    await drift.after_read(connection, chat_id, whole=reading.whole)
    if reading.whole:
        await restores.after_read(connection, chat_id)
    return None


async def _settle_open(
    connection: AsyncConnection, chat_id: ChatId
) -> list[tuple[str, dict[str, Any], str | None]]:
    """The calls without an answer, settled by a read: action, body, and what was known of each."""
    settled = await connection.execute(
        text("""UPDATE intents i SET settled_at = clock_now(),
                       outcome = coalesce(i.outcome, 'read back')
                  FROM (SELECT intent_id, outcome FROM intents
                         WHERE chat_id = :chat AND settled_at IS NULL) AS before
                 WHERE i.intent_id = before.intent_id
                RETURNING i.action, i.body, before.outcome"""),
        {"chat": chat_id},
    )
    return [(row.action, row.body, row.outcome) for row in settled]


async def _strike(
    connection: AsyncConnection,
    chat_id: ChatId,
    seen: Seen,
    call: tuple[str, dict[str, Any], str | None],
) -> None:
    """A call that was sent and not answered: whom it did not serve is tried apart from others."""
    action, body, outcome = call
    if outcome is None or action not in _ABOUT_PEOPLE:
        return  # its holder died, which says nothing about the call
    wish = Wish(action)
    named = [MaxUserId(user) for user in body.get("user_ids") or [body["user_id"]]]
    users = unserved_of(wish, named, seen)
    if users:
        await setbacks.strike(connection, chat_id, wish, users, outcome, len(named))


def _perhaps_removed(
    calls: Sequence[tuple[str, dict[str, Any], str | None]], seen: Seen
) -> list[MaxUserId]:
    """Whom a call without an answer may have taken out, and nobody sees; the next look may."""
    users = [MaxUserId(body["user_id"]) for action, body, _ in calls if action == "remove"]
    return [user for user in users if user not in seen.members]
