"""From an event of the contract to a fact of the domain; total, and nothing is decided here."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from domain import facts
from domain.facts import Fact, OrderKind, Rank
from domain.ids import ClassId, GroupId, LessonId, MaxUserId, OrderId, PersonId, SchoolId
from schemas.decode import Decoded
from schemas.events import RegisterData
from schemas.lessons import LessonChanged
from schemas.orders import EnrolmentOrdered, OrderCancelled, WithdrawalOrdered
from schemas.people import EmploymentChanged, GuardianshipChanged, PersonChanged, ProfileChanged
from schemas.school import ClassChanged, ClassCreated, SchoolChanged, SubjectGroupChanged

_Event = Decoded[RegisterData]


def fact_of(event: _Event) -> Fact:
    """The fact that an event states."""
    data = event.data
    return _TRANSLATIONS[type(data)](event, data)


def _rank(event: _Event, version: int) -> Rank:
    return Rank(version, event.time, event.source, event.id)


def _person_or_none(person_id: str | None) -> PersonId | None:
    return None if person_id is None else PersonId(person_id)


def _people(ids: tuple[str, ...]) -> tuple[PersonId, ...]:
    return tuple(map(PersonId, ids))


def _school(event: _Event, data: SchoolChanged) -> Fact:
    return facts.School(
        _rank(event, data.version),
        SchoolId(data.school_id),
        data.name,
        data.timezone,
        data.community_id,
        data.closed_on,
    )


def _created(event: _Event, data: ClassCreated) -> Fact:
    return _class(event, data, None)


def _changed(event: _Event, data: ClassChanged) -> Fact:
    return _class(event, data, data.closed_on)


def _class(event: _Event, data: ClassCreated | ClassChanged, closed_on: date | None) -> Fact:
    return facts.SchoolClass(
        _rank(event, data.version),
        ClassId(data.class_id),
        SchoolId(data.school_id),
        data.name,
        data.school_year,
        _person_or_none(data.class_teacher_id),
        closed_on,
    )


def _order(event: _Event, data: EnrolmentOrdered | WithdrawalOrdered) -> Fact:
    enrols = type(data) is EnrolmentOrdered
    return facts.Order(
        _rank(event, 0),
        OrderId(data.order_id),
        OrderKind.ENROLMENT if enrols else OrderKind.WITHDRAWAL,
        data.order_number,
        data.ordered_at,
        SchoolId(data.school_id),
        PersonId(data.pupil_id),
        ClassId(data.class_id),
        data.effective_on,
    )


def _cancellation(event: _Event, data: OrderCancelled) -> Fact:
    return facts.Cancellation(
        _rank(event, 0), OrderId(data.order_id), SchoolId(data.school_id), data.cancelled_at
    )


def _person(event: _Event, data: PersonChanged) -> Fact:
    return facts.Person(
        _rank(event, data.version),
        PersonId(data.person_id),
        data.surname,
        data.given_name,
        data.patronymic,
        data.birth_date,
        data.sex,
        data.status == "removed",
    )


def _employment(event: _Event, data: EmploymentChanged) -> Fact:
    return facts.Employment(
        _rank(event, data.version),
        PersonId(data.person_id),
        SchoolId(data.school_id),
        frozenset(map(facts.EmploymentRole, data.roles)),
        data.status == "ended",
    )


def _guardianship(event: _Event, data: GuardianshipChanged) -> Fact:
    return facts.Guardianship(
        _rank(event, data.version),
        PersonId(data.guardian_id),
        PersonId(data.pupil_id),
        data.status == "ended",
    )


def _group(event: _Event, data: SubjectGroupChanged) -> Fact:
    return facts.SubjectGroup(
        _rank(event, data.version),
        GroupId(data.group_id),
        SchoolId(data.school_id),
        ClassId(data.class_id),
        data.subject,
        data.name,
        _people(data.teacher_ids),
        None if data.pupils == "whole-class" else _people(data.pupils),
        data.closed_on,
    )


def _profile(event: _Event, data: ProfileChanged) -> Fact:
    account = data.max_user_id
    return facts.Profile(
        _rank(event, data.version),
        PersonId(data.person_id),
        None if account is None else MaxUserId(account),
    )


def _lesson(event: _Event, data: LessonChanged) -> Fact:
    return facts.Lesson(
        _rank(event, data.version),
        LessonId(data.lesson_id),
        SchoolId(data.school_id),
        GroupId(data.group_id),
        data.topic,
        PersonId(data.teacher_id),
        data.starts_at,
        data.ends_at,
        data.status == "cancelled",
    )


# The argument of each is its key's instance, which a dict cannot say in types.
_TRANSLATIONS: Final[dict[type[RegisterData], Callable[[_Event, Any], Fact]]] = {
    SchoolChanged: _school,
    ClassCreated: _created,
    ClassChanged: _changed,
    EnrolmentOrdered: _order,
    WithdrawalOrdered: _order,
    OrderCancelled: _cancellation,
    PersonChanged: _person,
    EmploymentChanged: _employment,
    GuardianshipChanged: _guardianship,
    SubjectGroupChanged: _group,
    ProfileChanged: _profile,
    LessonChanged: _lesson,
}
