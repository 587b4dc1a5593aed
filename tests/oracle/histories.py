"""Random small histories of a region as events of the contract: JSON, in no order.

Few ids and few dates, so that orders collide, cancellations meet their orders, versions tie
and schools cross each other far more often than in life. No two events have one ``id``.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import strategies as st

Event = dict[str, Any]  # any event's JSON

TODAY = date(2026, 11, 24)
SCHOOLS = ("s1", "s2")
CLASSES = ("c1", "c2", "c3")
PEOPLE = ("a", "b", "c", "d", "B")
GROUPS = ("g1", "g2")
ORDERS = ("o1", "o2", "o3", "o4", "o5", "O1")

_schools = st.sampled_from(SCHOOLS)
_classes = st.sampled_from(CLASSES)
_people = st.sampled_from(PEOPLE)
_versions = st.integers(0, 3)
_days = st.sampled_from(
    ["2025-09-01", "2026-09-01", "2026-10-01", "2026-11-23", "2026-11-24", "2026-11-25"]
)
_instants = st.sampled_from(
    [
        "2026-09-01T09:00:00+03:00",
        "2026-09-01T06:00:00Z",
        "2026-09-01t06:00:00.0000009z",
        "2026-09-01T06:00:00.000001Z",
        "2026-10-01T23:30:00-11:00",
    ]
)
_names = st.sampled_from(["9г", "7А", "Ё" * 210, "{{7*7}}", "O'Нил"])


def _event(kind: str, members: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Event]:
    return st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "source": st.sampled_from(["/a", "/b"]),
            "type": st.just(f"sgo.{kind}.v1"),
            "time": _instants,
            "data": st.fixed_dictionaries(dict(members)),
        }
    )


def _closable(event: Event) -> Event:
    if event["data"]["status"] == "closed" and event["data"]["closed_on"] is None:
        event["data"]["closed_on"] = "2026-10-01"
    return event


_status = st.sampled_from(["active", "active", "closed"])
_closed_on = st.none() | _days
_class = {
    "class_id": _classes,
    "school_id": _schools,
    "version": _versions,
    "name": _names,
    "school_year": st.just("2026/2027"),
    "class_teacher_id": st.none() | _people,
}
_order = {
    "order_id": st.sampled_from(ORDERS),
    "order_number": st.just("1"),
    "ordered_at": _instants,
    "school_id": _schools,
    "pupil_id": _people,
    "class_id": _classes,
    "effective_on": _days,
}

SCHOOL = _event(
    "school.changed",
    {
        "school_id": _schools,
        "version": _versions,
        "name": _names,
        "timezone": st.just("Europe/Moscow"),
        "status": _status,
        "closed_on": _closed_on,
    },
).map(_closable)
CLASS_CREATED = _event("class.created", _class)
CLASS_CHANGED = _event("class.changed", {**_class, "status": _status, "closed_on": _closed_on}).map(
    _closable
)
ENROLMENT = _event("enrolment.ordered", _order)
WITHDRAWAL = _event("withdrawal.ordered", _order)
CANCELLATION = _event(
    "order.cancelled",
    {"order_id": st.sampled_from(ORDERS), "school_id": _schools, "cancelled_at": _instants},
)
PERSON = _event(
    "person.changed",
    {
        "person_id": _people,
        "version": _versions,
        "surname": _names,
        "given_name": _names,
        "sex": st.sampled_from(["male", "female"]),
        "status": st.sampled_from(["active", "removed"]),
    },
)
EMPLOYMENT = _event(
    "employment.changed",
    {
        "person_id": _people,
        "school_id": _schools,
        "version": _versions,
        "roles": st.lists(st.sampled_from(["teacher", "administrator", "staff"]), max_size=3),
        "status": st.sampled_from(["active", "ended"]),
    },
)
GUARDIANSHIP = _event(
    "guardianship.changed",
    {
        "guardian_id": _people,
        "pupil_id": _people,
        "version": _versions,
        "status": st.sampled_from(["active", "active", "ended"]),
    },
)
GROUP = _event(
    "subject-group.changed",
    {
        "group_id": st.sampled_from(GROUPS),
        "school_id": _schools,
        "class_id": _classes,
        "version": _versions,
        "subject": st.just("Химия"),
        "name": st.none() | _names,
        "teacher_ids": st.lists(_people, max_size=3),
        "pupils": st.just("whole-class") | st.lists(_people, max_size=4),
        "status": _status,
        "closed_on": _closed_on,
    },
).map(_closable)
PROFILE = _event(
    "profile.changed",
    {
        "person_id": _people,
        "version": _versions,
        "max_user_id": st.none() | st.integers(1, 4),
    },
)


def _numbered(events: list[Event], ids: list[int]) -> list[Event]:
    """Ids of their own for all, in no order; subjects as they should be are not needed."""
    return [{**event, "id": f"e{number}"} for event, number in zip(events, ids, strict=True)]


@st.composite
def histories(draw: st.DrawFn, at_most: int = 50) -> list[Event]:
    """Events in any number up to ``at_most``, orders and cancellations most of all."""
    orders = st.one_of(ENROLMENT, ENROLMENT, WITHDRAWAL, CANCELLATION)
    schools = st.one_of(SCHOOL, CLASS_CREATED, CLASS_CHANGED, GROUP)
    people = st.one_of(PERSON, EMPLOYMENT, GUARDIANSHIP, PROFILE)
    events = draw(st.lists(st.one_of(orders, schools, people), max_size=at_most))
    return _numbered(events, draw(st.permutations(range(len(events)))))
