"""Each event of the contract states one fact."""

from datetime import UTC, date, datetime

import pytest

from consumers.translate import fact_of
from domain import facts
from domain.facts import EmploymentRole, Fact, OrderKind, Rank
from domain.ids import ClassId, GroupId, LessonId, MaxUserId, OrderId, PersonId, SchoolId
from schemas.decode import Decoded, decode
from tests.consumers.events import Data, event

AT = datetime(2026, 9, 1, 8, tzinfo=UTC)
DAY = date(2026, 9, 1)
LATER = datetime(2026, 9, 1, 8, 45, tzinfo=UTC)
CLASS: Data = {
    "class_id": "c", "school_id": "s", "version": 3, "name": "9г", "school_year": "2026/2027",
    "class_teacher_id": "t",
}  # fmt: skip
ORDER: Data = {
    "order_id": "o", "order_number": "1-к", "ordered_at": "2026-09-01T11:00:00+03:00",
    "school_id": "s", "pupil_id": "p", "class_id": "c", "effective_on": "2026-09-01",
}  # fmt: skip
GROUP: Data = {
    "group_id": "g", "school_id": "s", "class_id": "c", "version": 3, "subject": "Химия",
    "name": "", "teacher_ids": ["t", "u"], "pupils": ["p"], "status": "active",
}  # fmt: skip
PERSON: Data = {
    "person_id": "p", "version": 3, "surname": "Ёлкина", "given_name": "Ия",
    "patronymic": "Львовна", "birth_date": "2016-02-29", "sex": "female", "status": "removed",
}  # fmt: skip

S, C, P, T = SchoolId("s"), ClassId("c"), PersonId("p"), PersonId("t")


def _rank(kind: str, version: int = 3) -> Rank:
    return Rank(version, AT, "urn:test", f"{kind}:x:{version}")


def _order(kind: str, what: OrderKind) -> facts.Order:
    return facts.Order(_rank(kind, 0), OrderId("o"), what, "1-к", AT, S, P, C, DAY)


def _class(kind: str, closed_on: date | None) -> facts.SchoolClass:
    return facts.SchoolClass(_rank(kind), C, S, "9г", "2026/2027", T, closed_on)


def _group(pupils: tuple[PersonId, ...] | None, name: str | None) -> facts.SubjectGroup:
    rank = _rank("subject-group.changed")
    teachers = (T, PersonId("u"))
    return facts.SubjectGroup(rank, GroupId("g"), S, C, "Химия", name, teachers, pupils, None)


CASES: list[tuple[str, Data, Fact]] = [
    (
        "school.changed",
        {
            "school_id": "s", "version": 3, "name": "Школа", "timezone": "Asia/Kamchatka",
            "community_id": "k", "status": "closed", "closed_on": "2026-09-01",
        },
        facts.School(_rank("school.changed"), S, "Школа", "Asia/Kamchatka", "k", DAY),
    ),
    ("class.created", CLASS, _class("class.created", None)),
    (
        "class.changed",
        CLASS | {"status": "closed", "closed_on": "2026-09-01"},
        _class("class.changed", DAY),
    ),
    ("enrolment.ordered", ORDER, _order("enrolment.ordered", OrderKind.ENROLMENT)),
    ("withdrawal.ordered", ORDER, _order("withdrawal.ordered", OrderKind.WITHDRAWAL)),
    (
        "order.cancelled",
        {"order_id": "o", "school_id": "s", "cancelled_at": "2026-09-01T08:00:00Z"},
        facts.Cancellation(_rank("order.cancelled", 0), OrderId("o"), S, AT),
    ),
    (
        "person.changed",
        PERSON,
        facts.Person(
            _rank("person.changed"), P, "Ёлкина", "Ия", "Львовна", date(2016, 2, 29), "female",
            removed=True,
        ),
    ),
    (
        "employment.changed",
        {
            "person_id": "t", "school_id": "s", "version": 3, "roles": ["staff", "teacher"],
            "status": "ended",
        },
        facts.Employment(
            _rank("employment.changed"), T, S,
            frozenset({EmploymentRole.STAFF, EmploymentRole.TEACHER}), ended=True,
        ),
    ),
    (
        "guardianship.changed",
        {"guardian_id": "t", "pupil_id": "p", "version": 3, "status": "active"},
        facts.Guardianship(_rank("guardianship.changed"), T, P, ended=False),
    ),
    ("subject-group.changed", GROUP, _group((P,), "")),
    ("subject-group.changed", GROUP | {"pupils": "whole-class"}, _group(None, "")),
    ("subject-group.changed", GROUP | {"pupils": [], "name": None}, _group((), None)),
    (
        "profile.changed",
        {"person_id": "p", "version": 3, "max_user_id": 7},
        facts.Profile(_rank("profile.changed"), P, MaxUserId(7)),
    ),
    (
        "profile.changed",
        {"person_id": "p", "version": 3, "max_user_id": None},
        facts.Profile(_rank("profile.changed"), P, None),
    ),
    (
        "lesson.changed",
        {
            "lesson_id": "l", "school_id": "s", "group_id": "g", "version": 3, "topic": "Дроби",
            "teacher_id": "t", "starts_at": "2026-09-01T08:00:00Z",
            "ends_at": "2026-09-01T08:45:00Z", "status": "cancelled",
        },
        facts.Lesson(
            _rank("lesson.changed"), LessonId("l"), S, GroupId("g"), "Дроби", T, AT, LATER,
            cancelled=True,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "fact"), CASES)
def test_an_event_states_this_fact(kind: str, data: Data, fact: Fact) -> None:
    decoded = decode((), None, event(kind, "x", data))
    assert isinstance(decoded, Decoded), decoded
    assert fact_of(decoded) == fact
