"""The loop of lessons' calls in a simulated process: production code on a watched store and line.

Only the messenger and what looks on are ours: a lesson's calls pass the same mishaps as a chat's,
and each is handed to ``LessonWatch`` with the intent under which it is made.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.call_classes import CallClass
from domain.ids import MaxChatId
from domain.lanes import Lane
from domain.lesson_calls import CallPlan
from domain.lesson_outcomes import Rest
from domain.lesson_work import Attempt, LessonLease
from domain.troubles import Outage
from domain.work import GateShut, LeaseLost, Refused, RetryAfter
from gateway import errors
from gateway.breaker import Breaker, BreakingMessenger
from gateway.budget import SharedBudget
from gateway.lesson_calls import LessonCallLoop
from gateway.ports import CallBudget, PlannedCall
from projections.lessons.store import LessonCallStore
from projections.messenger.budget import CallSlots
from simulator.changes import MeetingSet
from simulator.errors import AbsentError
from simulator.meetings import MeetingPlan
from tests.simulation.lesson_watch import AskedForLesson, LessonCall, LessonWatch
from tests.simulation.messenger import Call, Line, Max
from tests.simulation.scheduler import current

_ASKED: ContextVar[AskedForLesson] = ContextVar("asked for a lesson")


@dataclass(frozen=True, slots=True)
class LessonLine(Line):
    """``gateway.ports.LessonCalls`` for one budget."""

    watch: LessonWatch

    def through(self, budget: CallBudget) -> "LessonLine":
        """The same messenger on another budget."""
        return LessonLine(self.max, budget, self.watch)

    def _call(self, kind: str, effect: Callable[[], object], **about: object) -> Call:
        named = str(about["external_id"])
        return LessonCall(
            current(), kind, None, named, (), (), None, self.max.scheduler.now, effect, self.watch,
            of=_ASKED.get(),
        )  # fmt: skip

    async def plan_call(
        self, external_id: str, chat_id: MaxChatId, plan: CallPlan, lane: Lane
    ) -> PlannedCall:
        """Plan a call, or find the one of this ``external_id``, which stays as it is."""

        def effect() -> MeetingSet:
            self.max.world.chats.get(chat_id)
            return self.max.world.meetings.plan(external_id, chat_id, _words(plan))

        answer, _ = await self._change("plan call", lane, effect, external_id=external_id)
        return _planned("plan call", answer)

    async def change_call(self, call_id: str, plan: CallPlan, lane: Lane) -> PlannedCall:
        """Give a call other words or times."""

        def effect() -> MeetingSet | None:
            try:
                return self.max.world.meetings.move(call_id, _words(plan))
            except AbsentError:
                return None

        answer, _ = await self._change("change call", lane, effect, external_id=call_id)
        return _planned("change call", answer)

    async def end_call(self, call_id: str, lane: Lane) -> None:
        """Delete a call; one that is not there counts as deleted."""

        def effect() -> None:
            try:
                self.max.world.meetings.cancel(call_id)
            except AbsentError:
                return

        await self._change("end call", lane, effect, external_id=call_id)


def _words(plan: CallPlan) -> MeetingPlan:
    return MeetingPlan(plan.title, plan.starts_at.isoformat(), plan.ends_at.isoformat())


def _planned(kind: str, answer: object) -> PlannedCall:
    if not isinstance(answer, MeetingSet):
        raise errors.NotFound(kind, 404)
    return PlannedCall(answer.call_id, f"https://max.example/{answer.call_id}")


@dataclass(frozen=True, slots=True)
class WatchedCallStore(LessonCallStore):
    """The loop's store; what it intends is told to whoever looks on."""

    watch: LessonWatch = field(kw_only=True)

    async def claim(self) -> LessonLease | None:
        """As the store's: a pass begins."""
        lease = await LessonCallStore.claim(self)
        if lease is not None:
            self.watch.known.passes[current()] += 1
        return lease

    async def step(self, lease: LessonLease) -> Attempt | Rest | LeaseLost | GateShut:
        """As the store's, and remember under which intent the next call is made."""
        began, insisted = self.watch.now, await self.watch.insists(lease.lesson_id)
        attempt = await LessonCallStore.step(self, lease)
        if isinstance(attempt, Attempt):
            _ASKED.set(AskedForLesson(lease, attempt, began, insisted))
        else:
            self._ends(lease, attempt)
        return attempt

    async def finish(
        self, lease: LessonLease, attempt: Attempt, outcome: RetryAfter | Refused
    ) -> None:
        """As the store's."""
        self._ends(lease, outcome)
        await LessonCallStore.finish(self, lease, attempt, outcome)

    def _ends(self, lease: LessonLease, outcome: object) -> None:
        self.watch.known.passes[current()] -= 1
        self.watch.known.database.scheduler.note(f"{lease.lesson_id} ends in {outcome}")


class WatchedLoop(LessonCallLoop):
    """Production's loop, which goes on after a bug over one lesson: the run does not."""

    async def _step_by_step(self, lease: LessonLease) -> None:
        try:
            await super()._step_by_step(lease)
        except Outage:
            raise
        except Exception as error:
            store = self.store
            assert isinstance(store, WatchedCallStore)
            store.watch.known.broken("no loop dies of a bug", f"{lease.lesson_id}: {error!r}")
            raise


def lesson_loop(engine: AsyncEngine, max_: Max, watch: LessonWatch) -> LessonCallLoop:
    """As ``rollcall.reconciling`` wires it, with production's settings."""
    budget = SharedBudget(CallSlots(engine))
    line = LessonLine(max_, budget, watch)
    breakers = {kind: Breaker(lambda: max_.scheduler.now) for kind in CallClass}
    store = WatchedCallStore(engine, watch=watch)
    return WatchedLoop(store, line, BreakingMessenger(line, breakers), budget)
