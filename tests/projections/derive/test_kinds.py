"""A school switches kinds of chat off and on: what derive makes of it."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.chats import ChatKind
from domain.decisions import ChatDecision, Deletion, KindDecision, KindSwitch
from domain.ids import ChatId, SchoolId
from domain.lanes import Lane
from projections.by_hand import kinds
from projections.by_hand.decisions import record
from projections.database import transaction
from projections.derive.audit import audit
from projections.reconcile import observed
from tests.domain.builders import EVENT_TIME, enrolment, school, school_class
from tests.projections.builders import derive_all, engine_of, fetch, ingest
from tests.projections.derive.test_once import WORLD

SCHOOL = SchoolId("s1")
PARENTS = ChatId("parents:9g")


async def switch(engine: AsyncEngine, kind: ChatKind, choice: KindSwitch) -> bool:
    async with transaction(engine) as connection:
        done = await kinds.switch(connection, SCHOOL, kind, choice, "director")
    await derive_all(engine)
    return done


async def chats(engine: AsyncEngine) -> set[str]:
    """Those that are to be there; the audit agrees."""
    assert await audit(engine) == []
    return {
        str(row[0]) for row in await fetch(engine, "SELECT chat_id FROM chats WHERE NOT deleted")
    }


async def in_messenger(engine: AsyncEngine, chat: str, max_chat_id: int | None) -> None:
    async with transaction(engine) as connection:
        await connection.execute(
            text("UPDATE chat_sync SET max_chat_id = :id WHERE chat_id = :chat"),
            {"id": max_chat_id, "chat": chat},
        )


async def test_a_kind_that_is_off_is_not_made_and_is_made_once_it_is_on_again(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        assert await switch(engine, ChatKind.PARENTS, KindSwitch.OFF)
        assert not await switch(engine, ChatKind.PARENTS, KindSwitch.OFF)
        await ingest(engine, *WORLD)
        await derive_all(engine)
        assert await chats(engine) == {"staff_room:s1", "class:9g", "subject:chem"}
        assert await switch(engine, ChatKind.PARENTS, KindSwitch.ON)
        assert PARENTS in await chats(engine)
        assert not await switch(engine, ChatKind.SUBJECT, KindSwitch.ON)


async def test_what_the_messenger_has_goes_on_and_what_it_has_not_is_made_no_more(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, school_class("9d"))
        await derive_all(engine)
        await in_messenger(engine, PARENTS, -7)
        await switch(engine, ChatKind.PARENTS, KindSwitch.OFF)
        assert {each for each in await chats(engine) if each.startswith("parents")} == {PARENTS}
        await ingest(engine, enrolment("p9"), school_class("9e"))
        await derive_all(engine)
        assert {each for each in await chats(engine) if each.startswith("parents")} == {PARENTS}
        # A person wants one of them all the same.
        async with transaction(engine) as connection:
            at = (await connection.execute(text("SELECT clock_now()"))).scalar_one()
            chat = ChatId("parents:9d")
            await record(connection, ChatDecision("d1", chat, "director", at, Deletion.KEPT))
        await derive_all(engine)
        assert "parents:9d" in await chats(engine)
        await switch(engine, ChatKind.PARENTS, KindSwitch.ON)
        assert {"parents:9d", "parents:9e", PARENTS} < await chats(engine)


async def test_a_chat_that_the_messenger_lost_is_not_made_anew_while_its_kind_is_off(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD)
        await derive_all(engine)
        await in_messenger(engine, PARENTS, -7)
        await switch(engine, ChatKind.PARENTS, KindSwitch.OFF)
        async with transaction(engine) as connection:
            await observed.delete(connection, PARENTS)
        await derive_all(engine)
        assert PARENTS not in await chats(engine)


@pytest.mark.parametrize("first", ["facts", "decision"])
async def test_a_restored_database_ends_the_same_in_whatever_order_it_reads(
    database_url: str, first: str
) -> None:
    """The class came after the copy was made, and so did the decision."""
    off = KindDecision("d1", SCHOOL, ChatKind.PARENTS, "director", EVENT_TIME, KindSwitch.OFF)
    async with engine_of(database_url) as engine:
        for what in (first, "decision" if first == "facts" else "facts"):
            if what == "facts":
                await ingest(engine, *WORLD)
            else:
                async with transaction(engine) as connection:
                    assert await record(connection, off, Lane.LIVE, publish=False)
            await derive_all(engine)
        assert PARENTS not in await chats(engine)
        assert "class:9g" in await chats(engine)


async def test_chats_of_another_school_and_those_made_by_hand_are_not_concerned(
    database_url: str,
) -> None:
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, school_class("7z", school_id="s2"))
        await derive_all(engine)
        async with transaction(engine) as connection:
            for statement in (
                """INSERT INTO chats (chat_id, kind, school_id, title)
                   VALUES ('hand:1', 'parents', 's1', 'Поход')""",
                "INSERT INTO chat_sync (chat_id) VALUES ('hand:1')",
            ):
                await connection.execute(text(statement))
        await switch(engine, ChatKind.PARENTS, KindSwitch.OFF)
        found = await chats(engine)
        assert {"hand:1", "parents:7z"} <= found
        assert PARENTS not in found


async def test_one_that_a_person_wants_is_made_though_its_kind_is_off(database_url: str) -> None:
    async with engine_of(database_url) as engine:
        await switch(engine, ChatKind.PARENTS, KindSwitch.OFF)
        await ingest(engine, *WORLD, school_class("9d"))
        await derive_all(engine)
        wanted = {PARENTS: ChatKind.PARENTS, ChatId("class:9g"): ChatKind.CLASS}
        async with transaction(engine) as connection:
            await kinds.want(connection, SCHOOL, wanted, "director")
        await derive_all(engine)
        assert {each for each in await chats(engine) if each.startswith("parents")} == {PARENTS}
        assert await fetch(
            engine, "SELECT chat_id, choice FROM decisions WHERE subject <> 'kind'"
        ) == [(PARENTS, "kept")]


@pytest.mark.parametrize("off_in", ["s1", "s2"])
async def test_a_chat_of_a_class_that_moves_is_made_as_its_new_school_has_decided(
    database_url: str, off_in: str
) -> None:
    """It is not in the messenger yet: what the old school has switched off counts no more."""
    off = KindDecision(
        "d1", SchoolId(off_in), ChatKind.PARENTS, "director", EVENT_TIME, KindSwitch.OFF
    )
    async with engine_of(database_url) as engine:
        await ingest(engine, *WORLD, school("s2"))
        await derive_all(engine)
        async with transaction(engine) as connection:
            assert await record(connection, off)
        await derive_all(engine)
        assert (PARENTS in await chats(engine)) is (off_in == "s2")
        await ingest(engine, school_class(school_id="s2", version=2))
        await derive_all(engine)
        assert (PARENTS in await chats(engine)) is (off_in == "s1")
