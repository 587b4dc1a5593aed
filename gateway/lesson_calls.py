"""The loop that makes, changes and deletes the calls of distance lessons.

Each lesson is held under a lease and taken forward one call at a time, each between its intent and
its outcome, until its call is as it should be. Guarantees: nothing is sent while the gate is shut,
nor after the lease has ended or the call that it would take away may have begun; a call without an
answer is asked for again by the same ``external_id``, so none is made twice; only the messenger's
own no is a verdict, anything else passes.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol, assert_never

import structlog

from domain.call_classes import CallClass
from domain.gate import Gate, shut
from domain.lesson_calls import ChangeCall, DeleteCall, MakeCall
from domain.lesson_outcomes import Rest
from domain.lesson_work import (
    Attempt,
    CallEffect,
    CallGone,
    CallThere,
    LessonLease,
    external_id_of,
)
from domain.places import place_of
from domain.troubles import Outage
from domain.work import (
    Done,
    EffectUnknown,
    GateShut,
    LeaseLost,
    NoEffect,
    Refused,
    RetryAfter,
    Waiting,
)
from gateway import errors
from gateway.breaker import BreakingMessenger
from gateway.budget import HeldBudget
from gateway.outcomes import Halted, outcome_of
from gateway.ports import CallBudget, LessonCalls, PlannedCall
from loops.waiting import nap

log = structlog.get_logger()

AT_ONCE = 4
STEPS = 10
"""How often one lease looks again; each call leaves less to do, so it is only a fuse."""

CALL_SECONDS = 15.0
"""No call is sent so late that its time-out could outlive the lease."""

HALTED_SECONDS = 60.0
"""How soon it is tried again while the token is not valid."""

SWEEP_SECONDS = 2.0
WHOLE_SECONDS = 3600.0
_IDLE_SECONDS = 0.5


class CallStore(Protocol):
    """The queue, and the journal of calls (``projections.lessons.store``)."""

    @property
    def lease_seconds(self) -> float:
        """How long a lesson is held from its last step on."""

    async def gate(self) -> Gate:
        """Whether anything may be changed in the messenger now."""

    async def sweep(self, *, everything: bool) -> int:
        """Have those looked at of which something has changed."""

    async def claim(self) -> LessonLease | None:
        """Lease the next due lesson."""

    async def step(self, lease: LessonLease) -> Attempt | Rest | LeaseLost | GateShut:
        """The next call of this lesson, under an intent; or why there is none now."""

    async def settle(self, lease: LessonLease, attempt: Attempt, effect: CallEffect) -> None:
        """Commit what came of the call."""

    async def finish(
        self, lease: LessonLease, attempt: Attempt, outcome: RetryAfter | Refused
    ) -> None:
        """Give the lease back after a call that was not answered as it should."""


class CallingMessenger(LessonCalls, Protocol):
    """A messenger that has calls."""

    def through(self, budget: CallBudget) -> "CallingMessenger":
        """The same messenger and connections, each call waiting on another budget."""


@dataclass(slots=True)
class LessonCallLoop:
    """Brings calls to where they should be."""

    store: CallStore
    messenger: CallingMessenger
    breaking: BreakingMessenger
    budget: CallBudget
    call_seconds: float = CALL_SECONDS
    _swept_at: float = field(default=float("-inf"))
    _whole_at: float = field(default=float("-inf"))

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; what is under way then is ended."""
        while not stop.is_set():
            if not await self.once():
                await nap(stop, _IDLE_SECONDS)

    async def once(self) -> int:
        """What is to be done now; how many lessons that were."""
        if shut(await self.store.gate(), takes=False) is not None:
            return 0
        await self._sweep()
        leases: list[LessonLease] = []
        while len(leases) < AT_ONCE and (lease := await self.store.claim()) is not None:
            leases.append(lease)
        async with asyncio.TaskGroup() as group:
            for lease in leases:
                group.create_task(self._bring(lease))
        return len(leases)

    async def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        everything = now - self._whole_at >= WHOLE_SECONDS
        await self.store.sweep(everything=everything)
        self._swept_at = now
        if everything:
            self._whole_at = now

    async def _bring(self, lease: LessonLease) -> None:
        """What fails over one lesson stops no other; its text may quote what nobody must read.

        It is tried again when the lease has ended.
        """
        try:
            await self._step_by_step(lease)
        except Outage:
            raise
        except Exception as error:  # noqa: BLE001 - as said
            kind, where = type(error).__name__, place_of(error)
            log.error("lesson.failed", lesson_id=lease.lesson_id, error=kind, where=where)  # noqa: TRY400 - as said

    async def _step_by_step(self, lease: LessonLease) -> None:
        """One lesson, call by call, until there is none to make now."""
        for _ in range(STEPS):
            # From before the look on: who stands still after it must not send what it allowed.
            since = asyncio.get_running_loop().time()
            attempt = await self.store.step(lease)
            if not isinstance(attempt, Attempt):
                return
            ended = await self._make(lease, attempt, since)
            if ended is not None:
                await self.store.finish(lease, attempt, ended)
                return
        # Whoever changes it so often is waited for until the lease has ended.

    async def _make(
        self, lease: LessonLease, attempt: Attempt, since: float
    ) -> RetryAfter | Refused | None:
        """The call and its outcome; None where all went as it should."""
        try:
            effect = await self._call(lease, attempt, since)
        except errors.OutcomeUnknown as error:
            await self.store.settle(lease, attempt, EffectUnknown(error.detail))
            return RetryAfter(str(error))
        except (errors.NotFound, errors.Gone) as error:
            await self.store.settle(lease, attempt, CallGone())
            # The call that was to be changed: then one is made. Else it is the chat.
            return None if isinstance(attempt.ask, ChangeCall) else RetryAfter(str(error))
        except errors.GatewayError as error:
            nothing = NoEffect(f"{type(error).__name__} {error.detail}".strip())
            await self.store.settle(lease, attempt, nothing)
            return _follows(error)
        await self.store.settle(lease, attempt, effect)
        return None

    async def _call(self, lease: LessonLease, attempt: Attempt, since: float) -> CallEffect:
        held = HeldBudget(self.budget)
        held.hold(min(attempt.lasts, self.store.lease_seconds - self.call_seconds), since)
        messenger, lane = self.messenger.through(held), lease.lane
        match attempt.ask:
            case MakeCall(plan):
                key = external_id_of(lease.lesson_id)
                return _there(
                    await self.breaking.call(
                        CallClass.CALL,
                        lambda: messenger.plan_call(key, attempt.chat, plan, lane),
                    )
                )
            case ChangeCall(call_id, plan):
                return _there(
                    await self.breaking.call(
                        CallClass.CALL, lambda: messenger.change_call(call_id, plan, lane)
                    )
                )
            case DeleteCall(call_id):
                await self.breaking.call(CallClass.CALL, lambda: messenger.end_call(call_id, lane))
                return CallGone()
            case _:
                assert_never(attempt.ask)


def _there(planned: PlannedCall) -> CallThere:
    return CallThere(planned.call_id, planned.join_url)


def _follows(error: errors.GatewayError) -> RetryAfter | Refused:
    """What follows from an error that promises that nothing changed."""
    outcome = outcome_of(error)
    match outcome:
        case Halted(reason):
            return RetryAfter(reason, HALTED_SECONDS)
        case RetryAfter():
            return outcome
        case Done() | Waiting() | Refused():
            log.warning("lesson.refused", reason=str(error))
            return Refused(str(error))
        case _:
            assert_never(outcome)


__all__ = ["CallStore", "LessonCallLoop"]
