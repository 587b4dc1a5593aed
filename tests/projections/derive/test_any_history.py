"""Any history, in any order and any batches, derived at any moments in between.

The judge is the naive calculation in ``tests.oracle``, which shares nothing with the rules.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, assert_never

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.facts import (
    Cancellation,
    Employment,
    EmploymentRole,
    Fact,
    Guardianship,
    Lesson,
    Order,
    Person,
    Profile,
    School,
    SchoolClass,
    SubjectGroup,
)
from projections.derive.audit import audit
from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from tests.domain import builders
from tests.domain.test_any_history import as_events
from tests.oracle.naive import chats
from tests.projections.builders import derive_all, engine_of, fetch, ingest, memberships
from tests.servers.databases import Databases

PEOPLE = st.sampled_from("abcde")
SCHOOLS = st.sampled_from(["s1", "s2"])
CLASSES = st.sampled_from(["9g", "9a"])
# Past, and ahead by more than any run lasts; the clock is put past these later.
DAYS = st.sampled_from([date(2001, 9, 1), date(2002, 9, 1), date(2200, 9, 1), date(2201, 9, 1)])
CLOSING = st.none() | DAYS
VERSIONS = st.integers(1, 3)
ORDERS = st.integers(1, 6).map(str)

SOME_FACT: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        builders.school,
        SCHOOLS,
        st.sampled_from(["Europe/Kaliningrad", "Asia/Kamchatka"]),
        CLOSING,
        VERSIONS,
    ),
    st.builds(
        builders.school_class,
        CLASSES,
        st.none() | PEOPLE,
        SCHOOLS,
        CLOSING,
        st.sampled_from(["9г", "9а"]),
        VERSIONS,
    ),
    st.builds(
        builders.group,
        st.sampled_from(["chem", "art"]),
        st.lists(PEOPLE, max_size=2),
        st.none() | st.lists(PEOPLE, max_size=3),
        CLASSES,
        SCHOOLS,
        CLOSING,
    ),
    st.builds(builders.enrolment, PEOPLE, CLASSES, DAYS, ORDERS, SCHOOLS, st.integers(8, 10)),
    st.builds(builders.withdrawal, PEOPLE, CLASSES, DAYS, ORDERS, SCHOOLS, st.integers(8, 10)),
    st.builds(builders.cancellation, ORDERS, SCHOOLS),
    st.builds(builders.guardianship, PEOPLE, PEOPLE, ended=st.booleans(), version=VERSIONS),
    st.builds(
        partial(builders.employment),
        PEOPLE,
        st.sampled_from(EmploymentRole),
        school_id=SCHOOLS,
        ended=st.booleans(),
        version=VERSIONS,
    ),
    st.builds(builders.person, PEOPLE, removed=st.booleans(), version=VERSIONS),
)
USUAL: tuple[Fact, ...] = (
    builders.school(version=0),
    builders.school_class(version=0),
    builders.enrolment("a", on=date(2001, 9, 1)),
    builders.guardianship("b", "a", version=0),
)


def event(fact: Fact) -> Mapping[str, Any]:  # any JSON
    """The fact as the event that the oracle reads."""
    kind, data = _kind_and_data(fact)
    return {
        "type": f"sgo.{kind}.v1",
        "time": fact.rank.at.isoformat(),
        "source": fact.rank.source,
        "id": fact.rank.event_id,
        "data": {"version": fact.rank.version, **data},
    }


def _kind_and_data(fact: Fact) -> tuple[str, dict[str, Any]]:  # noqa: PLR0911 - one arm for each member of the union
    names: tuple[str, ...]
    match fact:
        case School():
            return "school.changed", _fields(fact, "school_id", "timezone", "closed_on")
        case SchoolClass():
            names = ("class_id", "school_id", "name", "class_teacher_id", "closed_on")
            return "class.changed", _fields(fact, *names)
        case Order():
            names = ("order_id", "school_id", "pupil_id", "class_id", "ordered_at", "effective_on")
            return f"{fact.kind.value}.ordered", _fields(fact, *names)
        case Cancellation():
            return "order.cancelled", _fields(fact, "order_id", "school_id")
        case Person():
            data = _fields(fact, "person_id")
            return "person.changed", {**data, "status": "removed" if fact.removed else "active"}
        case Employment():
            data = {**_fields(fact, "person_id", "school_id"), "status": _status(fact.ended)}
            return "employment.changed", {**data, "roles": [role.value for role in fact.roles]}
        case Guardianship():
            data = _fields(fact, "guardian_id", "pupil_id")
            return "guardianship.changed", {**data, "status": _status(fact.ended)}
        case SubjectGroup():
            names = ("group_id", "school_id", "class_id", "subject", "name", "closed_on")
            data = {**_fields(fact, *names), "teacher_ids": fact.teacher_ids}
            pupils = "whole-class" if fact.pupil_ids is None else fact.pupil_ids
            return "subject-group.changed", {**data, "pupils": pupils}
        case Profile() | Lesson():
            message = "not drawn here"
            raise TypeError(message)
        case _:
            assert_never(fact)


def _status(ended: bool) -> str:  # noqa: FBT001 - one meaning
    return "ended" if ended else "active"


def _fields(fact: Fact, *names: str) -> dict[str, Any]:
    values = {name: getattr(fact, name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


async def assert_as_calculated(engine: AsyncEngine, facts: list[Fact]) -> None:
    """Chats, titles, frozen flags and members are what the oracle says at database time."""
    ((now,),) = await fetch(engine, "SELECT clock_now()")
    assert isinstance(now, datetime)
    wanted = chats(map(event, facts), now)
    rows = await fetch(engine, "SELECT chat_id, title, frozen FROM chats")
    # A chat whose group has moved to a class that is not known stays, empty.
    assert {row[0]: row[1:] for row in rows if row[0] in wanted} == {
        chat_id: (chat.title, chat.frozen) for chat_id, chat in wanted.items()
    }
    assert await memberships(engine) == {
        chat_id: chat.members for chat_id, chat in wanted.items() if chat.members
    }
    assert await audit(engine) == []


@settings(
    max_examples=40,
    # The server lives longer than an example on purpose: each gets a database of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(SOME_FACT, max_size=25), st.integers(1, 4), st.data())
async def test_any_order_batches_and_moments_of_deriving_end_in_the_same_chats(
    databases: Databases, drawn: list[Fact], batch: int, data: st.DataObject
) -> None:
    facts = as_events([*USUAL, *drawn])
    again = data.draw(st.lists(st.sampled_from(facts), max_size=5))
    arrivals = data.draw(st.permutations([*facts, *again]))
    config = DeriveConfig(batch=batch)
    url = await databases.create()
    try:
        async with engine_of(url) as engine:
            while arrivals:
                size = data.draw(st.integers(1, len(arrivals)))
                await ingest(engine, *arrivals[:size])
                arrivals = arrivals[size:]
                for _ in range(data.draw(st.integers(0, 3))):
                    await derive_once(engine, config)
            await derive_all(engine, config)
            await assert_as_calculated(engine, facts)
        for shift in ("180 years", "200 years"):
            async with engine_of(url, shift) as engine:
                await derive_all(engine)
                await assert_as_calculated(engine, facts)
    finally:
        await databases.drop(url)
