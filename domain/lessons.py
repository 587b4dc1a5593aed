"""Distance lessons: when one may be made, opened and seen, and what its call should be.

The guide's chapter 4, as pure functions of facts and an instant. A lesson's call follows the
register (moved, cancelled, another title), with one exception: a call in which people are
talking now is neither deleted nor moved away from them unless a person says so; it is left
alone until its own end.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum
from typing import assert_never

from domain.facts import Lesson
from domain.ids import PersonId

TITLE_LIMIT = 200
"""Code points in the name of a distance lesson: as in the title of a chat."""


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


@dataclass(frozen=True, slots=True)
class People:
    """Whom the roles of one lesson look at.

    ``teachers`` are those of its subject group, ``left``: whose employment in the school has
    ended, ``members``: who is expected in the group's chat, ``wards``: by guardian, who of the
    members are theirs.
    """

    teachers: frozenset[PersonId]
    left: frozenset[PersonId]
    members: frozenset[PersonId]
    wards: dict[PersonId, frozenset[PersonId]]


class Part(Enum):
    """What somebody is to a lesson, the strongest first."""

    TEACHER = "teacher"
    """Teaches the subject in the class, or replaces who does: makes, opens, renames, deletes."""
    PUPIL = "pupil"
    """Is of the group: opens it while it runs."""
    GUARDIAN = "guardian"
    """Of a pupil of the group: sees that it is, and has no link."""
    NONE = "none"


def part(lesson: Lesson, people: People, person_id: PersonId) -> Part:
    """What the person is to the lesson."""
    teaches = person_id in people.teachers or person_id == lesson.teacher_id
    if teaches and person_id not in people.left:
        return Part.TEACHER
    if person_id in people.members:
        return Part.PUPIL
    if people.wards.get(person_id, frozenset()) & people.members:
        return Part.GUARDIAN
    return Part.NONE


class JournalRow(Enum):
    """What the row «Дистанционный урок» of the journal offers the lesson's teacher."""

    CREATE = "create"
    OPEN_OR_DELETE = "open_or_delete"
    OVER = "over"
    """«Урок завершился»."""
    CANCELLED = "cancelled"
    """The register has cancelled the lesson."""


def journal_row(lesson: Lesson, now: datetime, *, planned: bool) -> JournalRow:
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
    """Not for this person, or there is no distance lesson: the same answer to both."""


Entrance = NotYet | Enter | Ended | NoEntrance


def entrance(lesson: Lesson, now: datetime, who: Part, *, planned: bool) -> Entrance:
    """What opening the lesson comes to at this moment."""
    if not planned or lesson.cancelled or who not in {Part.TEACHER, Part.PUPIL}:
        return NoEntrance()
    match moment(lesson.starts_at, lesson.ends_at, now):
        case Moment.BEFORE:
            return NotYet(lesson.starts_at)
        case Moment.RUNNING:
            return Enter()
        case Moment.OVER:
            return Ended()


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


KnownCall = NotMade | Uncertain | Made


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


def wanted_call(lesson: Lesson, title: str | None) -> CallPlan | None:
    """The call that a lesson should have; ``title`` is None where nobody wants one."""
    if title is None or lesson.cancelled:
        return None
    return CallPlan(title, lesson.starts_at, lesson.ends_at)


def next_step(
    wanted: CallPlan | None, known: KnownCall, now: datetime, *, insists: bool = False
) -> Step:
    """The one call that brings the messenger nearer to what is wanted.

    ``insists``: a person has said, of the call as it is known, that it is to be deleted or moved
    although it runs.
    """
    if wanted is not None and wanted.at(now) is Moment.OVER:
        wanted = None
    match known:
        case NotMade():
            return AsItShouldBe() if wanted is None else MakeCall(wanted)
        case Uncertain(asked):
            missed = wanted is None and asked.at(now) is Moment.OVER
            return AsItShouldBe() if missed else MakeCall(asked)
        case Made(call_id, plan):
            return _from_made(wanted, call_id, plan, now, insists=insists)
        case _:
            assert_never(known)


def _from_made(
    wanted: CallPlan | None, call_id: str, plan: CallPlan, now: datetime, *, insists: bool
) -> Step:
    if wanted == plan:
        return AsItShouldBe()
    running = plan.at(now) is Moment.RUNNING
    goes_on = wanted is not None and wanted.at(now) is Moment.RUNNING
    if running and not goes_on and not insists:
        return LeaveRunning(plan.ends_at)
    if wanted is not None:
        return ChangeCall(call_id, wanted)
    # A call that is over takes nobody in: deleting it would only cost a call.
    return AsItShouldBe() if plan.at(now) is Moment.OVER else DeleteCall(call_id)


__all__ = [
    "AsItShouldBe",
    "CallPlan",
    "ChangeCall",
    "DeleteCall",
    "Ended",
    "Enter",
    "Entrance",
    "JournalRow",
    "KnownCall",
    "LeaveRunning",
    "Made",
    "MakeCall",
    "Moment",
    "NoEntrance",
    "NotMade",
    "NotYet",
    "Part",
    "People",
    "Step",
    "Uncertain",
    "default_title",
    "entrance",
    "journal_row",
    "moment",
    "next_step",
    "part",
    "wanted_call",
]
