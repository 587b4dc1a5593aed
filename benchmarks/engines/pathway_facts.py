"""Facts in Pathway: events with their fields, the latest of each entity, and small functions.

For the environment of ``requirements/pathway.txt``.
"""

from typing import Any, Final

import pathway as pw

from benchmarks.engines import placings

NEVER: Final = "9999-99-99"
FIELDS: Final = (
    "school_id", "class_id", "group_id", "person_id", "order_id", "pupil_id", "guardian_id",
    "class_teacher_id", "status", "closed_on", "timezone", "effective_on", "ordered_at",
)  # fmt: skip
LISTS: Final = ("roles", "teacher_ids", "pupils")

_OPTIONAL: Final = frozenset({"class_teacher_id", "closed_on", "status"})

_none = pw.column_definition(default_value=None)


class Event(pw.Schema, append_only=True):  # type: ignore[call-arg]
    """An event of the contract; what its type has not is None."""

    type: str
    event_id: str
    source: str
    time: str
    version: int | None = _none
    school_id: str | None = _none
    class_id: str | None = _none
    group_id: str | None = _none
    person_id: str | None = _none
    order_id: str | None = _none
    pupil_id: str | None = _none
    guardian_id: str | None = _none
    class_teacher_id: str | None = _none
    status: str | None = _none
    closed_on: str | None = _none
    timezone: str | None = _none
    effective_on: str | None = _none
    ordered_at: str | None = _none
    roles: pw.Json | None = _none
    teacher_ids: pw.Json | None = _none
    pupils: pw.Json | None = _none


class Day(pw.Schema, append_only=True):  # type: ignore[call-arg]
    """Which day follows today in a zone."""

    zone: str
    tomorrow: str


@pw.udf
def microseconds(text: str) -> int:
    """An RFC 3339 time as an instant."""
    return placings.microseconds(text)


@pw.udf
def midnight(day: str, zone: str) -> int:
    """The first instant of a date in a zone."""
    return placings.midnight(day, zone)


@pw.udf
def placings_of(
    lines: tuple[tuple[str, int, str, bool, str], ...],
) -> list[tuple[str, str, str, str]]:
    """Which of a pupil's enrolments place, and until when."""
    found = placings.placings(placings.Line(*line) for line in lines)
    return [
        (each.order_id, each.class_id, each.effective_on, each.until or NEVER) for each in found
    ]


@pw.udf
def names_of(listed: pw.Json) -> list[str]:
    """The names in a list, each once."""
    return sorted(set(listed.as_list()))


@pw.udf
def text_of(listed: pw.Json) -> str:
    """A list as its own JSON."""
    return str(listed)


@pw.udf
def on_roster(roster: str, pupil: str) -> bool:
    """Whether a list, as its own JSON, names somebody; ids hold no quotes."""
    return roster == '"whole-class"' or f'"{pupil}"' in roster


def latest(events: pw.Table, kinds: tuple[str, ...], keys: tuple[str, ...], *rest: str) -> pw.Table:
    """Of each entity the body of the highest rank: keys, ``at`` and the other fields."""
    wanted = events.filter(_is_one_of(events, kinds))
    best = wanted.groupby(*(wanted[key] for key in keys)).reduce(
        best=pw.reducers.max(
            pw.make_tuple(
                pw.coalesce(wanted.version, 0),
                wanted.at,
                wanted.source,
                wanted.event_id,
                *(_known(wanted, name) for name in (*keys, *rest)),
            )
        )
    )
    columns = {name: best.best[4 + place] for place, name in enumerate((*keys, *rest))}
    return best.select(at=best.best[1], **columns)


def _known(events: pw.Table, name: str) -> Any:  # noqa: ANN401 - ships no types here
    """A field of an event; most are never None in the types that have them."""
    return events[name] if name in _OPTIONAL else pw.unwrap(events[name])


def _is_one_of(events: pw.Table, kinds: tuple[str, ...]) -> Any:  # noqa: ANN401 - ships no types here
    condition = events.type == f"sgo.{kinds[0]}.v1"
    for kind in kinds[1:]:
        condition |= events.type == f"sgo.{kind}.v1"
    return condition


def without(table: pw.Table, gone: pw.Table, **keys: str) -> pw.Table:
    """The rows whose keys (ours = theirs) are not in the other table."""
    on = [table[own] == gone[other] for own, other in keys.items()]
    other = next(iter(keys.values()))
    joined = table.join_left(gone, *on, id=table.id).select(*table, _gone=gone[other])
    return joined.filter(joined._gone.is_none()).without("_gone")  # noqa: SLF001 - our own column


def all_but(table: pw.Table, left_out: str) -> list[pw.ColumnReference]:
    """All columns but one."""
    return [table[name] for name in table.column_names() if name != left_out]


def closes(table: pw.Table) -> Any:  # noqa: ANN401 - as above
    """The closing date, or a day that never comes."""
    return pw.if_else(table.status == "closed", pw.coalesce(table.closed_on, NEVER), NEVER)


def earlier(one: Any, other: Any) -> Any:  # noqa: ANN401 - as above
    """The earlier of two days."""
    return pw.if_else(one < other, one, other)
