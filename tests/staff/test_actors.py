"""Who somebody is, by the facts: each role, and what takes it away at the next request."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor
from domain.facts import EmploymentRole, Fact
from domain.ids import ClassId, GroupId, PersonId, SchoolId
from projections.database import transaction
from projections.staff.actors import actor
from tests.domain import builders as make
from tests.projections.builders import derive_all, engine_of, ingest

S1, CLASS, CHEM = SchoolId("s1"), ClassId("9g"), GroupId("chem")
P, Q = PersonId("p"), PersonId("q")
CHAT, PARENTS = make.CLASS, make.PARENTS
TEACHER, STAFF, ADMINISTRATOR = (
    EmploymentRole.TEACHER,
    EmploymentRole.STAFF,
    EmploymentRole.ADMINISTRATOR,
)
YESTERDAY, TOMORROW = (date.today() + timedelta(days=days) for days in (-1, 2))  # noqa: DTZ011 - two days apart from any zone's today


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as made:
        await ingest(made, make.school())
        yield made


async def who(engine: AsyncEngine, *facts: Fact, person: str = "x") -> Actor | None:
    """The person, once these facts are in and derived."""
    await ingest(engine, *facts)
    await derive_all(engine)
    async with transaction(engine) as connection:
        return await actor(connection, PersonId(person))


async def somebody(engine: AsyncEngine, *facts: Fact, person: str = "x") -> Actor:
    found = await who(engine, *facts, person=person)
    assert found is not None
    return found


async def test_an_employee_works_and_an_administrator_administers(engine: AsyncEngine) -> None:
    found = await somebody(engine, make.employment("x", STAFF))
    assert found.works_in == {S1}
    assert not found.administers
    found = await somebody(engine, make.employment("x", ADMINISTRATOR, version=2))
    assert found.works_in == found.administers == {S1}
    found = await somebody(engine, make.employment("x", ADMINISTRATOR, ended=True, version=3))
    assert found == Actor(person_id=PersonId("x"))


async def test_a_class_teacher_leads_until_the_employment_ends(engine: AsyncEngine) -> None:
    # No employment at all says nothing against it.
    found = await somebody(engine, make.school_class(teacher="x"))
    assert found.leads == {CLASS: S1}
    assert found.works_in == {S1}
    assert found.runs == {CHAT: S1, PARENTS: S1}
    other_school = make.employment("x", TEACHER, school_id="s2", ended=True)
    assert (await somebody(engine, other_school)).leads == {CLASS: S1}
    found = await somebody(engine, make.employment("x", TEACHER, ended=True))
    assert (found.leads, found.works_in, found.chats_run_at_work) == ({}, frozenset(), frozenset())


async def test_another_class_teacher_takes_the_class_over(engine: AsyncEngine) -> None:
    await somebody(engine, make.school_class(teacher="x"))
    found = await somebody(engine, make.school_class(teacher="y", version=2))
    assert found == Actor(person_id=PersonId("x"))
    assert (await somebody(engine, person="y")).leads == {CLASS: S1}


@pytest.mark.parametrize("what", ["class", "school"])
async def test_a_closed_class_leads_nobody_from_the_day_on(engine: AsyncEngine, what: str) -> None:
    def closing(day: date, version: int) -> Fact:
        if what == "school":
            return make.school(closed_on=day, version=version)
        return make.school_class(teacher="x", closed_on=day, version=version)

    await somebody(engine, make.school_class(teacher="x"))
    assert (await somebody(engine, closing(TOMORROW, 2))).leads == {CLASS: S1}
    assert (await somebody(engine, closing(YESTERDAY, 3))).leads == {}


async def test_a_subject_teacher_teaches_an_open_group_of_the_same_school(
    engine: AsyncEngine,
) -> None:
    await ingest(engine, make.school_class())
    found = await somebody(engine, make.group(teachers=["y", "x"]))
    assert found.teaches == {CHEM: S1}
    assert found.works_in == {S1}
    crossed = make.group("crossed", ["x"], school_id="s2")  # its class is of another school
    assert (await somebody(engine, crossed)).teaches == {CHEM: S1}
    closed = make.group("closed", ["x"], closed_on=YESTERDAY)
    assert (await somebody(engine, closed)).teaches == {CHEM: S1}
    found = await somebody(engine, make.employment("x", TEACHER, ended=True))
    assert (found.teaches, found.works_in) == ({}, frozenset())


async def test_a_pupil_has_their_own_chats_until_they_are_withdrawn(engine: AsyncEngine) -> None:
    await ingest(engine, make.school_class(), make.group(pupils=["x"]))
    found = await somebody(engine, make.enrolment("x"))
    assert found.chats == {CHAT, make.CHEMISTRY}
    assert (found.works_in, found.runs) == (frozenset(), {})
    assert (await somebody(engine, make.withdrawal("x"))).chats == frozenset()


async def test_a_guardian_has_the_children_and_their_chats_until_it_ends(
    engine: AsyncEngine,
) -> None:
    await ingest(engine, make.school_class(), make.enrolment("p"), make.enrolment("q"))
    found = await somebody(engine, make.guardianship("x", "p"), make.guardianship("x", "q"))
    assert found.children == {P, Q}
    assert found.chats == {PARENTS}
    assert found.children_chats == {CHAT}
    found = await somebody(engine, make.guardianship("x", "p", ended=True, version=2))
    assert found.children == {Q}
    found = await somebody(engine, make.person("q", removed=True))
    assert not found.children
    assert not found.children_chats


async def test_who_is_removed_is_nobody_and_who_is_unknown_has_no_role(
    engine: AsyncEngine,
) -> None:
    assert await who(engine, person="unknown") == Actor(person_id=PersonId("unknown"))
    await somebody(engine, make.employment("x", ADMINISTRATOR), make.person("x"))
    assert await who(engine, make.person("x", removed=True, version=2)) is None
