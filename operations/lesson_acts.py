"""What a teacher decides about a distance lesson: that it is, its name, its end (the guide, 4).

Each is a decision of the journal with the person as its author; the loops do it. Guarantees: the
lesson is read behind the fence and looked at again by ``domain.access.may`` in the transaction that
decides, with what the register says at that instant; what somebody decided meanwhile is not
overwritten unseen; and no call in which people are goes without a word that says so.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import uuid4

from domain.access import may
from domain.actors import Actor
from domain.decisions import LessonDecision
from domain.ids import LessonId
from domain.lesson_work import Standing
from domain.lessons import TITLE_LIMIT, JournalRow, Moment, journal_row, moment
from domain.rights import Right
from operations.errors import NoSuchLesson, NotPermitted
from operations.member_changes import author
from operations.store import StaffStore
from projections.by_hand import lesson_decisions
from projections.database import Connection, transaction
from projections.staff import fence, lessons
from projections.staff.lessons import SchoolLesson

__all__ = ["Answer", "Decided", "Refusal", "Refused", "delete", "is_running", "load_lesson", "plan"]


class Refusal(Enum):
    """Why nothing was decided."""

    OVER = "over"
    CANCELLED = "cancelled"
    RUNNING = "running"
    """People are in the call: who deletes it has to say so."""
    OVERTAKEN = "overtaken"
    """Somebody has decided about it since the page was made."""
    TITLE_EMPTY = "title_empty"
    TITLE_LONG = "title_long"
    TITLE_SIGNS = "title_signs"


@dataclass(frozen=True, slots=True)
class Decided:
    """It is decided, or was so already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is changed."""

    why: Refusal


Answer = Decided | Refused


async def load_lesson(
    connection: Connection, actor: Actor, lesson_id: LessonId, right: Right
) -> SchoolLesson:
    """The lesson, for somebody who has this right; ``connection`` is behind the fence.

    Raises:
        NoSuchLesson: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    found = await lessons.one(connection, lesson_id)
    if found is None:
        raise NoSuchLesson(lesson_id)
    if not may(actor, right, found.thing):
        raise NotPermitted
    return found


async def plan(
    store: StaffStore, actor: Actor, lesson_id: LessonId, title: str, seen: str
) -> Answer:
    """Make the distance lesson, or give the one that there is another name.

    ``seen`` is the last decision that the person saw, '' where there was none.

    Raises:
        NoSuchLesson: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    wanted = " ".join(title.split())
    fault = _fault_of(wanted)
    if fault is not None:
        return Refused(fault)
    return await _decide(store, actor, lesson_id, Right.CREATE_LESSON, _Wish(wanted, seen))


async def delete(
    store: StaffStore, actor: Actor, lesson_id: LessonId, seen: str, *, insists: bool
) -> Answer:
    """There is to be no distance lesson; ``insists``: also if people are in its call.

    Raises:
        NoSuchLesson: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    wish = _Wish(None, seen, insists=insists)
    return await _decide(store, actor, lesson_id, Right.DELETE_LESSON, wish)


@dataclass(frozen=True, slots=True)
class _Wish:
    title: str | None
    seen: str
    insists: bool = False


async def _decide(
    store: StaffStore, actor: Actor, lesson_id: LessonId, right: Right, wish: _Wish
) -> Answer:
    async with fence.reading(store.engine, actor) as connection:
        await load_lesson(connection, actor, lesson_id, right)
    async with transaction(store.engine) as connection:
        at = await lesson_decisions.lock(connection, lesson_id)
        await fence.tell(connection, actor)
        lesson = await load_lesson(connection, actor, lesson_id, right)
        if lesson.title == wish.title and not wish.insists:
            return Decided()
        if (lesson.decision_id or "") != wish.seen:
            return Refused(Refusal.OVERTAKEN)
        why = _hindrance(lesson, wish, await lessons.now(connection))
        if why is not None:
            return Refused(why)
        await lesson_decisions.record(connection, _decision(lesson, actor, at, wish))
    return Decided()


def _decision(lesson: SchoolLesson, actor: Actor, at: datetime, wish: _Wish) -> LessonDecision:
    thing = lesson.thing
    return LessonDecision(
        decision_id=str(uuid4()),
        lesson_id=thing.lesson_id,
        school_id=thing.school_id,
        author=author(actor),
        at=at,
        title=wish.title,
        insists=wish.insists,
    )


def _hindrance(lesson: SchoolLesson, wish: _Wish, now: datetime) -> Refusal | None:
    """Why it cannot be decided now."""
    if wish.title is None:
        return Refusal.RUNNING if is_running(lesson, now) and not wish.insists else None
    match journal_row(lesson, now, planned=lesson.planned):
        case JournalRow.OVER:
            return Refusal.OVER
        case JournalRow.CANCELLED:
            return Refusal.CANCELLED
        case JournalRow.CREATE | JournalRow.OPEN_OR_DELETE:
            return None


def is_running(lesson: SchoolLesson, now: datetime) -> bool:
    """Whether people may be in its call: by the timetable, or by what is known of the call."""
    by_timetable = moment(lesson.starts_at, lesson.ends_at, now) is Moment.RUNNING
    there = lesson.standing is not Standing.NONE
    by_call = there and any(each.at(now) is Moment.RUNNING for each in lesson.plans)
    return by_call or (by_timetable and not lesson.cancelled)


def _fault_of(title: str) -> Refusal | None:
    if not title:
        return Refusal.TITLE_EMPTY
    if len(title) > TITLE_LIMIT:
        return Refusal.TITLE_LONG
    return None if title.isprintable() else Refusal.TITLE_SIGNS
