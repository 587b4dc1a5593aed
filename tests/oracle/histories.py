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


def _placed(event: Event) -> Event:
    school_id, class_id = event["data"].pop("placing")
    event["data"] |= {"school_id": school_id, "class_id": class_id}
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
# Two in three orders name a class that in the beginning is of their school.
_placings = st.sampled_from([("s1", "c1"), ("s1", "c2"), ("s2", "c3"), ("s2", "c1")]) | st.tuples(
    _schools, _classes
)
_order = {
    "order_id": st.sampled_from(ORDERS),
    "order_number": st.just("1"),
    "ordered_at": _instants,
    "placing": _placings,
    "pupil_id": _people,
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
ENROLMENT = _event("enrolment.ordered", _order).map(_placed)
WITHDRAWAL = _event("withdrawal.ordered", _order).map(_placed)
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


def _plain(kind: str, **data: object) -> Event:
    """An event of an ordinary beginning, which any random one may overrule."""
    return {
        "specversion": "1.0",
        "source": "/a",
        "type": f"sgo.{kind}.v1",
        "time": "2026-08-20T09:00:00+03:00",
        "data": data if kind.endswith("ordered") else {"version": 0, **data},
    }


def _plain_order(order_id: str, pupil_id: str, class_id: str, effective_on: str) -> Event:
    known = {"order_id": order_id, "pupil_id": pupil_id, "class_id": class_id, "school_id": "s1"}
    signed = {"order_number": "1", "ordered_at": "2026-08-20T09:00:00+03:00"}
    return _plain("enrolment.ordered", **known, **signed, effective_on=effective_on)


def _plain_class(class_id: str, school_id: str, name: str, teacher: str) -> Event:
    known = {"class_id": class_id, "school_id": school_id, "name": name}
    return _plain("class.created", **known, school_year="2026/2027", class_teacher_id=teacher)


def _plain_group(group_id: str, class_id: str, pupils: object) -> Event:
    known = {"group_id": group_id, "school_id": "s1", "class_id": class_id, "status": "active"}
    return _plain(
        "subject-group.changed", **known, subject="Физика", teacher_ids=["d"], pupils=pupils
    )


_BEGINNING = (
    *(
        _plain(
            "school.changed",
            school_id=school_id,
            name="Школа",
            timezone="Europe/Moscow",
            status="active",
        )
        for school_id in SCHOOLS
    ),
    _plain_class("c1", "s1", "9г", "d"),
    _plain_class("c2", "s1", "9а", "B"),
    _plain_class("c3", "s2", "9г", "d"),
    _plain_group("g1", "c1", "whole-class"),
    _plain_group("g2", "c2", ["a", "b"]),
    _plain_order("o1", "a", "c1", "2025-09-01"),
    _plain_order("o2", "b", "c2", "2026-09-01"),
    _plain_order("o6", "c", "c1", "2026-09-01"),
    *(
        _plain("guardianship.changed", guardian_id=guardian, pupil_id=pupil, status="active")
        for guardian, pupil in (("c", "a"), ("d", "a"), ("c", "b"), ("B", "b"))
    ),
    *(
        _plain("profile.changed", person_id=person, max_user_id=account)
        for person, account in (("a", 1), ("b", 2), ("c", 3), ("d", 3), ("B", 4))
    ),
)


@st.composite
def histories(draw: st.DrawFn, at_most: int = 40) -> list[Event]:
    """Most of an ordinary beginning, and up to ``at_most`` random events, most of them orders."""
    lost = draw(st.sets(st.integers(0, len(_BEGINNING) - 1), max_size=3))
    events = [event for number, event in enumerate(_BEGINNING) if number not in lost]
    orders = draw(st.lists(st.one_of(ENROLMENT, ENROLMENT, WITHDRAWAL), max_size=at_most // 2))
    schools = st.one_of(SCHOOL, CLASS_CREATED, CLASS_CHANGED, GROUP)
    people = st.one_of(PERSON, EMPLOYMENT, GUARDIANSHIP, PROFILE)
    others = st.one_of(CANCELLATION, people, people, schools)
    events += orders + draw(st.lists(others, max_size=at_most // 2))
    mixed = draw(st.permutations(events))
    return _numbered(mixed, draw(st.permutations(range(len(mixed)))))
