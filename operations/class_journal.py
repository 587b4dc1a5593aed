"""«Классный журнал» and «Настройки дистанционного урока», for who gives lessons (the guide, 4).

Guarantees: the lessons are asked for behind the fence and by ``domain.access.may``: those of their
teacher, and of whoever replaces them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import assert_never

from domain.access import may
from domain.actors import Actor
from domain.days import midnight
from domain.ids import LessonId, SchoolId
from domain.lessons import default_title
from domain.rights import Right
from operations.lesson_acts import load_lesson
from operations.lesson_shown import Shown, shown_at
from operations.listing import Page, page_of
from operations.store import StaffStore
from projections.staff import fence, lessons
from projections.staff.lessons import LessonChoice

__all__ = ["Journal", "LessonSettings", "Period", "Shown", "Wanted", "journal", "settings"]


class Period(Enum):
    """How much of the journal is shown around a date."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The journal as it is asked for; a class is an id, or «~9» for a whole parallel."""

    class_id: str = ""
    subject: str = ""
    period: Period = Period.WEEK
    on: date | None = None
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class Journal:
    """The classes, parallels and subjects to choose from, and the lessons of those chosen.

    ``lessons`` is None until a class and a subject are chosen.
    """

    classes: Sequence[tuple[str, str]]
    parallels: Sequence[str]
    subjects: Sequence[str]
    wanted: Wanted
    on: date
    first: date
    last: date
    lessons: Page[Shown] | None


async def journal(store: StaffStore, actor: Actor, school_id: SchoolId, wanted: Wanted) -> Journal:
    """«Классный журнал»: the lessons that who asks gives."""
    async with fence.reading(store.engine, actor) as connection:
        choices = await lessons.choices(connection, school_id)
        zone = await lessons.zone_of_school(connection, school_id)
        now = await lessons.now(connection)
        on = wanted.on or now.astimezone(zone).date()
        first, last = _span(wanted.period, on)
        chosen = [each.class_id for each in choices if _is_wanted(each, wanted)]
        start, end = midnight(zone, first), midnight(zone, last + timedelta(days=1))
        found = (
            await lessons.given(connection, school_id, chosen, wanted.subject, start, end)
            if chosen
            else []
        )
    rows = [shown_at(each, now) for each in found if may(actor, Right.CREATE_LESSON, each.thing)]
    names = {each.class_id: each.class_name for each in choices}
    return Journal(
        classes=list(names.items()),
        parallels=_parallels(names.values()),
        subjects=sorted({each.subject for each in choices}),
        wanted=wanted,
        on=on,
        first=first,
        last=last,
        lessons=page_of(rows, wanted.page, wanted.size) if chosen else None,
    )


def _is_wanted(choice: LessonChoice, wanted: Wanted) -> bool:
    if choice.subject != wanted.subject or not wanted.class_id:
        return False
    if wanted.class_id.startswith("~"):
        return _parallel(choice.class_name) == wanted.class_id[1:]
    return choice.class_id == wanted.class_id


def _parallel(class_name: str) -> str:
    found = re.match(r"[0-9]{1,2}", class_name)
    return found[0] if found else ""


def _parallels(names: Iterable[str]) -> list[str]:
    """Those of which there are several classes to choose from."""
    counted = Counter(map(_parallel, names))
    return sorted((each for each, many in counted.items() if each and many > 1), key=int)


def _span(period: Period, on: date) -> tuple[date, date]:
    match period:
        case Period.DAY:
            return on, on
        case Period.WEEK:
            first = on - timedelta(days=on.weekday())
            return first, first + timedelta(days=6)
        case Period.MONTH:
            after = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
            return on.replace(day=1), after - timedelta(days=1)
        case _:
            assert_never(period)


@dataclass(frozen=True, slots=True)
class LessonSettings:
    """«Настройки дистанционного урока»: ``title`` is its name, or the one by default."""

    shown: Shown
    title: str


async def settings(store: StaffStore, actor: Actor, lesson_id: LessonId) -> LessonSettings:
    """The settings of a lesson that who asks gives.

    Raises:
        NoSuchLesson: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    async with fence.reading(store.engine, actor) as connection:
        found = await load_lesson(connection, actor, lesson_id, Right.CREATE_LESSON)
        now = await lessons.now(connection)
    title = found.title or default_title(found.subject, found.starts_at, found.zone)
    return LessonSettings(shown_at(found, now), title)
