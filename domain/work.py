"""One chat's reconciliation as data: the lease, what is wanted, what is known, what came of it.

The reconcile loop and the store meet in these types, so neither room knows the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, NewType, assert_never

from domain.chats import ChatKind
from domain.ids import ChatId, ClassId, GroupId, MaxChatId, MaxUserId, SchoolId
from domain.lanes import Lane
from domain.plan import Deleted, Doubtful, Frozen, NotCreated, Seen, Unknown, Wanted
from domain.refusals import AddFailure, Setback, Wish

IntentId = NewType("IntentId", int)

DAY = 86_400.0
BACKOFF_CEILING = 900.0
"""No wait for a failing messenger grows past 15 minutes, so recovery is prompt."""

FAILING_AFTER: Final = 3
"""Passes in a row after which a chat counts as failing, for operators and for its school."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change one chat, until a deadline on database time.

    ``token`` is the fence: each lease of a chat has a greater one, and the store takes
    nothing from an older.
    """

    chat_id: ChatId
    token: int
    lane: Lane


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """The answer where the lease is not ours any more: stop, somebody else goes on."""


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """The answer where a removal has no reservation (any more): the plan is asked for anew."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """The answer where what is known of the chat has changed since it was loaded: look again."""


@dataclass(frozen=True, slots=True)
class GateShut:
    """The answer where chats may not be changed (any more): ingest or derive is behind."""

    reason: str


Intended = IntentId | LeaseLost | Outdated | NotAdmitted | GateShut
"""The answers to the question whether a call may be made: yes, under this intent, or why not."""


@dataclass(frozen=True, slots=True)
class Work:
    """All that one pass over a chat needs.

    ``target`` leaves out accounts that the messenger refused and whose next try is not yet
    due. ``observed`` is ``Unknown`` after a call whose outcome is not known. ``generation``
    is the due mark that this pass may clear. What had its date by ``loaded_at`` (database time) is
    in ``target``; what waits for a later one is not.

    ``bot`` is our own account, None while nobody knows it: no plan touches it. ``whole`` is
    false where ``observed`` holds who was seen in the chat while more people are counted there.
    ``setbacks`` are the calls that failed; those that wait are out of ``target`` already.
    """

    chat_id: ChatId
    school_id: SchoolId
    kind: ChatKind
    class_id: ClassId | None
    group_id: GroupId | None
    title: str
    external_id: str
    max_chat_id: MaxChatId | None
    target: Wanted | Frozen | Deleted
    observed: NotCreated | Doubtful | Unknown | Seen
    generation: int
    attempts: int
    loaded_at: datetime
    bot: MaxUserId | None = None
    whole: bool = True
    setbacks: tuple[Setback, ...] = ()


class ChatWait(Enum):
    """Why a chat as a whole waits; the value is the word in the table, the views and the JSON."""

    HELD = "held"
    """A person is to decide about what it takes from people."""
    REJECTED = "rejected"
    """A person decided against what the register asks for."""
    PARKED = "parked"
    """The bot may do nothing in it: proved by what the messenger says of the bot there."""
    GONE = "gone"
    """The messenger deleted it for ever."""
    REFUSED = "refused"
    """The messenger says no to a call about the chat itself."""
    SHORT_READ = "short_read"
    """It counts more people than it lists, time and again: only who is listed is known."""


@dataclass(frozen=True, slots=True)
class Done:
    """The messenger has confirmed all that was wanted; ``changed`` says whether calls were made."""

    changed: bool


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Not done, and nobody need do anything: again after ``seconds``, or with growing waits."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A state with a date, not an error; looked at again in a day."""

    reason: ChatWait


@dataclass(frozen=True, slots=True)
class Refused:
    """The messenger will not do this as it stands; the same call is not made again today."""

    reason: str


Outcome = Done | RetryAfter | Waiting | Refused


@dataclass(frozen=True, slots=True)
class Blamed:
    """Whom a refused call did not serve, as a read after it shows (of a create: all of them).

    ``named``: how many the call named. One alone waits, with a date, and so does whoever is
    refused by himself as ``each`` says; others are named among fewer the next time. ``said`` is
    the code. ``why`` says it of one who is not added; ``certain``, that nobody can be.
    ``vague``: there was no code.
    """

    wish: Wish
    accounts: tuple[MaxUserId, ...]
    said: str
    named: int
    each: bool = False
    why: AddFailure = AddFailure.UNKNOWN
    certain: bool = False
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Requeue:
    """When a chat is due again (``None``: when something changes) and what it waits for.

    ``failure`` is why the pass failed, or what was said when it was refused.
    """

    due_in: float | None
    waiting: ChatWait | None
    attempts: int
    failure: str | None = None


def wait_after(attempts: int, seconds: float | None) -> float:
    """How long a failed pass waits, which came after ``attempts`` others that failed in a row.

    Waits without a date of their own double from one second up to ``BACKOFF_CEILING``; the others
    are as they were asked for, up to it.
    """
    if seconds is None:
        return min(float(2 ** min(attempts, 10)), BACKOFF_CEILING)
    return min(max(seconds, 0.0), BACKOFF_CEILING)


def requeue(outcome: Outcome, attempts: int) -> Requeue:
    """The one place that decides what is due when.

    ``attempts`` counts the passes that have failed in a row.
    """
    match outcome:
        case Done():
            return Requeue(None, None, 0)
        case RetryAfter(reason, seconds):
            return Requeue(wait_after(attempts, seconds), None, attempts + 1, reason)
        case Waiting(reason):
            return Requeue(DAY, reason, 0)
        case Refused(reason):
            return Requeue(DAY, ChatWait.REFUSED, 0, reason)
        case _:
            assert_never(outcome)


@dataclass(frozen=True, slots=True)
class Applied:
    """The call had its effect, but for the accounts in ``failed`` (each with the reason).

    ``title`` is what the messenger made of the title that it was given, where it said so.
    """

    failed: Mapping[MaxUserId, str]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ChatMade:
    """The chat of our ``external_id`` exists; ``created`` is false where it did before."""

    max_chat_id: MaxChatId
    link: str | None
    created: bool
    failed: Mapping[MaxUserId, str]


@dataclass(frozen=True, slots=True)
class NoEffect:
    """It is certain that the call changed nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class EffectUnknown:
    """Nobody knows whether the call had its effect: the chat is read before any other."""

    reason: str


Effect = Applied | ChatMade | NoEffect | EffectUnknown
