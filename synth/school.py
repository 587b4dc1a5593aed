"""The events of one made-up school, in the disorder in which a register may send them.

The same arguments give the same events. Every id that an event names is one of this school,
but for a visiting teacher's, who is of the school with the number before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from synth.classes import SchoolClass, class_grades, class_sizes, school_classes
from synth.days import Days
from synth.dice import Dice
from synth.groups_events import GroupEvents
from synth.journal import Event, Journal
from synth.orders import Cancellation, Order, Year, year_of_orders
from synth.people import MANY, People, people, person_id
from synth.people_events import account_events, employment_events, person_events

_ZONES: Final = ("Europe/Moscow", "Europe/Moscow", "Europe/Samara", "Europe/Kaliningrad")
_VISITING: Final = 5
"""The number, among a school's people, of the teacher who also works in the next school."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a school is made from; ``start`` is the first day of its year, counted from today."""

    number: int
    pupils: int
    seed: int
    start: int

    @property
    def school_id(self) -> str:
        """The school's id."""
        return f"s-{self.number:04d}"


def school_events(plan: Plan, days: Days) -> Iterator[Event]:
    """Every event of the school, each exactly valid.

    Every other cancellation comes before everything else, and so before its order.
    """
    dice = Dice(f"{plan.seed}/{plan.number}")
    journal = Journal(plan.number, days)
    grades = [
        grade
        for grade, size in zip(class_grades(plan.pupils), class_sizes(plan.pupils), strict=True)
        for _ in range(size)
    ]
    everybody = people(plan.number, grades, plan.start, dice)
    classes = school_classes(plan.number, everybody)
    last_year = _class_of_last_year(classes)
    year = year_of_orders(plan.number, classes, last_year, plan.start, dice)
    visiting = person_id(plan.number - 1, _VISITING) if plan.number > 1 else None
    groups = GroupEvents(plan.school_id, plan.start, journal, dice)
    yield from _cancellations(plan, year.cancellations[::2], journal)
    yield _school(plan, journal)
    yield from _classes(plan, classes, last_year, everybody, journal)
    yield from person_events(everybody, plan.start, journal)
    yield from employment_events(plan.school_id, everybody, visiting, plan.start, journal)
    yield from groups.events(classes, last_year, everybody, visiting, year.newly_in)
    yield from _orders(plan, year, journal, dice)
    yield from _cancellations(plan, year.cancellations[1::2], journal)
    yield from account_events(everybody, plan.start, journal)
    yield from _lessons(plan, classes, everybody, journal)


def _class_of_last_year(classes: Sequence[SchoolClass]) -> SchoolClass | None:
    """The class that was this year's middle one before, with a name that is used again."""
    now = classes[len(classes) // 2]
    if now.grade == 1 or sum(len(one.pupil_ids) for one in classes) < MANY:
        return None
    letter = now.name.removeprefix(str(now.grade))
    return replace(
        now, class_id=f"{now.class_id}-0", name=f"{now.grade - 1}{letter}", grade=now.grade - 1
    )


def _school(plan: Plan, journal: Journal) -> Event:
    data: Event = {
        "school_id": plan.school_id,
        "version": 1,
        "name": f"Школа № {100 + plan.number} «Тридевятая»",
        "timezone": _ZONES[(plan.number - 1) % len(_ZONES)],
        "community_id": f"m-{plan.number:04d}",
        "status": "active",
    }
    return journal.event(
        "school.changed", plan.school_id, journal.days.instant(plan.start - 400, "08:00:00"), data
    )


def _classes(
    plan: Plan,
    classes: Sequence[SchoolClass],
    last_year: SchoolClass | None,
    everybody: People,
    journal: Journal,
) -> Iterator[Event]:
    """Classes of now and of last year; the first one changed its teacher, and says so first."""
    days = journal.days
    changed = days.instant(plan.start // 2, "10:00:00")
    first = _class(plan, classes[0], days.school_year(0))
    former = everybody.teachers[-3].person_id
    new: Event = {**first, "version": 2, "status": "active"}
    yield journal.event("class.changed", classes[0].class_id, changed, new)
    created = days.instant(plan.start - 10, "09:00:00")
    for one in classes:
        data = _class(plan, one, days.school_year(0))
        if one is classes[0]:
            data["class_teacher_id"] = former
        yield journal.event("class.created", one.class_id, created, data)
    if last_year is not None:
        data = _class(plan, last_year, days.school_year(1))
        created = days.instant(plan.start - 310, "09:00:00")
        yield journal.event("class.created", last_year.class_id, created, data)
        closed: Event = {
            **data, "version": 2, "status": "closed", "closed_on": days.day(plan.start - 70),
        }  # fmt: skip
        time = days.instant(plan.start - 75, "09:00:00")
        yield journal.event("class.changed", last_year.class_id, time, closed)


def _class(plan: Plan, one: SchoolClass, year: str) -> Event:
    data: Event = {
        "class_id": one.class_id,
        "school_id": plan.school_id,
        "version": 1,
        "name": one.name,
        "school_year": year,
    }
    if one.teacher_id is not None:
        data["class_teacher_id"] = one.teacher_id
    return data


def _orders(plan: Plan, year: Year, journal: Journal, dice: Dice) -> Iterator[Event]:
    """The orders in no order at all; one is sent twice."""
    for index, order in enumerate(dice.shuffled(year.orders)):
        event = _order(plan, order, journal)
        yield event
        if index == 0:
            yield event


def _order(plan: Plan, order: Order, journal: Journal) -> Event:
    ordered_at = journal.days.instant(order.ordered, order.clock)
    data: Event = {
        "order_id": order.order_id,
        "order_number": order.number,
        "ordered_at": ordered_at,
        "school_id": plan.school_id,
        "pupil_id": order.pupil_id,
        "class_id": order.class_id,
        "effective_on": journal.days.day(order.effective),
    }
    return journal.event(f"{order.kind}.ordered", order.order_id, ordered_at, data)


def _cancellations(
    plan: Plan, cancellations: Sequence[Cancellation], journal: Journal
) -> Iterator[Event]:
    for one in cancellations:
        time = journal.days.instant(one.cancelled, "12:00:00")
        data: Event = {
            "order_id": one.order_id,
            "school_id": "s-9999" if one.elsewhere else plan.school_id,
            "cancelled_at": time,
        }
        yield journal.event("order.cancelled", one.order_id, time, data)


def _lessons(
    plan: Plan, classes: Sequence[SchoolClass], everybody: People, journal: Journal
) -> Iterator[Event]:
    """Two lessons a class in the days to come."""
    time = journal.days.instant(-1, "18:00:00")
    for index, one in enumerate(classes):
        for ahead in (1, 2):
            lesson_id = f"l{one.class_id[1:]}-{ahead}"
            data: Event = {
                "lesson_id": lesson_id,
                "school_id": plan.school_id,
                "group_id": f"g{one.class_id[1:]}-{ahead:02d}",
                "version": 1,
                "topic": f"Повторение, часть {ahead}",
                "teacher_id": everybody.teachers[index % len(everybody.teachers)].person_id,
                "starts_at": journal.days.instant(ahead, f"{8 + index % 6:02d}:30:00"),
                "ends_at": journal.days.instant(ahead, f"{9 + index % 6:02d}:15:00"),
                "status": "planned",
            }
            yield journal.event("lesson.changed", lesson_id, time, data)
