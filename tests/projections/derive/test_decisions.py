"""By-hand decisions come on top of the rules and are never lost."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.decisions import ChatDecision, Decision, Deletion, MembershipDecision, RoleDecision
from domain.ids import ChatId
from projections.by_hand.decisions import record
from projections.database import transaction
from projections.derive.audit import audit
from tests.domain.builders import (
    CHEMISTRY,
    CLASS,
    PARENTS,
    ROOM,
    cancellation,
    decision,
    enrolment,
    group,
    guardianship,
    person,
    school,
    school_class,
    withdrawal,
)
from tests.projections.builders import (
    derive_all,
    due_chats,
    engine_of,
    fetch,
    ingest,
    memberships,
    settle_due,
)

WORLD = (
    school(),
    school_class(),
    school_class("9d"),
    enrolment("p1"),
    enrolment("p2", "9d"),
    guardianship("g2", "p2"),
)


async def decide(engine: AsyncEngine, *decisions: Decision | ChatDecision) -> None:
    async with transaction(engine) as connection:
        for each in decisions:
            await record(connection, each)
    await derive_all(engine)


def about_chat(choice: str | Deletion, decision_id: str, hour: int) -> ChatDecision:
    at = datetime(2026, 11, 1, hour, tzinfo=UTC)
    return ChatDecision(decision_id, ChatId(CLASS), "director", at, choice)


async def test_the_latest_decision_about_a_person_counts(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, decision("p1", MembershipDecision.EXCLUDED, hour=12))
        assert "class:9g" not in await memberships(engine)

        await decide(
            engine,
            decision("p1", MembershipDecision.NONE, decision_id="d3", hour=14),
            decision("p1", MembershipDecision.EXCLUDED, decision_id="d2", hour=13),
            decision("p1", RoleDecision.ADMINISTRATOR, decision_id="d4"),
        )
        assert (await memberships(engine))["class:9g"] == {"p1": "administrator"}
        assert await audit(engine) == []


async def test_somebody_added_by_hand_stays_while_they_belong_to_the_school(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(
            engine,
            decision("p2", MembershipDecision.ADDED),
            decision("g2", MembershipDecision.ADDED, PARENTS, "d2"),
        )
        found = await memberships(engine)
        assert found["class:9g"] == {"p1": "member", "p2": "member"}
        assert found["parents:9g"] == {"g2": "member"}

        await ingest(engine, withdrawal("p2", "9d"))
        await derive_all(engine)
        found = await memberships(engine)
        assert found == {"class:9g": {"p1": "member"}}

        await ingest(engine, cancellation("-p2"))
        await derive_all(engine)
        assert (await memberships(engine))["parents:9g"] == {"g2": "member"}
        assert await audit(engine) == []


async def test_an_ended_guardianship_takes_an_added_guardian_out(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, decision("g2", MembershipDecision.ADDED, PARENTS))
        await ingest(engine, guardianship("g2", "p2", ended=True, version=2))
        await derive_all(engine)

        assert await memberships(engine) == {
            "class:9g": {"p1": "member"},
            "class:9d": {"p2": "member"},
        }
        assert await audit(engine) == []


async def test_nobody_added_by_hand_belongs_by_a_pupil_who_was_removed(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, decision("g2", MembershipDecision.ADDED))
        assert "g2" in (await memberships(engine))["class:9g"]
        await ingest(engine, person("p2", removed=True))
        await derive_all(engine)

        assert await memberships(engine) == {"class:9g": {"p1": "member"}}
        assert await audit(engine) == []


async def test_titles_and_deletion_by_hand_hold_until_decided_otherwise(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await settle_due(engine)
        await decide(
            engine, about_chat("Наш класс", "t1", 9), about_chat(Deletion.DELETED, "x1", 9)
        )
        await ingest(engine, school_class(name="10г", version=2))
        await derive_all(engine)
        row = "SELECT title, deleted FROM chats WHERE chat_id = 'class:9g'"
        assert await fetch(engine, row) == [("Наш класс", True)]
        assert "class:9g" in await due_chats(engine)

        await decide(engine, about_chat(Deletion.KEPT, "x2", 10))
        assert await fetch(engine, row) == [("Наш класс", False)]


async def test_a_decision_that_is_known_is_not_recorded_twice(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        async with transaction(engine) as connection:
            assert await record(connection, decision("p1", MembershipDecision.ADDED))
        async with transaction(engine) as connection:
            assert not await record(connection, decision("p1", MembershipDecision.EXCLUDED))
        assert await fetch(engine, "SELECT choice FROM decisions") == [("added",)]


async def test_a_decision_names_its_chats_school_though_the_chat_has_no_row_yet(
    database_url: str,
) -> None:
    """Of a chat that no fact asks for nobody is told."""
    asked_for = (ROOM, CLASS, PARENTS, CHEMISTRY)
    others = ("class", "class:chem", "subject:9g", "class:s1", "staff_room:9g", "hand:9g", "9g")
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, group())
        async with transaction(engine) as connection:
            for chat in (*asked_for, *others):
                await record(connection, replace(about_chat("Имя", chat, 9), chat_id=ChatId(chat)))
        told = """SELECT (value::jsonb)->'data'->>'chat_id', (value::jsonb)->'data'->>'school_id'
                    FROM outbox WHERE topic = 'rollcall.decisions'"""
        assert sorted(await fetch(engine, told)) == sorted((chat, "s1") for chat in asked_for)
