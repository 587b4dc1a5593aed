"""How a pass over a lesson's call ends, and when the lesson is looked at again."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.work import DAY, Refused, RetryAfter, wait_after


class LessonWait(Enum):
    """Why a lesson's call waits; the value is the word in the table and the views."""

    UNKNOWN = "unknown"
    """The register has not told of the lesson, or of its group, yet."""
    NO_CHAT = "no_chat"
    """The subject's chat, to which a call belongs, is not in the messenger yet."""
    RUNNING = "running"
    """It should go, and people are in it: it is left until its end, or until a person's word."""
    REFUSED = "refused"
    """The messenger says no."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is to be called now; ``wait`` is why, None where all is as it should be.

    ``until``: when it is looked at again by itself, None where nothing changes by time alone.
    """

    wait: LessonWait | None = None
    until: datetime | None = None


LessonOutcome = Rest | RetryAfter | Refused


@dataclass(frozen=True, slots=True)
class LessonQueue:
    """When the lesson is due again (``due_in`` and ``until``: whichever is first), and why."""

    due_in: float | None
    until: datetime | None
    waiting: LessonWait | None
    attempts: int
    failure: str | None


def requeue(outcome: LessonOutcome, attempts: int) -> LessonQueue:
    """The one place that decides what is due when; nothing waits longer than a day unlooked at."""
    match outcome:
        case Rest(None, _):
            return LessonQueue(None, None, None, 0, None)
        case Rest(wait, until):
            return LessonQueue(DAY, until, wait, 0, None)
        case RetryAfter(reason, seconds):
            due_in = wait_after(attempts, seconds)
            return LessonQueue(due_in, None, None, attempts + 1, reason)
        case Refused(reason):
            return LessonQueue(DAY, None, LessonWait.REFUSED, 0, reason)
