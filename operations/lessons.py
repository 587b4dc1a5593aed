"""Distance lessons for operators: how one stands, and what somebody is to it.

Ids, dates and words of ours; never a name, the lesson's own neither, and never the link.
"""

from dataclasses import dataclass
from enum import Enum

from domain.ids import LessonId, PersonId
from operations.store import Engine
from projections.database import transaction
from projections.reports import lessons
from projections.reports.lessons import LessonStanding
from projections.staff import actors, fence
from projections.staff import lessons as shown

__all__ = ["LessonExplanation", "LessonStanding", "explain"]


class Part(Enum):
    """What somebody is to a lesson, the strongest first."""

    TEACHER = "teacher"
    """Teaches the subject in the class, or replaces who does: makes, opens, renames, deletes."""
    PUPIL = "pupil"
    """Is of the group: opens it while it runs."""
    GUARDIAN = "guardian"
    """Of a pupil of the group: sees that it is, and has no link."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class LessonExplanation:
    """How a lesson stands, and what the person is to it: teacher, pupil, guardian or none."""

    lesson: LessonStanding
    part: str
    open_now: bool


async def explain(
    engine: Engine, lesson_id: LessonId, person_id: PersonId
) -> LessonExplanation | None:
    """How the person stands to the lesson; None where the register has told of no such lesson."""
    async with transaction(engine) as connection:
        stands = await lessons.one(connection, lesson_id)
        if stands is None:
            return None
        who = await actors.actor(connection, person_id)
        if who is None:
            return LessonExplanation(stands, part=Part.NONE.value, open_now=False)
        await fence.tell(connection, who)
        lesson = await shown.one(connection, lesson_id)
        open_now = await shown.link(connection, lesson_id) is not None
    return LessonExplanation(stands, part=_part(lesson).value, open_now=open_now)


def _part(lesson: shown.SchoolLesson | None) -> Part:
    if lesson is None:
        return Part.NONE
    if lesson.gives:
        return Part.TEACHER
    return Part.PUPIL if lesson.opens else Part.GUARDIAN
