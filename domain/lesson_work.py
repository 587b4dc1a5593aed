"""One pass over a lesson's call as data: what is known and wanted, what is asked, what came of it.

The loop that calls the messenger and the store meet in these types, so neither room knows the
other. What is to be done is decided by ``domain.lesson_calls`` alone, here from what the store
holds at one instant.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, NewType

from domain.ids import LessonId, MaxChatId
from domain.lanes import Lane
from domain.lesson_calls import (
    AsItShouldBe,
    CallPlan,
    ChangeCall,
    DeleteCall,
    Doubted,
    KnownCall,
    LeaveRunning,
    Made,
    MakeCall,
    NotMade,
    Step,
    Uncertain,
    next_step,
)
from domain.lesson_outcomes import LessonWait, Rest
from domain.lessons import Moment
from domain.work import EffectUnknown, NoEffect

LessonIntentId = NewType("LessonIntentId", int)

_PREFIX: Final = "lesson:"


def external_id_of(lesson_id: LessonId) -> str:
    """The idempotency key of the lesson's call: a lesson has one call at a time."""
    return _PREFIX + lesson_id


class Standing(Enum):
    """What is known of a lesson's call; the value is the word in the table."""

    NONE = "none"
    ASKED = "asked"
    """It may have been made; its id is not known."""
    MADE = "made"
    DOUBTED = "doubted"
    """A change or a deletion was sent, and nobody knows what came of it."""


@dataclass(frozen=True, slots=True)
class LessonLease:
    """The right to call for one lesson, until a deadline on database time; ``token`` fences it."""

    lesson_id: LessonId
    token: int
    lane: Lane


@dataclass(frozen=True, slots=True)
class WantedCall:
    """What the call should be by the register and by people's decisions.

    ``known``: the register has told of the lesson and its group. ``plan`` is None where no call
    is wanted. ``chat`` is None while the messenger has no chat for it. ``insists``: the person
    who deleted it has said so of a call that runs.
    """

    known: bool
    plan: CallPlan | None
    chat: MaxChatId | None
    insists: bool


@dataclass(frozen=True, slots=True)
class HeldCall:
    """What is known of the call that there is.

    ``plans``: how it may be; none, where one that may have been made may have any words at all.
    ``chat`` is where it was asked for.
    """

    standing: Standing
    call_id: str | None
    plans: tuple[CallPlan, ...]
    chat: MaxChatId | None

    def known(self, otherwise: CallPlan) -> KnownCall:
        """For the rules; ``otherwise``: what a call of unknown words is asked for as."""
        match self.standing:
            case Standing.ASKED:
                return Uncertain(self.plans[0] if self.plans else otherwise)
            case Standing.MADE if self.call_id is not None:
                return Made(self.call_id, self.plans[0])
            case Standing.DOUBTED if self.call_id is not None:
                return Doubted(self.call_id, self.plans)
            case _:
                return NotMade()


Ask = MakeCall | ChangeCall | DeleteCall


@dataclass(frozen=True, slots=True)
class Seen:
    """What the lesson was looked at by: the mark that this look may clear, and what it rests on.

    ``over``: the lesson has ended. ``attempts``: passes that failed in a row before.
    """

    generation: int
    fingerprint: str
    attempts: int
    over: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call under a committed intent. ``before`` is what is known again if it had no effect.

    ``certain``: what a create brings has the words that were asked for. ``lasts``: seconds within
    which it may be sent, so that no call begins to run meanwhile.
    """

    intent: LessonIntentId
    ask: Ask
    chat: MaxChatId
    before: HeldCall
    certain: bool
    lasts: float
    seen: Seen


def next_of(wish: WantedCall, held: HeldCall, otherwise: CallPlan, now: datetime) -> Ask | Rest:
    """The one call to make now, or why there is none."""
    if not wish.known:
        return Rest(LessonWait.UNKNOWN)
    # Also while its own chat is not there yet: where the call stands, another group's people enter.
    elsewhere = held.chat not in {None, wish.chat}
    step = next_step(
        wish.plan, held.known(otherwise), now, insists=wish.insists, elsewhere=elsewhere
    )
    return _unless_it_has_to_wait(step, wish, held)


def _unless_it_has_to_wait(step: Step, wish: WantedCall, held: HeldCall) -> Ask | Rest:
    match step:
        case AsItShouldBe():
            return Rest()
        case LeaveRunning(until):
            return Rest(LessonWait.RUNNING, until)
        case MakeCall() if wish.chat is None and held.chat is None:
            # A call that was asked for before the chat was known cannot have been made.
            return Rest() if wish.plan is None else Rest(LessonWait.NO_CHAT)
        case MakeCall() | ChangeCall() | DeleteCall():
            return step


def chat_of(wish: WantedCall, held: HeldCall) -> MaxChatId | None:
    """The chat that the call is asked for in: a create that is repeated names the same again."""
    return wish.chat if held.standing is Standing.NONE or held.chat is None else held.chat


def lasts(ask: Ask, held: HeldCall, now: datetime, longest: float) -> float:
    """Seconds for which the call may be sent: none is deleted or moved once it has begun to run."""
    if isinstance(ask, MakeCall):
        return longest
    starts = [plan.starts_at for plan in held.plans if plan.at(now) is Moment.BEFORE]
    return min([longest, *((start - now).total_seconds() for start in starts)])


@dataclass(frozen=True, slots=True)
class CallThere:
    """The call is as it was asked for; ``join_url`` lets in whoever has it."""

    call_id: str
    join_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallGone:
    """There is no such call."""


CallEffect = CallThere | CallGone | NoEffect | EffectUnknown


def held_after(attempt: Attempt, effect: CallEffect) -> HeldCall | None:
    """What is known of the call then; None: no more than was written with the intent."""
    match effect, attempt.ask:
        case EffectUnknown(), _:
            return None
        case NoEffect(), _:
            return attempt.before
        case CallThere(call_id), MakeCall(plan):
            standing = Standing.MADE if attempt.certain else Standing.DOUBTED
            return HeldCall(standing, call_id, (plan,), attempt.chat)
        case CallThere(call_id), ChangeCall(_, plan):
            return HeldCall(Standing.MADE, call_id, (plan,), attempt.chat)
        case CallGone(), ChangeCall():
            # Another one may have been made under the same key: a create tells.
            return HeldCall(Standing.ASKED, None, (), attempt.chat)
        case _:
            return HeldCall(Standing.NONE, None, (), None)


def held_meanwhile(ask: Ask, before: HeldCall, chat: MaxChatId) -> HeldCall:
    """What is known of the call from the intent on, until its outcome is."""
    match ask:
        case MakeCall(plan):
            unknown = before.standing is Standing.ASKED and not before.plans
            return HeldCall(Standing.ASKED, None, () if unknown else (plan,), chat)
        case ChangeCall(call_id, plan):
            plans = tuple(dict.fromkeys((*before.plans, plan)))
            return HeldCall(Standing.DOUBTED, call_id, plans, chat)
        case DeleteCall(call_id):
            return HeldCall(Standing.DOUBTED, call_id, before.plans, chat)
