"""Opening a distance lesson: not yet, the way in, or over (the guide, 4).

Guarantees: whether the lesson is open to who asks is asked at the moment of opening, by
``domain.access.may`` and by the fence alike; the link leaves here for this once, only an ``https``
address, and is in the representation of nothing.
"""

from dataclasses import dataclass, field

from domain.access import may
from domain.actors import Actor
from domain.ids import LessonId
from domain.lessons import Ended, Enter, NoEntrance, NotYet, entrance
from domain.rights import Right
from operations.errors import NoSuchLesson
from operations.lesson_shown import CallState, SchoolLesson, call_state
from operations.links import leads_out
from operations.store import StaffStore
from projections.staff import fence, lessons

__all__ = ["Before", "CallState", "Gone", "NotReady", "Opening", "Over", "Step", "WayIn", "opening"]


@dataclass(frozen=True, slots=True)
class Before:
    """«Дистанционный урок еще не начался»; ``seconds`` until it does."""

    seconds: int


@dataclass(frozen=True, slots=True)
class WayIn:
    """The link into the call, for this once."""

    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotReady:
    """It runs, and there is no call to enter yet."""

    call: CallState


@dataclass(frozen=True, slots=True)
class Over:
    """«Звонок завершен»."""


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no distance lesson, or no more."""


Step = Before | WayIn | NotReady | Over | Gone


@dataclass(frozen=True, slots=True)
class Opening:
    """What opening the lesson comes to at this moment."""

    lesson: SchoolLesson
    step: Step


async def opening(store: StaffStore, actor: Actor, lesson_id: LessonId) -> Opening:
    """Open a lesson.

    Raises:
        NoSuchLesson: there is none of this id, or it is not open to this actor.
    """
    async with fence.reading(store.engine, actor) as connection:
        found = await lessons.one(connection, lesson_id)
        if found is None or not may(actor, Right.OPEN_LESSON, found.thing):
            raise NoSuchLesson(lesson_id)
        now = await lessons.now(connection)
        link = await lessons.link(connection, lesson_id)
    match entrance(found, now, planned=found.planned):
        case NotYet(starts_at):
            return Opening(found, Before(max(1, round((starts_at - now).total_seconds()))))
        case Enter() if link is not None and leads_out(link):
            return Opening(found, WayIn(link))
        case Enter():
            return Opening(found, NotReady(call_state(found, now)))
        case Ended():
            return Opening(found, Over())
        case NoEntrance():
            return Opening(found, Gone())
