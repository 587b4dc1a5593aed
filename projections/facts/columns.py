"""The tables of facts: which column takes what of a fact, and which entities it touches.

One ``FactTable`` for each member of ``domain.facts.Fact``; the statements of
``projections.facts.statements`` and the marks follow from it, so a new fact is described
here and nowhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, cast

from domain import facts
from domain.facts import Fact
from projections.queue.marks import MarkKey
from projections.text_arrays import TEXTS, sent_as, text_array

Old = tuple[object, ...] | None
"""The values of ``FactTable.watched`` in the fact that was replaced; None where none was."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its PostgreSQL type, and how one fact's value is read off.

    The value of an array is the text of its own literal, which is cast in its row: ``unnest``
    would flatten an array of arrays.
    """

    name: str
    type: str
    read: Callable[[Fact], object]

    @property
    def sent_as(self) -> str:
        """The type of the parameter that takes what ``sent`` makes."""
        return sent_as("text" if self.type == "text[]" else self.type)

    def sent(self, facts_: Sequence[Fact]) -> object:
        """The values of these facts, as one parameter."""
        values = list(map(self.read, facts_))
        return text_array(cast("list[str | None]", values)) if self.sent_as == TEXTS else values


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of facts; ``keys`` are the first of ``columns``.

    ``made`` are the columns that PostgreSQL makes of the others, so no part of the fact.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    watched: tuple[str, ...]
    touches: Callable[[Fact, Old], Iterable[MarkKey]]
    made: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """How ``fact_history`` calls it."""
        return self.name.removeprefix("fact_")


def _plain(type_: str, name: str, path: str | None = None) -> Column:
    return Column(name, type_, attrgetter(path or name))


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(_plain("text", name) for name in names)


def _array(name: str, read: Callable[[Fact], Iterable[str] | None]) -> Column:
    def literal(fact: Fact) -> str | None:
        values = read(fact)
        return None if values is None else text_array(list(values))

    return Column(name, "text[]", literal)


def _school(fact: Fact, old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.School)  # noqa: S101 - the table belongs to the type
    if old is None or old != (fact.timezone, fact.closed_on):
        yield "school", fact.school_id, ""


def _class(fact: Fact, _old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.SchoolClass)  # noqa: S101 - as above
    yield "class", fact.class_id, ""


def _order(fact: Fact, old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.Order)  # noqa: S101 - as above
    yield "pupil", fact.pupil_id, ""
    yield "class", fact.class_id, ""
    if old is not None:
        yield "pupil", str(old[0]), ""
        yield "class", str(old[1]), ""


def _cancellation(fact: Fact, _old: Old) -> Iterable[MarkKey]:
    """The order may be committed at this moment by another: derive looks for it, not we."""
    assert isinstance(fact, facts.Cancellation)  # noqa: S101 - as above
    yield "order", fact.order_id, ""


def _person(fact: Fact, old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.Person)  # noqa: S101 - as above
    if fact.removed or (old is not None and old[0]):
        yield "person", fact.person_id, ""


def _employment(fact: Fact, old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.Employment)  # noqa: S101 - as above
    if old is None or (_roles(old[0]), old[1]) != (_role_names(fact), fact.ended):
        yield "employment", fact.person_id, fact.school_id


def _roles(stored: object) -> list[str]:
    return sorted(map(str, stored)) if isinstance(stored, list) else []


def _role_names(fact: Fact) -> list[str]:
    assert isinstance(fact, facts.Employment)  # noqa: S101 - as above
    return sorted(role.value for role in fact.roles)


def _guardianship(fact: Fact, _old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.Guardianship)  # noqa: S101 - as above
    yield "pupil", fact.pupil_id, ""


def _group(fact: Fact, _old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.SubjectGroup)  # noqa: S101 - as above
    yield "group", fact.group_id, ""


def _profile(fact: Fact, old: Old) -> Iterable[MarkKey]:
    assert isinstance(fact, facts.Profile)  # noqa: S101 - as above
    if (old[0] if old is not None else None) != fact.max_user_id:
        yield "profile", fact.person_id, ""


def _nothing(_fact: Fact, _old: Old) -> Iterable[MarkKey]:
    return ()


RANK: Final = (
    _plain("bigint", "version", "rank.version"),
    _plain("timestamptz", "at", "rank.at"),
    _plain("text", "source", "rank.source"),
    _plain("text", "event_id", "rank.event_id"),
)
"""What decides between two versions, in every table of facts."""

TABLES: Final[dict[type[Fact], FactTable]] = {
    facts.School: FactTable(
        "fact_schools",
        ("school_id",),
        (*_text("school_id", "name", "timezone", "community_id"), _plain("date", "closed_on")),
        ("timezone", "closed_on"),
        _school,
    ),
    facts.SchoolClass: FactTable(
        "fact_classes",
        ("class_id",),
        (
            *_text("class_id", "school_id", "name", "school_year", "class_teacher_id"),
            _plain("date", "closed_on"),
        ),
        (),
        _class,
        made=("name_key",),
    ),
    facts.Order: FactTable(
        "fact_orders",
        ("order_id",),
        (
            *_text("order_id", "order_number", "school_id", "pupil_id", "class_id"),
            _plain("text", "kind", "kind.value"),
            _plain("timestamptz", "ordered_at"),
            _plain("date", "effective_on"),
        ),
        ("pupil_id", "class_id"),
        _order,
    ),
    facts.Cancellation: FactTable(
        "fact_cancellations",
        ("order_id", "school_id"),
        (*_text("order_id", "school_id"), _plain("timestamptz", "cancelled_at")),
        (),
        _cancellation,
    ),
    facts.Person: FactTable(
        "fact_people",
        ("person_id",),
        (
            *_text("person_id", "surname", "given_name", "patronymic", "sex"),
            _plain("date", "birth_date"),
            _plain("boolean", "removed"),
        ),
        ("removed",),
        _person,
        made=("surname_folded",),
    ),
    facts.Employment: FactTable(
        "fact_employments",
        ("person_id", "school_id"),
        (
            *_text("person_id", "school_id"),
            _array("roles", _role_names),
            _plain("boolean", "ended"),
        ),
        ("roles", "ended"),
        _employment,
    ),
    facts.Guardianship: FactTable(
        "fact_guardianships",
        ("guardian_id", "pupil_id"),
        (*_text("guardian_id", "pupil_id"), _plain("boolean", "ended")),
        (),
        _guardianship,
    ),
    facts.SubjectGroup: FactTable(
        "fact_subject_groups",
        ("group_id",),
        (
            *_text("group_id", "school_id", "class_id", "subject", "name"),
            _array("teacher_ids", attrgetter("teacher_ids")),
            _array("pupil_ids", attrgetter("pupil_ids")),
            _plain("date", "closed_on"),
        ),
        (),
        _group,
    ),
    facts.Profile: FactTable(
        "fact_profiles",
        ("person_id",),
        (*_text("person_id"), _plain("bigint", "max_user_id")),
        ("max_user_id",),
        _profile,
    ),
    facts.Lesson: FactTable(
        "fact_lessons",
        ("lesson_id",),
        (
            *_text("lesson_id", "school_id", "group_id"),
            _plain("text", "lesson_topic", "topic"),
            *_text("teacher_id"),
            _plain("timestamptz", "starts_at"),
            _plain("timestamptz", "ends_at"),
            _plain("boolean", "cancelled"),
        ),
        (),
        _nothing,
    ),
}
"""In the order in which every transaction goes through them, so that two cannot deadlock."""
