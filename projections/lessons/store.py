"""The store of the loop that makes lessons' calls: each method one committed transaction.

Guarantees: no call without a committed intent, which is written where the rules ask for the call
at that very instant and the gate is open; from the intent on the row says what may be true, so
whoever comes after a crash asks for the same again and makes no second call; a holder that has
lost its lease changes nothing. The link is in no journal.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import assert_never

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.gate import Gate, shut
from domain.ids import MaxChatId
from domain.lesson_calls import ChangeCall, DeleteCall, MakeCall
from domain.lesson_outcomes import LessonWait, Rest, requeue
from domain.lesson_work import (
    Ask,
    Attempt,
    CallEffect,
    CallGone,
    CallThere,
    HeldCall,
    LessonIntentId,
    LessonLease,
    chat_of,
    held_after,
    held_meanwhile,
    lasts,
    next_of,
)
from domain.work import EffectUnknown, GateShut, LeaseLost, NoEffect, Refused, RetryAfter
from projections.database import transaction
from projections.gate import catch_up
from projections.lessons import queue
from projections.lessons.rows import Look, look, stored

LEASE_SECONDS = 45.0
"""As long as a chat's: longer than one call with its wait for a slot."""

_HOLD = text("""
    UPDATE lesson_calls
       SET standing = :standing, call_id = :call, plans = CAST(:plans AS jsonb),
           max_chat_id = :chat, join_url = CASE WHEN CAST(:call AS text) IS NULL THEN NULL
                                                ELSE coalesce(:url, join_url) END
     WHERE lesson_id = :lesson AND lease_token = :token""")

_INTEND = text("""
    INSERT INTO lesson_intents (lesson_id, lease_token, action, body, committed_at)
    VALUES (:lesson, :token, :action, CAST(:body AS jsonb), clock_now()) RETURNING intent_id""")

# A holder before us, whose process ended in its call, will tell nothing any more.
_ABANDON = text("""
    UPDATE lesson_intents SET settled_at = clock_now(), outcome = 'unknown: asked again'
     WHERE lesson_id = :lesson AND settled_at IS NULL""")

_SETTLE = text("""
    UPDATE lesson_intents SET settled_at = clock_now(), outcome = :outcome
     WHERE intent_id = :intent""")


@dataclass(frozen=True, slots=True)
class LessonCallStore:
    """``gateway.lesson_calls.CallStore`` on PostgreSQL; ``counted``: calls by kind and outcome."""

    engine: AsyncEngine
    lease_seconds: float = LEASE_SECONDS
    counted: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def gate(self) -> Gate:
        """Whether anything may be changed in the messenger now."""
        async with transaction(self.engine) as connection:
            return await catch_up.gate(connection)

    async def sweep(self, *, everything: bool) -> int:
        """Have those looked at of which something has changed."""
        async with transaction(self.engine) as connection:
            return await queue.sweep(connection, everything=everything)

    async def claim(self) -> LessonLease | None:
        """Lease the next due lesson."""
        async with transaction(self.engine) as connection:
            return await queue.claim(connection, self.lease_seconds)

    async def step(self, lease: LessonLease) -> Attempt | Rest | LeaseLost | GateShut:
        """The next call of this lesson, under an intent; or why there is none now.

        Where there is none the lease is given back by the same look, so that nothing that came
        meanwhile is taken for seen.
        """
        async with transaction(self.engine) as connection:
            if not await queue.extend(connection, lease, self.lease_seconds):
                return LeaseLost()
            found = await look(connection, lease.lesson_id)
            ask = next_of(found.wish, found.held, found.otherwise, found.now)
            chat = None if isinstance(ask, Rest) else chat_of(found.wish, found.held)
            if isinstance(ask, Rest) or chat is None:
                rest = ask if isinstance(ask, Rest) else Rest(LessonWait.NO_CHAT)
                following = requeue(rest, found.seen.attempts)
                await queue.finish(connection, lease, found.seen, following)
                return rest
            why = shut(await catch_up.gate(connection), takes=isinstance(ask, DeleteCall))
            if why is not None:
                await queue.release(connection, lease)
                return GateShut(why)
            return await self._attempt(connection, lease, found, ask, chat)

    async def _attempt(
        self,
        connection: AsyncConnection,
        lease: LessonLease,
        found: Look,
        ask: Ask,
        chat: MaxChatId,
    ) -> Attempt:
        held = held_meanwhile(ask, found.held, chat)
        await _hold(connection, lease, held, None)
        return Attempt(
            intent=await _intend(connection, lease, ask),
            ask=ask,
            chat=chat,
            before=found.held,
            certain=bool(held.plans),
            lasts=lasts(ask, found.held, found.now, self.lease_seconds),
            seen=found.seen,
        )

    async def settle(self, lease: LessonLease, attempt: Attempt, effect: CallEffect) -> None:
        """Commit what came of the call, and what is known of it then if the lease is ours still."""
        async with transaction(self.engine) as connection:
            given = {"intent": attempt.intent, "outcome": _said(effect)}
            await connection.execute(_SETTLE, given)
            held = held_after(attempt, effect)
            if held is not None:
                url = effect.join_url if isinstance(effect, CallThere) else None
                await _hold(connection, lease, held, url)
        self.counted[action_of(attempt.ask), _said(effect).partition(":")[0]] += 1

    async def finish(
        self, lease: LessonLease, attempt: Attempt, outcome: RetryAfter | Refused
    ) -> None:
        """Give the lease back after a call that was not answered as it should."""
        async with transaction(self.engine) as connection:
            following = requeue(outcome, attempt.seen.attempts)
            await queue.finish(connection, lease, attempt.seen, following)


async def _hold(
    connection: AsyncConnection, lease: LessonLease, held: HeldCall, url: str | None
) -> None:
    """Write what is known of the call; whoever has lost the lease writes nothing."""
    given = {
        "lesson": lease.lesson_id,
        "token": lease.token,
        "standing": held.standing.value,
        "call": held.call_id,
        "plans": stored(held.plans),
        "chat": held.chat,
        "url": url,
    }
    await connection.execute(_HOLD, given)


async def _intend(connection: AsyncConnection, lease: LessonLease, ask: Ask) -> LessonIntentId:
    await connection.execute(_ABANDON, {"lesson": lease.lesson_id})
    plans = () if isinstance(ask, DeleteCall) else (ask.plan,)
    given = {
        "lesson": lease.lesson_id,
        "token": lease.token,
        "action": action_of(ask),
        "body": stored(plans),
    }
    intent = (await connection.execute(_INTEND, given)).scalar_one()
    return LessonIntentId(intent)


def action_of(ask: Ask) -> str:
    """The word for it in the journal and the metrics."""
    match ask:
        case MakeCall():
            return "make"
        case ChangeCall():
            return "change"
        case DeleteCall():
            return "delete"
        case _:
            assert_never(ask)


def _said(effect: CallEffect) -> str:
    match effect:
        case CallThere():
            return "done"
        case CallGone():
            return "gone"
        case NoEffect(reason):
            return f"no effect: {reason}"
        case EffectUnknown(reason):
            return f"unknown: {reason}"
        case _:
            assert_never(effect)
