"""The derivation as a Pathway dataflow in one process, with its input persisted.

Run in the environment of ``requirements/pathway.txt``. What is a fold of one pupil's few orders
is a function in Python, as one would write it there; all else is Pathway's own operators.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

import pathway as pw

from benchmarks.engines import placings

NEVER: Final = "9999-99-99"
_COMMIT_MS: Final = 50
_SNAPSHOT_MS: Final = 10_000

_FIELDS: Final = (
    "school_id", "class_id", "group_id", "person_id", "order_id", "pupil_id", "guardian_id",
    "class_teacher_id", "status", "closed_on", "timezone", "effective_on", "ordered_at",
)  # fmt: skip
_LISTS: Final = ("roles", "teacher_ids", "pupils")

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
def _microseconds(text: str) -> int:
    return placings.microseconds(text)


@pw.udf
def _midnight(day: str, zone: str) -> int:
    return placings.midnight(day, zone)


@pw.udf
def _placings(
    lines: tuple[tuple[str, int, str, bool, str], ...],
) -> list[tuple[str, str, str, str]]:
    found = placings.placings(placings.Line(*line) for line in lines)
    return [(each.order_id, each.class_id, each.effective_on, each.until or NEVER) for each in found]


@pw.udf
def _names(listed: pw.Json) -> list[str]:
    return sorted(set(listed.as_list()))


@pw.udf
def _text(listed: pw.Json) -> str:
    return str(listed)


@pw.udf
def _on_roster(roster: str, pupil: str) -> bool:
    return roster == '"whole-class"' or f'"{pupil}"' in roster


def _latest(events: pw.Table, kinds: tuple[str, ...], keys: tuple[str, ...], *rest: str) -> pw.Table:
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


def _without(table: pw.Table, gone: pw.Table, **keys: str) -> pw.Table:
    """The rows whose keys (ours = theirs) are not in the other table."""
    on = [table[own] == gone[other] for own, other in keys.items()]
    other = next(iter(keys.values()))
    joined = table.join_left(gone, *on, id=table.id).select(*table, _gone=gone[other])
    return joined.filter(joined._gone.is_none()).without("_gone")  # noqa: SLF001 - our own column


def _all_but(table: pw.Table, left_out: str) -> list[pw.ColumnReference]:
    return [table[name] for name in table.column_names() if name != left_out]


def _closes(table: pw.Table) -> Any:  # noqa: ANN401 - as above
    return pw.if_else(table.status == "closed", pw.coalesce(table.closed_on, NEVER), NEVER)


def _earlier(one: Any, other: Any) -> Any:  # noqa: ANN401 - as above
    return pw.if_else(one < other, one, other)


def members(events: pw.Table, days: pw.Table, default_zone: str) -> pw.Table:
    """Expected memberships with reasons, from events and days."""
    events = events.with_columns(at=_microseconds(events.time))
    schools = _latest(events, ("school.changed",), ("school_id",), "timezone", "status", "closed_on")
    schools = schools.with_columns(closes_on=_closes(schools))
    classes = _latest(
        events,
        ("class.created", "class.changed"),
        ("class_id",),
        "school_id",
        "class_teacher_id",
        "status",
        "closed_on",
    )
    classes = classes.with_columns(closes_on=_closes(classes))
    groups = _latest(
        events,
        ("subject-group.changed",),
        ("group_id",),
        "school_id",
        "class_id",
        "teacher_ids",
        "pupils",
        "status",
        "closed_on",
    )
    groups = groups.with_columns(closes_on=_closes(groups), roster=_text(groups.pupils))
    people = _latest(events, ("person.changed",), ("person_id",), "status")
    removed = people.filter(people.status == "removed")
    employments = _latest(
        events, ("employment.changed",), ("person_id", "school_id"), "roles", "status"
    )
    gone = employments.filter(employments.status == "ended")
    bonds = _latest(events, ("guardianship.changed",), ("guardian_id", "pupil_id"), "status")
    bonds = _without(bonds.filter(bonds.status == "active"), removed, guardian_id="person_id")

    class_days = _class_days(classes, schools, days, default_zone)
    enrolled = _enrolled(events, removed, class_days)
    pupils = enrolled.filter(
        (enrolled.effective_on < enrolled.before_day) & (enrolled.until >= enrolled.before_day)
    )
    reasons = pw.Table.concat_reindex(
        *_of_staff(employments, schools, removed),
        *_of_class_teachers(classes, gone, removed),
        pupils.select(
            chat_id="class:" + pupils.class_id,
            person_id=pupils.pupil_id,
            administers=0,
            reason=_order_reason(pupils),
        ),
        _of_guardians(pupils, bonds),
        *_of_groups(groups, class_days, enrolled, gone, removed),
    )
    return reasons.groupby(reasons.chat_id, reasons.person_id).reduce(
        reasons.chat_id,
        reasons.person_id,
        administers=pw.reducers.max(reasons.administers) > 0,
        reasons=pw.reducers.sorted_tuple(reasons.reason),
    )


def _class_days(
    classes: pw.Table, schools: pw.Table, days: pw.Table, default_zone: str
) -> pw.Table:
    """Classes with the first day that does not count any more."""
    zoned = classes.join_left(schools, classes.school_id == schools.school_id, id=classes.id).select(
        classes.class_id,
        classes.school_id,
        zone=pw.coalesce(schools.timezone, default_zone),
        closes_on=_earlier(classes.closes_on, pw.coalesce(schools.closes_on, NEVER)),
    )
    latest = days.groupby(days.zone).reduce(days.zone, tomorrow=pw.reducers.max(days.tomorrow))
    return zoned.join(latest, zoned.zone == latest.zone, id=zoned.id).select(
        *zoned, latest.tomorrow, before_day=_earlier(zoned.closes_on, latest.tomorrow)
    )


def _enrolled(events: pw.Table, removed: pw.Table, class_days: pw.Table) -> pw.Table:
    """Placings in classes of their own school, with the days from and until."""
    orders = _latest(
        events,
        ("enrolment.ordered", "withdrawal.ordered"),
        ("order_id",),
        "type",
        "school_id",
        "pupil_id",
        "class_id",
        "effective_on",
        "ordered_at",
    )
    found = events.filter(events.type == "sgo.order.cancelled.v1")
    found = found.select(
        order_id=pw.unwrap(found.order_id), school_id=pw.unwrap(found.school_id)
    )
    cancelled = found.groupby(found.order_id, found.school_id).reduce(
        found.order_id, found.school_id
    )
    live = _without(orders, cancelled, order_id="order_id", school_id="school_id")
    live = _without(live, removed, pupil_id="person_id")
    live = live.with_columns(
        line=pw.make_tuple(
            live.effective_on,
            _microseconds(live.ordered_at),
            live.order_id,
            live.type == "sgo.enrolment.ordered.v1",
            live.class_id,
        )
    )
    folded = live.groupby(live.school_id, live.pupil_id).reduce(
        live.school_id, live.pupil_id, lines=pw.reducers.sorted_tuple(live.line)
    )
    placed = folded.select(folded.school_id, folded.pupil_id, placing=_placings(folded.lines))
    placed = placed.flatten(placed.placing)
    placed = placed.select(
        placed.school_id,
        placed.pupil_id,
        order_id=placed.placing[0],
        class_id=placed.placing[1],
        effective_on=placed.placing[2],
        until=placed.placing[3],
    )
    return placed.join(
        class_days,
        placed.class_id == class_days.class_id,
        placed.school_id == class_days.school_id,
        id=placed.id,
    ).select(
        *placed,
        class_days.before_day,
        since=_midnight(placed.effective_on, class_days.zone),
    )


def _order_reason(pupils: pw.Table) -> Any:  # noqa: ANN401 - as above
    since = pw.cast(str, pupils.since)
    return "order|" + pupils.order_id + "|member|" + since + "|" + pupils.order_id


def _of_staff(
    employments: pw.Table, schools: pw.Table, removed: pw.Table
) -> tuple[pw.Table, pw.Table]:
    active = employments.filter(employments.status == "active")
    active = _without(active, removed, person_id="person_id")
    active = active.join(schools, active.school_id == schools.school_id, id=active.id).select(
        *_all_but(active, "roles"), held=_text(active.roles)
    )
    found = []
    for held, role, administers in (("teacher", "member", 0), ("administrator", "administrator", 1)):
        of = active.filter(_on_roster(active.held, held))
        found.append(
            of.select(
                chat_id="staff_room:" + of.school_id,
                person_id=of.person_id,
                administers=administers,
                reason="employment|" + of.school_id + f"|{role}|" + pw.cast(str, of.at) + "|",
            )
        )
    return found[0], found[1]


def _of_class_teachers(classes: pw.Table, gone: pw.Table, removed: pw.Table) -> list[pw.Table]:
    named = classes.filter(classes.class_teacher_id.is_not_none())
    named = named.with_columns(class_teacher_id=pw.unwrap(named.class_teacher_id))
    stay = _without(named, gone, class_teacher_id="person_id", school_id="school_id")
    stay = _without(stay, removed, class_teacher_id="person_id")
    reason = "class_teacher|" + stay.class_id + "|administrator|" + pw.cast(str, stay.at) + "|"
    return [
        stay.select(
            chat_id=f"{kind}:" + stay.class_id,
            person_id=stay.class_teacher_id,
            administers=1,
            reason=reason,
        )
        for kind in ("class", "parents")
    ]


def _of_guardians(pupils: pw.Table, bonds: pw.Table) -> pw.Table:
    joined = pupils.join(bonds, pupils.pupil_id == bonds.pupil_id)
    bond = "guardianship|" + bonds.guardian_id + ":" + bonds.pupil_id
    return joined.select(
        chat_id="parents:" + pupils.class_id,
        person_id=bonds.guardian_id,
        administers=0,
        reason=bond + "|member|" + pw.cast(str, pupils.since) + "|" + pupils.order_id,
    )


def _of_groups(
    groups: pw.Table,
    class_days: pw.Table,
    enrolled: pw.Table,
    gone: pw.Table,
    removed: pw.Table,
) -> tuple[pw.Table, pw.Table]:
    own = groups.join(
        class_days,
        groups.class_id == class_days.class_id,
        groups.school_id == class_days.school_id,
        id=groups.id,
    ).select(
        *groups,
        before_day=_earlier(
            groups.closes_on, _earlier(class_days.closes_on, class_days.tomorrow)
        ),
    )
    joined = own.join(enrolled, own.class_id == enrolled.class_id).select(
        *_all_but(enrolled, "before_day"), own.group_id, own.roster, own.before_day
    )
    placed = joined.filter(
        (joined.effective_on < joined.before_day) & (joined.until >= joined.before_day)
    )
    placed = placed.filter(_on_roster(placed.roster, placed.pupil_id))
    taught = own.select(own.group_id, own.school_id, own.at, person_id=_names(own.teacher_ids))
    taught = taught.flatten(taught.person_id)
    taught = _without(taught, gone, person_id="person_id", school_id="school_id")
    taught = _without(taught, removed, person_id="person_id")
    reason = "subject_group|" + taught.group_id + "|administrator|" + pw.cast(str, taught.at) + "|"
    return (
        placed.select(
            chat_id="subject:" + placed.group_id,
            person_id=placed.pupil_id,
            administers=0,
            reason=_order_reason(placed),
        ),
        taught.select(
            chat_id="subject:" + taught.group_id,
            person_id=taught.person_id,
            administers=1,
            reason=reason,
        ),
    )


def _read(told: Mapping[str, str], topic: str) -> pw.Table:
    paths = {name: f"/data/{name}" for name in ("version", *_FIELDS, *_LISTS)} | {"event_id": "/id"}
    return pw.io.kafka.read(
        _settings(told),
        topic=topic,
        schema=Event,
        format="json",
        json_field_paths=paths,
        autocommit_duration_ms=_COMMIT_MS,
        name=topic,
    )


def _settings(told: Mapping[str, str]) -> dict[str, str]:
    return {
        "bootstrap.servers": told["bootstrap"],
        "group.id": "engines-pathway",
        "auto.offset.reset": "earliest",
        "session.timeout.ms": "10000",
        "fetch.wait.max.ms": "20",
    }


def main() -> None:
    """Run the dataflow until the process is ended."""
    told: dict[str, str] = json.loads(sys.argv[1])
    topics = [_read(told, topic) for topic in told["topics"].split(";")]
    days = pw.io.kafka.read(
        _settings(told),
        topic=told["days"],
        schema=Day,
        format="json",
        autocommit_duration_ms=_COMMIT_MS,
        name="days",
    )
    found = members(pw.Table.concat_reindex(*topics), days, told["default_zone"])
    pw.io.kafka.write(found, _settings(told), told["members"], format="json")
    backend = pw.persistence.Backend.filesystem(told["folder"] + "/persisted")
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        persistence_config=pw.persistence.Config(backend, snapshot_interval_ms=_SNAPSHOT_MS),
    )


if __name__ == "__main__":
    main()
