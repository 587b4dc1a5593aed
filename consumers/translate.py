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


def fact_of(event: Decoded[RegisterData]) -> Fact:
    """The fact that an event states."""
    data = event.data
    rank = Rank(getattr(data, "version", 0), event.time, event.source, event.id)
    return _TRANSLATIONS[type(data)](rank, data)


def _person_or_none(person_id: str | None) -> PersonId | None:
    return None if person_id is None else PersonId(person_id)


def _people(ids: tuple[str, ...]) -> tuple[PersonId, ...]:
    return tuple(map(PersonId, ids))


def _school(rank: Rank, data: SchoolChanged) -> Fact:
    return facts.School(
        rank,
        SchoolId(data.school_id),
        data.name,
        data.timezone,
        data.community_id,
        data.closed_on,
    )


def _created(rank: Rank, data: ClassCreated) -> Fact:
    return _class(rank, data, None)


def _changed(rank: Rank, data: ClassChanged) -> Fact:
    return _class(rank, data, data.closed_on)


def _class(rank: Rank, data: ClassCreated | ClassChanged, closed_on: date | None) -> Fact:
    return facts.SchoolClass(
        rank,
        ClassId(data.class_id),
        SchoolId(data.school_id),
        data.name,
        data.school_year,
        _person_or_none(data.class_teacher_id),
        closed_on,
    )


def _order(rank: Rank, data: EnrolmentOrdered | WithdrawalOrdered) -> Fact:
    enrols = isinstance(data, EnrolmentOrdered)
    return facts.Order(
        rank,
        OrderId(data.order_id),
        OrderKind.ENROLMENT if enrols else OrderKind.WITHDRAWAL,
        data.order_number,
        data.ordered_at,
        SchoolId(data.school_id),
        PersonId(data.pupil_id),
        ClassId(data.class_id),
        data.effective_on,
    )


def _cancellation(rank: Rank, data: OrderCancelled) -> Fact:
    return facts.Cancellation(
        rank, OrderId(data.order_id), SchoolId(data.school_id), data.cancelled_at
    )


def _person(rank: Rank, data: PersonChanged) -> Fact:
    return facts.Person(
        rank,
        PersonId(data.person_id),
        data.surname,
        data.given_name,
        data.patronymic,
        data.birth_date,
        data.sex,
        data.status == "removed",
    )


def _employment(rank: Rank, data: EmploymentChanged) -> Fact:
    return facts.Employment(
        rank,
        PersonId(data.person_id),
        SchoolId(data.school_id),
        frozenset(map(facts.EmploymentRole, data.roles)),
        data.status == "ended",
    )


def _guardianship(rank: Rank, data: GuardianshipChanged) -> Fact:
    return facts.Guardianship(
        rank, PersonId(data.guardian_id), PersonId(data.pupil_id), data.status == "ended"
    )


def _group(rank: Rank, data: SubjectGroupChanged) -> Fact:
    return facts.SubjectGroup(
        rank,
        GroupId(data.group_id),
        SchoolId(data.school_id),
        ClassId(data.class_id),
        data.subject,
        data.name,
        _people(data.teacher_ids),
        None if data.pupils == "whole-class" else _people(data.pupils),
        data.closed_on,
    )


def _profile(rank: Rank, data: ProfileChanged) -> Fact:
    account = data.max_user_id
    return facts.Profile(
        rank, PersonId(data.person_id), None if account is None else MaxUserId(account)
    )


def _lesson(rank: Rank, data: LessonChanged) -> Fact:
    return facts.Lesson(
        rank,
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
_TRANSLATIONS: Final[dict[type[RegisterData], Callable[[Rank, Any], Fact]]] = {
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
