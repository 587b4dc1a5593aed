"""The messenger's call of a distance lesson: as it should be, and the next step to it.

It follows the register (moved, cancelled, another title), with one exception: a call in which
people are talking now is neither deleted nor moved away from them unless a person says so; it
is left alone until its own end.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from domain.lessons import Moment, Timed, moment


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call of the messenger as it should be, or as it is."""

    title: str
    starts_at: datetime
    ends_at: datetime

    def at(self, now: datetime) -> Moment:
        """Where ``now`` lies."""
        return moment(self.starts_at, self.ends_at, now)


@dataclass(frozen=True, slots=True)
class NotMade:
    """The messenger has no call of this lesson."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A call may have been made as ``asked``, and nobody knows its id.

    Only making it again tells, in the same words: the messenger gives one that is there back
    as it is, and does not say how it is.
    """

    asked: CallPlan


@dataclass(frozen=True, slots=True)
class Made:
    """The messenger has this call, with these words and times."""

    call_id: str
    plan: CallPlan


@dataclass(frozen=True, slots=True)
class Doubted:
    """A call that a change or a deletion without an answer left in one of these ways, or in none.

    What it was asked last is sent again, or what is wanted by now: both tell.
    """

    call_id: str
    plans: tuple[CallPlan, ...]


KnownCall = NotMade | Uncertain | Made | Doubted

MOST_DOUBTS = 8
"""Ways in which a call may be at once; whoever has as many asks for nothing new before it knows."""


@dataclass(frozen=True, slots=True)
class MakeCall:
    """Plan a call."""

    plan: CallPlan


@dataclass(frozen=True, slots=True)
class ChangeCall:
    """Give a planned call other words or times."""

    call_id: str
    plan: CallPlan


@dataclass(frozen=True, slots=True)
class DeleteCall:
    """Delete a call."""

    call_id: str


@dataclass(frozen=True, slots=True)
class LeaveRunning:
    """People are in the call: it is looked at again at its end, or when a person decides."""

    until: datetime


@dataclass(frozen=True, slots=True)
class AsItShouldBe:
    """Nothing is to be called."""


Step = MakeCall | ChangeCall | DeleteCall | LeaveRunning | AsItShouldBe


def wanted_call(lesson: Timed, title: str | None) -> CallPlan | None:
    """The call that a lesson should have; ``title`` is None where nobody wants one."""
    if title is None or lesson.cancelled:
        return None
    return CallPlan(title, lesson.starts_at, lesson.ends_at)


def next_step(
    wanted: CallPlan | None,
    known: KnownCall,
    now: datetime,
    *,
    insists: bool = False,
    elsewhere: bool = False,
) -> Step:
    """The one call that brings the messenger nearer to what is wanted.

    ``insists``: a person has said, of the call as it is known, that it is to be deleted or moved
    although it runs. ``elsewhere``: the known call is in another chat than the wanted one, and a
    call cannot be moved from chat to chat.
    """
    if wanted is not None and wanted.at(now) is Moment.OVER:
        wanted = None
    match known:
        case NotMade():
            return AsItShouldBe() if wanted is None else MakeCall(wanted)
        case Uncertain(asked):
            missed = wanted is None and asked.at(now) is Moment.OVER
            return AsItShouldBe() if missed else MakeCall(asked)
        case Made() | Doubted() if elsewhere and wanted is not None:
            # Also one that is over: a lesson has one call at a time.
            step = next_step(None, known, now, insists=insists)
            return DeleteCall(known.call_id) if isinstance(step, AsItShouldBe) else step
        case Made(call_id, plan):
            if wanted == plan:
                return AsItShouldBe()
            return _nearer(wanted, call_id, (plan,), now, insists=insists)
        case Doubted(call_id, plans):
            return _nearer(wanted, call_id, plans, now, insists=insists)
        case _:
            assert_never(known)


def _nearer(
    wanted: CallPlan | None,
    call_id: str,
    plans: tuple[CallPlan, ...],
    now: datetime,
    *,
    insists: bool,
) -> Step:
    running = [plan.ends_at for plan in plans if plan.at(now) is Moment.RUNNING]
    goes_on = wanted is not None and wanted.at(now) is Moment.RUNNING
    if running and not goes_on and not insists:
        return LeaveRunning(max(running))
    if wanted is not None:
        return ChangeCall(call_id, wanted if len(plans) < MOST_DOUBTS else plans[-1])
    # A call that is over takes nobody in: deleting it would only cost a call.
    over = all(plan.at(now) is Moment.OVER for plan in plans)
    return AsItShouldBe() if over else DeleteCall(call_id)
