"""The yardstick computes by SQL alone what the derive loop derives by the rules."""

from collections.abc import Sequence
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.yardstick.__main__ import measure
from benchmarks.yardstick.statement import TABLE, Difference, Kind, compute, differences
from domain.decisions import MembershipDecision
from domain.facts import Fact, Order, Person
from projections.database import driver, transaction
from tests.domain import builders
from tests.domain.builders import (
    CLASS,
    PARENTS,
    enrolment,
    guardianship,
    person,
    school,
    school_class,
)
from tests.domain.test_any_history import as_events
from tests.projections.builders import derive_all, engine_of, fetch, ingest
from tests.projections.derive.test_any_history import (
    CLASSES,
    CLOSING,
    ORDERS,
    PEOPLE,
    SCHOOLS,
    SOME_FACT,
    USUAL,
    VERSIONS,
)
from tests.servers.databases import Databases

# Schools and dates whose midnight comes twice, not at all, or not on the hour.
ODD_SCHOOL = st.builds(
    builders.school,
    SCHOOLS,
    st.sampled_from(["America/Havana", "America/Sao_Paulo", "Asia/Kathmandu"]),
    CLOSING,
    VERSIONS,
)
ODD_DAYS = st.sampled_from([date(2001, 10, 28), date(2002, 11, 3), date(2002, 9, 1)])
ODD_ORDER = st.one_of(
    st.builds(builders.enrolment, PEOPLE, CLASSES, ODD_DAYS, ORDERS, SCHOOLS, st.integers(8, 10)),
    st.builds(builders.withdrawal, PEOPLE, CLASSES, ODD_DAYS, ORDERS, SCHOOLS, st.integers(8, 10)),
)
ANY_FACT = st.one_of(SOME_FACT, SOME_FACT, ODD_SCHOOL, ODD_ORDER)


async def found_by_both(engine: AsyncEngine) -> list[Difference]:
    async with transaction(engine) as connection:
        raw = await driver(connection)
        await compute(raw)
        return await differences(raw)


async def by_the_yardstick(engine: AsyncEngine) -> dict[str, set[str]]:
    members: dict[str, set[str]] = {}
    for chat_id, person_id in await fetch(engine, f"SELECT chat_id, person_id FROM {TABLE}"):
        members.setdefault(str(chat_id), set()).add(str(person_id))
    return members


def without_removed_pupils(facts: Sequence[Fact]) -> list[Fact]:
    pupils = {fact.pupil_id for fact in facts if isinstance(fact, Order)}
    return [fact for fact in facts if not (isinstance(fact, Person) and fact.person_id in pupils)]


@settings(
    max_examples=60,
    # The server lives longer than an example on purpose: each gets a database of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(ANY_FACT, max_size=30))
async def test_any_history_has_the_same_members_and_reasons_by_sql_and_by_the_rules(
    databases: Databases, drawn: list[Fact]
) -> None:
    url = await databases.create()
    try:
        async with engine_of(url) as engine:
            await ingest(engine, *without_removed_pupils(as_events([*USUAL, *drawn])))
        for shift in ("", "180 years", "200 years"):
            async with engine_of(url, shift) as engine:
                await derive_all(engine)
                assert await found_by_both(engine) == []
    finally:
        await databases.drop(url)


async def test_guardians_of_a_removed_pupil_do_not_belong_by_the_yardstick(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school(), school_class(teacher="t"), enrolment("a"), enrolment("b"))
        await ingest(engine, guardianship("g", "a"), guardianship("h", "b"))
        await ingest(engine, person("a", removed=True))
        await found_by_both(engine)
        members = await by_the_yardstick(engine)
    assert members == {CLASS: {"t", "b"}, PARENTS: {"t", "h"}}


async def test_the_comparison_names_every_kind_of_difference(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        pupils = [enrolment(pupil) for pupil in "abcd"]
        await ingest(engine, school(), school_class(), *pupils)
        await derive_all(engine)
        async with transaction(engine) as connection:
            for statement in (
                "DELETE FROM expected_members WHERE person_id = 'a'",
                "UPDATE expected_members SET role = 'administrator' WHERE person_id = 'b'",
                "UPDATE expected_members SET reasons = '[]' WHERE person_id = 'c'",
                "UPDATE expected_members SET person_id = 'e' WHERE person_id = 'd'",
            ):
                await connection.execute(text(statement))
        found = await found_by_both(engine)
    assert [(each.chat_id, each.person_id, each.kind) for each in found] == [
        (CLASS, "a", Kind.MISSING),
        (CLASS, "b", Kind.ROLE),
        (CLASS, "c", Kind.REASONS),
        (CLASS, "d", Kind.MISSING),
        (CLASS, "e", Kind.SURPLUS),
    ]


async def test_memberships_decided_by_hand_are_not_compared(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, school(), school_class(), enrolment("a"), enrolment("b"))
        decided = builders.decision("a", MembershipDecision.EXCLUDED)
        await fetch_none(
            engine,
            "INSERT INTO decisions (decision_id, chat_id, person_id, subject, choice, author, at)"
            " VALUES (:id, :chat, 'a', 'membership', 'excluded', 'director', :at)",
            id=decided.decision_id,
            chat=CLASS,
            at=decided.at,
        )
        await derive_all(engine)
        stored = await fetch(engine, "SELECT person_id FROM expected_members")
        assert stored == [("b",)]
        assert await found_by_both(engine) == []


async def fetch_none(engine: AsyncEngine, statement: str, **values: object) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text(statement), values)


async def test_a_made_up_region_is_the_same_by_both() -> None:
    found = await measure(240, 1)
    assert found.differences == {}
    assert found.memberships > 1000
    assert found.ratio > 0
