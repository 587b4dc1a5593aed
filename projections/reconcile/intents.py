"""Intents and outcomes: the journal of calls, and what each call made of a chat.

Guarantees: an intent is committed before its call, and a removing one only with a reservation
of the guard; what a call did is written together with its outcome; a holder that lost its
lease writes its outcome but touches nothing that the new holder may have read, and has the chat
read again at once, for something may have happened to it. The same is set right three times a
day at most.
"""

import json
from dataclasses import asdict

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.lanes import Lane
from domain.plan import Action, Create, Delete, Demote, Promote, Remove, Rename
from domain.refusals import Wish
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
from projections.guard import reservations
from projections.queue import due as queue
from projections.reconcile import announce, effects, observed, setbacks

REREAD_SECONDS = 60.0
"""A call without an answer may still be under way when the chat is read: read once more then."""


async def intend(
    connection: AsyncConnection, lease: Lease, work: Work, action: Action, seconds: float
) -> IntentId | LeaseLost | Outdated | NotAdmitted:
    """Note that the call is about to be made, and hold the chat for ``seconds`` from now.

    A plan of many calls takes its time, so each of them asks whether ``work`` is still so.
    """
    generation = await queue.extend(connection, lease, seconds)
    if generation is None:
        return LeaseLost()
    if generation != work.generation:
        return Outdated()
    if await _is_bound(connection, lease, action):
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
    holds = await queue.holds(connection, lease)
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
        case Applied() if holds:
            await effects.applied(connection, lease.chat_id, action, effect)
        case ChatMade() if holds and isinstance(action, Create):
            await effects.made(connection, lease.chat_id, action, effect)
        case Applied() | ChatMade() | EffectUnknown():
            await observed.forget(connection, [lease.chat_id])
            if not holds:
                await queue.mark_due(connection, [lease.chat_id], Lane.LIVE)
    if holds and isinstance(effect, Applied | ChatMade):
        await announce.after(connection, work, intent, action, effect)


async def _is_bound(connection: AsyncConnection, lease: Lease, action: Action) -> bool:
    """Whether this was set right so often today that it waits from now on."""
    match action:
        case Rename(title):
            return await setbacks.bound(connection, lease.chat_id, Wish.RENAME, (), title)
        case Promote(users):
            return await setbacks.bound(connection, lease.chat_id, Wish.PROMOTE, users)
        case Demote(user):
            return await setbacks.bound(connection, lease.chat_id, Wish.DEMOTE, (user,))
        case _:
            return False


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
