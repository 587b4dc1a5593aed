"""The derivation as a Pathway dataflow in one process, with its input persisted.

Run in the environment of ``requirements/pathway.txt``. What is a fold of one pupil's few orders
is a function in Python, as one would write it there; all else is Pathway's own operators.
"""

import json
import sys
from collections.abc import Mapping
from typing import Final

import pathway as pw

from benchmarks.engines.pathway_facts import (
    FIELDS,
    LISTS,
    NEVER,
    Day,
    Event,
    closes,
    earlier,
    latest,
    microseconds,
    midnight,
    placings_of,
    text_of,
    without,
)
from benchmarks.engines.pathway_reasons import (
    of_class_teachers,
    of_groups,
    of_guardians,
    of_staff,
    order_reason,
)

_COMMIT_MS: Final = 50
_SNAPSHOT_MS: Final = 10_000


def members(events: pw.Table, days: pw.Table, default_zone: str) -> pw.Table:
    """Expected memberships with reasons, from events and days."""
    events = events.with_columns(at=microseconds(events.time))
    schools = latest(events, ("school.changed",), ("school_id",), "timezone", "status", "closed_on")
    schools = schools.with_columns(closes_on=closes(schools))
    classes = latest(
        events,
        ("class.created", "class.changed"),
        ("class_id",),
        "school_id",
        "class_teacher_id",
        "status",
        "closed_on",
    )
    classes = classes.with_columns(closes_on=closes(classes))
    groups = latest(
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
    groups = groups.with_columns(closes_on=closes(groups), roster=text_of(groups.pupils))
    people = latest(events, ("person.changed",), ("person_id",), "status")
    removed = people.filter(people.status == "removed")
    employments = latest(
        events, ("employment.changed",), ("person_id", "school_id"), "roles", "status"
    )
    gone = employments.filter(employments.status == "ended")
    bonds = latest(events, ("guardianship.changed",), ("guardian_id", "pupil_id"), "status")
    bonds = without(bonds.filter(bonds.status == "active"), removed, guardian_id="person_id")

    class_days = _class_days(classes, schools, days, default_zone)
    enrolled = _enrolled(events, removed, class_days)
    pupils = enrolled.filter(
        (enrolled.effective_on < enrolled.before_day) & (enrolled.until >= enrolled.before_day)
    )
    reasons = pw.Table.concat_reindex(
        *of_staff(employments, schools, removed),
        *of_class_teachers(classes, gone, removed),
        pupils.select(
            chat_id="class:" + pupils.class_id,
            person_id=pupils.pupil_id,
            administers=0,
            reason=order_reason(pupils),
        ),
        of_guardians(pupils, bonds),
        *of_groups(groups, class_days, enrolled, gone, removed),
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
    zoned = classes.join_left(
        schools, classes.school_id == schools.school_id, id=classes.id
    ).select(
        classes.class_id,
        classes.school_id,
        zone=pw.coalesce(schools.timezone, default_zone),
        closes_on=earlier(classes.closes_on, pw.coalesce(schools.closes_on, NEVER)),
    )
    newest = days.groupby(days.zone).reduce(days.zone, tomorrow=pw.reducers.max(days.tomorrow))
    return zoned.join(newest, zoned.zone == newest.zone, id=zoned.id).select(
        *zoned, newest.tomorrow, before_day=earlier(zoned.closes_on, newest.tomorrow)
    )


def _enrolled(events: pw.Table, removed: pw.Table, class_days: pw.Table) -> pw.Table:
    """Placings in classes of their own school, with the days from and until."""
    orders = latest(
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
    found = found.select(order_id=pw.unwrap(found.order_id), school_id=pw.unwrap(found.school_id))
    cancelled = found.groupby(found.order_id, found.school_id).reduce(
        found.order_id, found.school_id
    )
    live = without(orders, cancelled, order_id="order_id", school_id="school_id")
    live = without(live, removed, pupil_id="person_id")
    live = live.with_columns(
        line=pw.make_tuple(
            live.effective_on,
            microseconds(live.ordered_at),
            live.order_id,
            live.type == "sgo.enrolment.ordered.v1",
            live.class_id,
        )
    )
    folded = live.groupby(live.school_id, live.pupil_id).reduce(
        live.school_id, live.pupil_id, lines=pw.reducers.sorted_tuple(live.line)
    )
    placed = folded.select(folded.school_id, folded.pupil_id, placing=placings_of(folded.lines))
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
        since=midnight(placed.effective_on, class_days.zone),
    )


def _read(told: Mapping[str, str], topic: str) -> pw.Table:
    paths = {name: f"/data/{name}" for name in ("version", *FIELDS, *LISTS)} | {"event_id": "/id"}
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
