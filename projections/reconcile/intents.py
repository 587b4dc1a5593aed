"""Intents and outcomes: the journal of calls, and what each call made of a chat.

Guarantees: an intent is committed before its call, and a removing one only with a reservation
of the guard; what a call did is written together with its outcome; a holder that lost its
lease writes its outcome but touches nothing that the new holder may have read.
"""

import json
from dataclasses import asdict

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.drift import DriftRules
from domain.plan import (
    Action,
    Create,
    Delete,
    Demote,
    Remove,
    Seen,
)
from domain.takings import kind_of
from domain.work import (
    Applied,
    ChatMade,
    Effect,
    EffectUnknown,
    IntentId,
    Lease,
    LeaseLost,
    NoEffect,
    NotAdmitted,
    Outdated,
    Work,
)
from projections import restores
from projections.reconcile import announce, drift, effects, observed, reservations
from projections.reconcile.queue import extend

REREAD_SECONDS = 60.0
"""A call without an answer may still be under way when the chat is read: read once more then."""


async def intend(
    connection: AsyncConnection, lease: Lease, work: Work, action: Action, seconds: float
) -> IntentId | LeaseLost | Outdated | NotAdmitted:
    """Note that the call is about to be made, and hold the chat for ``seconds`` from now.

    A plan of many calls takes its time, so each of them asks whether ``work`` is still so.
    """
    generation = await extend(connection, lease, seconds)
    if generation is None:
        return LeaseLost()
    if generation != work.generation:
        return Outdated()
    reservation: int | None = None
    if isinstance(action, Remove | Demote):
        reservation = await reservations.spend(
            connection, lease.chat_id, action.user_id, kind_of(action)
        )
        if reservation is None:
            return NotAdmitted()
    inserted = await connection.execute(
        text("""INSERT INTO intents
                       (chat_id, lease_token, action, body, reservation_id, committed_at)
                VALUES (:chat, :token, :action, CAST(:body AS jsonb), :reservation, clock_now())
                RETURNING intent_id"""),
        {
            "chat": lease.chat_id,
            "token": lease.token,
            "action": type(action).__name__.lower(),
            "body": json.dumps(asdict(action)),
            "reservation": reservation,
        },
    )
    return IntentId(inserted.scalar_one())


async def settle(
    connection: AsyncConnection,
    lease: Lease,
    work: Work,
    intent: IntentId,
    action: Action,
    effect: Effect,
) -> None:
    """Write the outcome, and its effect where the lease is still ours."""
    holds = await _holds(connection, lease)
    await connection.execute(
        text("""UPDATE intents SET outcome = :outcome,
                       settled_at = CASE WHEN :open THEN NULL ELSE clock_now() END
                 WHERE intent_id = :intent"""),
        {
            "intent": intent,
            "outcome": _outcome(effect),
            # A read settles it, or, where nobody knows the chat's id, the create repeated.
            "open": isinstance(effect, EffectUnknown) and not isinstance(action, Delete),
        },
    )
    if isinstance(action, Remove | Demote) and not isinstance(effect, EffectUnknown):
        removed = not isinstance(effect, NoEffect)
        await reservations.settle(connection, intent, removed=removed)
    match effect:
        case NoEffect():
            return
        case Applied(failed) if holds:
            await effects.applied(connection, lease.chat_id, action, failed)
        case ChatMade() if holds and isinstance(action, Create):
            await effects.made(connection, lease.chat_id, action, effect)
        case Applied() | ChatMade() | EffectUnknown():
            await observed.forget(connection, [lease.chat_id])
    if holds and isinstance(effect, Applied | ChatMade):
        await announce.after(connection, work, intent, action, effect)


async def record_read(
    connection: AsyncConnection,
    lease: Lease,
    seen: Seen,
    again_after: float = REREAD_SECONDS,
    rules: DriftRules | None = None,
) -> LeaseLost | None:
    """Take a complete read for what the messenger has; all the chat's intents are settled.

    Where a call was left without an answer, it may still arrive: the chat is read once more
    ``again_after`` seconds later.
    """
    if not await _holds(connection, lease):
        return LeaseLost()
    await drift.on_read(connection, lease.chat_id, seen, rules or DriftRules())
    settled = await connection.execute(
        text("""UPDATE intents SET settled_at = clock_now(),
                       outcome = coalesce(outcome, 'read back')
                 WHERE chat_id = :chat AND settled_at IS NULL
                RETURNING intent_id"""),
        {"chat": lease.chat_id},
    )
    left_open = settled.first() is not None
    await reservations.settle_doubts(connection, lease.chat_id, seen, again_after)
    await observed.replace(connection, lease.chat_id, seen)
    await connection.execute(
        text("""UPDATE chat_sync SET observed_at = clock_now(), observed_title = :title,
                       gone_at = NULL,
                       reread_at = CASE WHEN CAST(:again AS boolean)
                                        THEN clock_now() + make_interval(secs => :seconds) END
                 WHERE chat_id = :chat"""),
        {
            "chat": lease.chat_id,
            "title": seen.title,
            "again": left_open,
            "seconds": again_after,
        },
    )
    await drift.after_read(connection, lease.chat_id)
    await restores.after_read(connection, lease.chat_id)
    return None


async def _holds(connection: AsyncConnection, lease: Lease) -> bool:
    found = await connection.execute(
        text("SELECT lease_token FROM chat_sync WHERE chat_id = :chat FOR UPDATE"),
        {"chat": lease.chat_id},
    )
    return bool(found.scalar_one() == lease.token)


def _outcome(effect: Effect) -> str:
    match effect:
        case Applied(failed):
            return f"done, {len(failed)} refused" if failed else "done"
        case ChatMade(created=created):
            return "created" if created else "was there already"
        case NoEffect(reason):
            return f"no effect: {reason}"
        case EffectUnknown(reason):
            return f"unknown: {reason}"
