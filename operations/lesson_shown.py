"""A lesson as the screens show it at one moment: its row, where the clock is, how its call stands.

Guarantees: what is shown follows from one look behind the fence; a call counts as ready only where
it is known to have the lesson's own name and time.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.lesson_calls import wanted_call
from domain.lesson_outcomes import LessonWait
from domain.lesson_work import Standing
from domain.lessons import JournalRow, Moment, journal_row, moment
from domain.work import FAILING_AFTER
from operations.lesson_acts import is_running
from projections.staff.lessons import SchoolLesson

__all__ = ["CallState", "JournalRow", "Moment", "SchoolLesson", "Shown", "call_state", "shown_at"]


class CallState(Enum):
    """How the call of a lesson stands to what people decided, for those who look at the lesson."""

    NONE = "none"
    READY = "ready"
    COMING = "coming"
    NO_CHAT = "no_chat"
    REFUSED = "refused"
    FAILING = "failing"
    STAYS = "stays"
    """It should go, or be at another time, and people are in it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A lesson and how it stands at the moment of asking."""

    lesson: SchoolLesson
    row: JournalRow
    when: Moment
    call: CallState
    running: bool

    @property
    def planned(self) -> bool:
        """Whether there is a distance lesson."""
        return self.lesson.planned

    @property
    def opens(self) -> bool:
        """Whether who asks may enter now."""
        return self.planned and self.lesson.opens and self.when is Moment.RUNNING


def shown_at(lesson: SchoolLesson, now: datetime) -> Shown:
    """The lesson as it is shown at this moment."""
    return Shown(
        lesson=lesson,
        row=journal_row(lesson, now, planned=lesson.planned),
        when=moment(lesson.starts_at, lesson.ends_at, now),
        call=call_state(lesson, now),
        running=is_running(lesson, now),
    )


def call_state(lesson: SchoolLesson, now: datetime) -> CallState:
    """How its call stands to what people decided."""
    if lesson.waiting is LessonWait.RUNNING:
        return CallState.STAYS
    if not lesson.planned or lesson.cancelled:
        return CallState.NONE if lesson.standing is Standing.NONE else CallState.COMING
    if lesson.waiting is LessonWait.NO_CHAT:
        return CallState.NO_CHAT
    if lesson.waiting is LessonWait.REFUSED:
        return CallState.REFUSED
    if lesson.attempts >= FAILING_AFTER:
        return CallState.FAILING
    return CallState.READY if _is_ready(lesson, now) else CallState.COMING


def _is_ready(lesson: SchoolLesson, now: datetime) -> bool:
    """The call is there, by the lesson's own name and time."""
    over = moment(lesson.starts_at, lesson.ends_at, now) is Moment.OVER
    wanted = wanted_call(lesson, lesson.title)
    return over or (lesson.standing is Standing.MADE and lesson.plans == (wanted,))
