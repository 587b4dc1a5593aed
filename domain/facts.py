"""Facts: the latest whole state of each entity of the register, as far as we know it.

An event carries the whole state of its entity, so knowledge is a fold: of several events
about one entity the one of the highest ``Rank`` counts, whatever the order of arrival.
``fold`` is therefore commutative, associative and idempotent, which is why a replay is no
special path.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import assert_never

from domain.ids import ClassId, GroupId, LessonId, MaxUserId, OrderId, PersonId, SchoolId


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """What decides between two events about one entity: the greatest counts.

    ``version`` is 0 for orders and cancellations, which have none. ``at`` is an aware
    instant cut to microseconds; text compares by code point, as ``COLLATE "C"`` does.
    """

    version: int
    at: datetime
    source: str
    event_id: str


class OrderKind(Enum):
    """What an order does to a pupil's placement."""

    ENROLMENT = "enrolment"
    WITHDRAWAL = "withdrawal"


class EmploymentRole(Enum):
    """What a person is employed as in a school."""

    TEACHER = "teacher"
    ADMINISTRATOR = "administrator"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class School:
    """A school; ``closed_on`` is set when it is closed, or will be."""

    rank: Rank
    school_id: SchoolId
    name: str
    timezone: str
    community_id: str | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class SchoolClass:
    """A class of one school year."""

    rank: Rank
    class_id: ClassId
    school_id: SchoolId
    name: str
    school_year: str
    class_teacher_id: PersonId | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Order:
    """One pupil's line of an order."""

    rank: Rank
    order_id: OrderId
    kind: OrderKind
    order_number: str
    ordered_at: datetime
    school_id: SchoolId
    pupil_id: PersonId
    class_id: ClassId
    effective_on: date


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cancellation of an order; it counts only with the order's own school, for ever.

    Its identity is the pair (order, school), so that a cancellation by another school
    can never displace the one that counts.
    """

    rank: Rank
    order_id: OrderId
    school_id: SchoolId
    cancelled_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """A person; who is ``removed`` has no reason to be in any chat, in any capacity."""

    rank: Rank
    person_id: PersonId
    surname: str
    given_name: str
    patronymic: str | None
    birth_date: date | None
    sex: str
    removed: bool


@dataclass(frozen=True, slots=True)
class Employment:
    """A person's employment in one school."""

    rank: Rank
    person_id: PersonId
    school_id: SchoolId
    roles: frozenset[EmploymentRole]
    ended: bool


@dataclass(frozen=True, slots=True)
class Guardianship:
    """That one person is a guardian of another."""

    rank: Rank
    guardian_id: PersonId
    pupil_id: PersonId
    ended: bool


@dataclass(frozen=True, slots=True)
class SubjectGroup:
    """A subject group of a class; ``pupil_ids`` is None for the whole class."""

    rank: Rank
    group_id: GroupId
    school_id: SchoolId
    class_id: ClassId
    subject: str
    name: str | None
    teacher_ids: tuple[PersonId, ...]
    pupil_ids: tuple[PersonId, ...] | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A person's account in the messenger; None is unlinked."""

    rank: Rank
    person_id: PersonId
    max_user_id: MaxUserId | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson in the timetable of a subject group."""

    rank: Rank
    lesson_id: LessonId
    school_id: SchoolId
    group_id: GroupId
    topic: str
    teacher_id: PersonId
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


Fact = (
    School
    | SchoolClass
    | Order
    | Cancellation
    | Person
    | Employment
    | Guardianship
    | SubjectGroup
    | Profile
    | Lesson
)

FactKey = tuple[type[Fact], str, str]
"""The entity that a fact is about: its type and its one or two ids (the second may be '')."""


def key_of(fact: Fact) -> FactKey:  # noqa: PLR0911, C901 - one arm for each member of the union
    """The identity of the entity that ``fact`` is about."""
    match fact:
        case School():
            return School, fact.school_id, ""
        case SchoolClass():
            return SchoolClass, fact.class_id, ""
        case Order():
            return Order, fact.order_id, ""
        case Cancellation():
            return Cancellation, fact.order_id, fact.school_id
        case Person():
            return Person, fact.person_id, ""
        case Employment():
            return Employment, fact.person_id, fact.school_id
        case Guardianship():
            return Guardianship, fact.guardian_id, fact.pupil_id
        case SubjectGroup():
            return SubjectGroup, fact.group_id, ""
        case Profile():
            return Profile, fact.person_id, ""
        case Lesson():
            return Lesson, fact.lesson_id, ""
        case _:
            assert_never(fact)


def fold(facts: Iterable[Fact]) -> dict[FactKey, Fact]:
    """Of each entity the fact of the highest rank, whatever order they come in."""
    latest: dict[FactKey, Fact] = {}
    for fact in facts:
        key = key_of(fact)
        known = latest.get(key)
        if known is None or known.rank < fact.rank:
            latest[key] = fact
    return latest
