"""The tables of facts: which column takes what of a fact, and which entities it touches.

One ``FactTable`` for each member of ``domain.facts.Fact``; the statements of
``projections.facts.statements``, the marks and the reading follow from it, so a new fact is
described here and nowhere else.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Final

from domain import facts
from domain.facts import EmploymentRole, Fact, OrderKind
from projections.facts.fact_table import FactTable, Old, array, plain, texts, word
from projections.queue.marks import MarkKey


def _school(fact: facts.School, old: Old) -> Iterable[MarkKey]:
    if old is None or old != (fact.timezone, fact.closed_on):
        yield "school", fact.school_id, ""


def _class(fact: facts.SchoolClass, _old: Old) -> Iterable[MarkKey]:
    yield "class", fact.class_id, ""


def _order(fact: facts.Order, old: Old) -> Iterable[MarkKey]:
    yield "pupil", fact.pupil_id, ""
    yield "class", fact.class_id, ""
    if old is not None:
        yield "pupil", str(old[0]), ""
        yield "class", str(old[1]), ""


def _cancellation(fact: facts.Cancellation, _old: Old) -> Iterable[MarkKey]:
    """The order may be committed at this moment by another: derive looks for it, not we."""
    yield "order", fact.order_id, ""


def _person(fact: facts.Person, old: Old) -> Iterable[MarkKey]:
    if fact.removed or (old is not None and old[0]):
        yield "person", fact.person_id, ""


def _employment(fact: facts.Employment, old: Old) -> Iterable[MarkKey]:
    if old is None or (_roles(old[0]), old[1]) != (_role_names(fact), fact.ended):
        yield "employment", fact.person_id, fact.school_id


def _roles(stored: object) -> list[str]:
    return sorted(map(str, stored)) if isinstance(stored, list) else []


def _role_names(fact: Fact) -> list[str]:
    assert isinstance(fact, facts.Employment)  # noqa: S101 - its column belongs to the type
    return sorted(role.value for role in fact.roles)


def _guardianship(fact: facts.Guardianship, _old: Old) -> Iterable[MarkKey]:
    yield "pupil", fact.pupil_id, ""


def _group(fact: facts.SubjectGroup, _old: Old) -> Iterable[MarkKey]:
    yield "group", fact.group_id, ""


def _profile(fact: facts.Profile, old: Old) -> Iterable[MarkKey]:
    if (old[0] if old is not None else None) != fact.max_user_id:
        yield "profile", fact.person_id, ""


def _nothing(_fact: Fact, _old: Old) -> Iterable[MarkKey]:
    return ()


SCHOOLS: Final = FactTable(
    facts.School,
    "fact_schools",
    ("school_id",),
    (*texts("school_id", "name", "timezone", "community_id"), plain("date", "closed_on")),
    ("timezone", "closed_on"),
    _school,
)

CLASSES: Final = FactTable(
    facts.SchoolClass,
    "fact_classes",
    ("class_id",),
    (
        *texts("class_id", "school_id", "name", "school_year", "class_teacher_id"),
        plain("date", "closed_on"),
    ),
    (),
    _class,
    generated=("name_key",),
)

ORDERS: Final = FactTable(
    facts.Order,
    "fact_orders",
    ("order_id",),
    (
        *texts("order_id"),
        word("kind", OrderKind),
        *texts("order_number"),
        plain("timestamptz", "ordered_at"),
        *texts("school_id", "pupil_id", "class_id"),
        plain("date", "effective_on"),
    ),
    ("pupil_id", "class_id"),
    _order,
)

CANCELLATIONS: Final = FactTable(
    facts.Cancellation,
    "fact_cancellations",
    ("order_id", "school_id"),
    (*texts("order_id", "school_id"), plain("timestamptz", "cancelled_at")),
    (),
    _cancellation,
)

PEOPLE: Final = FactTable(
    facts.Person,
    "fact_people",
    ("person_id",),
    (
        *texts("person_id", "surname", "given_name", "patronymic"),
        plain("date", "birth_date"),
        *texts("sex"),
        plain("boolean", "removed"),
    ),
    ("removed",),
    _person,
    generated=("surname_folded",),
)

EMPLOYMENTS: Final = FactTable(
    facts.Employment,
    "fact_employments",
    ("person_id", "school_id"),
    (
        *texts("person_id", "school_id"),
        array("roles", _role_names, lambda roles: frozenset(map(EmploymentRole, roles))),
        plain("boolean", "ended"),
    ),
    ("roles", "ended"),
    _employment,
)

GUARDIANSHIPS: Final = FactTable(
    facts.Guardianship,
    "fact_guardianships",
    ("guardian_id", "pupil_id"),
    (*texts("guardian_id", "pupil_id"), plain("boolean", "ended")),
    (),
    _guardianship,
)

GROUPS: Final = FactTable(
    facts.SubjectGroup,
    "fact_subject_groups",
    ("group_id",),
    (
        *texts("group_id", "school_id", "class_id", "subject", "name"),
        array("teacher_ids", attrgetter("teacher_ids"), tuple),
        array("pupil_ids", attrgetter("pupil_ids"), tuple),
        plain("date", "closed_on"),
    ),
    (),
    _group,
)

PROFILES: Final = FactTable(
    facts.Profile,
    "fact_profiles",
    ("person_id",),
    (*texts("person_id"), plain("bigint", "max_user_id")),
    ("max_user_id",),
    _profile,
)

LESSONS: Final = FactTable(
    facts.Lesson,
    "fact_lessons",
    ("lesson_id",),
    (
        *texts("lesson_id", "school_id", "group_id"),
        plain("text", "lesson_topic", "topic"),
        *texts("teacher_id"),
        plain("timestamptz", "starts_at"),
        plain("timestamptz", "ends_at"),
        plain("boolean", "cancelled"),
    ),
    (),
    _nothing,
)

_ALL: Final[tuple[FactTable[Any], ...]] = (  # Any: each is of a fact of its own
    SCHOOLS, CLASSES, ORDERS, CANCELLATIONS, PEOPLE, EMPLOYMENTS, GUARDIANSHIPS, GROUPS, PROFILES,
    LESSONS,
)  # fmt: skip

TABLES: Final[Mapping[type[Fact], FactTable[Any]]] = {table.type: table for table in _ALL}
"""In the order in which every transaction goes through them, so that two cannot deadlock."""
