"""Chats made by hand live by the same rules and decisions as those that the register asks for."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.chats import ChatKind, Filling
from domain.decisions import ChatDecision, Decision, Deletion, MembershipDecision
from domain.facts import EmploymentRole
from domain.founding import Founding, Purpose, hand_chat_id
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from projections.by_hand.decisions import record
from projections.database import transaction
from projections.derive.audit import Fault, audit
from projections.derive.config import ChatKindsOff, DeriveConfig
from tests.domain import builders as make
from tests.projections.builders import derive_all, due_chats, engine_of, fetch, ingest, memberships

CHAT = hand_chat_id(UUID(int=1), PersonId("t1"))
WORLD = (
    make.school(),
    make.school_class(teacher="t1"),
    make.school_class("9d"),
    make.group("chem", ["t2"], ["p1"]),
    make.enrolment("p1"),
    make.enrolment("p2"),
    make.guardianship("g1", "p1"),
    make.employment("t1", EmploymentRole.TEACHER),
    make.employment("t2", EmploymentRole.TEACHER),
    make.employment("boss", EmploymentRole.ADMINISTRATOR),
)
OF = {
    ChatKind.STAFF_ROOM: Purpose(SchoolId("s1"), ChatKind.STAFF_ROOM),
    ChatKind.CLASS: Purpose(SchoolId("s1"), ChatKind.CLASS, ClassId("9g")),
    ChatKind.PARENTS: Purpose(SchoolId("s1"), ChatKind.PARENTS, ClassId("9g")),
    ChatKind.SUBJECT: Purpose(SchoolId("s1"), ChatKind.SUBJECT, ClassId("9g"), GroupId("chem")),
}
TWIN = {
    ChatKind.STAFF_ROOM: make.ROOM,
    ChatKind.CLASS: make.CLASS,
    ChatKind.PARENTS: make.PARENTS,
    ChatKind.SUBJECT: make.CHEMISTRY,
}


def founding(kind: ChatKind, filling: Filling = Filling.RULE) -> ChatDecision:
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    return ChatDecision("d1:found:made", CHAT, "t1", at, Founding(OF[kind], filling, "Кружок"))


async def decide(engine: AsyncEngine, *decided: Decision | ChatDecision) -> None:
    async with transaction(engine) as connection:
        for each in decided:
            await record(connection, each)
    await derive_all(engine)


def about(choice: str | Deletion, decision_id: str) -> ChatDecision:
    return replace(founding(ChatKind.CLASS), decision_id=decision_id, choice=choice)


async def people(engine: AsyncEngine, chat: ChatId = CHAT) -> dict[str, str]:
    return (await memberships(engine)).get(chat, {})


@pytest.mark.parametrize("kind", ChatKind)
async def test_filled_by_the_rule_it_has_whom_the_rules_chat_has_and_follows_it(
    database_url: str, kind: ChatKind
) -> None:
    later = (
        make.employment("t3", EmploymentRole.TEACHER),
        make.school_class(teacher="t3", version=2),
        replace(make.group("chem", ["t3"], None), rank=make.rank(2)),
        make.withdrawal("p1"),
        make.enrolment("p3"),
        make.guardianship("g3", "p3"),
        make.employment("boss", EmploymentRole.ADMINISTRATOR, ended=True, version=2),
    )
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, founding(kind))
        assert await people(engine) == await people(engine, TWIN[kind]) != {}
        for fact in later:
            await ingest(engine, fact)
            await derive_all(engine)
            assert await people(engine) == await people(engine, TWIN[kind]), fact
        assert await audit(engine) == []
        row = "SELECT origin, made_by, filling, title, school_id FROM chats WHERE chat_id = :chat"
        assert await fetch(engine, row, chat=CHAT) == [("hand", "t1", "rule", "Кружок", "s1")]


@pytest.mark.parametrize("kind", ChatKind)
async def test_with_chosen_people_only_they_are_in_it_and_only_while_they_belong(
    database_url: str, kind: ChatKind
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        added = [
            make.decision(each, MembershipDecision.ADDED, CHAT, f"d-{each}")
            for each in ("p1", "g1")
        ]
        await decide(engine, founding(kind, Filling.CHOSEN), *added)
        assert await people(engine) == {"p1": "member", "g1": "member"}
        await ingest(engine, make.withdrawal("p1"))
        await derive_all(engine)
        assert await people(engine) == {}
        assert await audit(engine) == []


async def test_it_is_made_whatever_comes_first_and_where_its_kind_is_off(
    database_url: str,
) -> None:
    off = DeriveConfig(kinds_off=ChatKindsOff(frozenset(ChatKind)))
    async with engine_of(database_url) as engine:
        async with transaction(engine) as connection:
            await record(connection, founding(ChatKind.CLASS))
        await derive_all(engine, off)
        assert await people(engine) == {}
        await ingest(engine, *WORLD)
        await derive_all(engine, off)
        assert set(await memberships(engine)) == {CHAT}
        assert await people(engine) == {"t1": "administrator", "p1": "member", "p2": "member"}
        assert await audit(engine, off) == []


async def test_one_that_is_lost_is_a_fault_that_the_audit_finds(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, founding(ChatKind.CLASS))
        async with transaction(engine) as connection:
            for table in ("expected_members", "chat_sync", "chats"):
                await connection.execute(
                    text(f"DELETE FROM {table} WHERE chat_id = :chat"), {"chat": CHAT}
                )
        assert [(each.chat_id, each.fault) for each in await audit(engine)] == [
            (CHAT, Fault.MISSING_CHAT)
        ]


async def test_it_closes_with_its_class_and_follows_its_groups_class(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, make.enrolment("p9", "9d"))
        await decide(engine, founding(ChatKind.SUBJECT))
        moved = replace(make.group(teachers=["t2"], class_id="9d"), rank=make.rank(2))
        await ingest(engine, moved)
        await derive_all(engine)
        assert await people(engine) == {"t2": "administrator", "p9": "member"}
        await ingest(engine, make.school_class("9d", closed_on=date(2026, 1, 1), version=2))
        await derive_all(engine)
        row = "SELECT class_id, frozen FROM chats WHERE chat_id = :chat"
        assert await fetch(engine, row, chat=CHAT) == [("9d", True)]
        assert await audit(engine) == []


async def test_a_class_that_moves_to_another_school_leaves_its_hand_made_chat_empty(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, founding(ChatKind.PARENTS))
        await ingest(engine, make.school("s2"), make.school_class(school_id="s2", version=2))
        await derive_all(engine)
        assert await people(engine) == {}
        row = "SELECT school_id FROM chats WHERE chat_id = :chat"
        assert await fetch(engine, row, chat=CHAT) == [("s1",)]
        assert await audit(engine) == []


async def test_deleted_it_is_not_made_again_by_anything_that_is_told_again(
    database_url: str,
) -> None:
    journal: Iterable[Decision | ChatDecision] = (
        founding(ChatKind.CLASS), about(Deletion.DELETED, "x"),
    )  # fmt: skip
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, *journal)
        await decide(engine, *journal)
        await ingest(engine, make.enrolment("p3"), make.school_class(teacher="t2", version=2))
        await derive_all(engine)
        row = "SELECT deleted FROM chats WHERE chat_id = :chat"
        assert await fetch(engine, row, chat=CHAT) == [(True,)]
        assert await fetch(engine, "SELECT count(*) FROM founded_chats") == [(1,)]
        assert CHAT in await due_chats(engine)


async def test_a_title_taken_back_is_the_one_that_it_was_made_with(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await decide(engine, founding(ChatKind.CLASS), about("Наш класс", "t1"))
        row = "SELECT title FROM chats WHERE chat_id = :chat"
        assert await fetch(engine, row, chat=CHAT) == [("Наш класс",)]
        await decide(engine, replace(about("", "t2"), at=datetime(2026, 11, 2, tzinfo=UTC)))
        assert await fetch(engine, row, chat=CHAT) == [("Кружок",)]
