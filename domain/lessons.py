"""Distance lessons: when one may be made, opened and seen.

The guide's chapter 4, as pure functions of facts and an instant; ``domain.lesson_calls`` says
what a lesson's call should be.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum
from typing import Protocol

TITLE_LIMIT = 200
"""Code points in the name of a distance lesson: as in the title of a chat."""


class Timed(Protocol):
    """A lesson as far as the clock and the register's cancelling look at it."""

    @property
    def starts_at(self) -> datetime:
        """When it starts."""

    @property
    def ends_at(self) -> datetime:
        """When it is over."""

    @property
    def cancelled(self) -> bool:
        """Whether the register has cancelled it."""


class Moment(Enum):
    """Where an instant lies; a lesson runs from its start up to, not including, its end."""

    BEFORE = "before"
    RUNNING = "running"
    OVER = "over"


def moment(starts_at: datetime, ends_at: datetime, now: datetime) -> Moment:
    """Where ``now`` lies; something that ends when it starts, or before, is never running."""
    if now >= ends_at:
        return Moment.OVER
    return Moment.RUNNING if now >= starts_at else Moment.BEFORE


def default_title(subject: str, starts_at: datetime, zone: tzinfo) -> str:
    """«Урок по предмету «География» от 16.12.2022 15:50», in the school's time.

    Where the subject is too long for a title, the subject is cut and never the date.
    """
    when = f"» от {starts_at.astimezone(zone):%d.%m.%Y %H:%M}"
    before = "Урок по предмету «"
    return f"{before}{subject[: TITLE_LIMIT - len(before) - len(when)]}{when}"


class JournalRow(Enum):
    """What the row «Дистанционный урок» of the journal offers the lesson's teacher."""

    CREATE = "create"
    OPEN_OR_DELETE = "open_or_delete"
    OVER = "over"
    """«Урок завершился»."""
    CANCELLED = "cancelled"
    """The register has cancelled the lesson."""


def journal_row(lesson: Timed, now: datetime, *, planned: bool) -> JournalRow:
    """The row as it stands; ``planned``: a distance lesson was made and not deleted."""
    if moment(lesson.starts_at, lesson.ends_at, now) is Moment.OVER:
        return JournalRow.OVER
    if lesson.cancelled:
        return JournalRow.CANCELLED
    return JournalRow.OPEN_OR_DELETE if planned else JournalRow.CREATE


@dataclass(frozen=True, slots=True)
class NotYet:
    """«Дистанционный урок еще не начался»."""

    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Enter:
    """The join link may be handed over, for this once."""


@dataclass(frozen=True, slots=True)
class Ended:
    """«Звонок завершен»."""


@dataclass(frozen=True, slots=True)
class NoEntrance:
    """There is no distance lesson."""


Entrance = NotYet | Enter | Ended | NoEntrance


def entrance(lesson: Timed, now: datetime, *, planned: bool) -> Entrance:
    """What opening the lesson comes to at this moment, for whom it is open at all."""
    if not planned or lesson.cancelled:
        return NoEntrance()
    match moment(lesson.starts_at, lesson.ends_at, now):
        case Moment.BEFORE:
            return NotYet(lesson.starts_at)
        case Moment.RUNNING:
            return Enter()
        case Moment.OVER:
            return Ended()
