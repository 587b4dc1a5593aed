"""What an operation refuses changes nothing, and every way in has words for it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import ChatId, ClassId, LessonId, MaxUserId, SchoolId
from operations import arrivals, chats, drift
from operations.errors import (
    Absent,
    AuthorIsNoId,
    LinkedElsewhere,
    ModuleOff,
    NoSuchChat,
    NoSuchClass,
    NoSuchLesson,
    NoSuchSchool,
    NotPermitted,
    NotQuarantined,
    OperationError,
    TopicsNotRead,
)
from operations.listing import PAGE_SIZES
from operations.store import Overview
from rollcall.failures import FAILURES, explain
from tests.console.builders import Rows
from tests.projections.builders import engine_of, fetch

HERE, NOWHERE = ChatId("class:9a"), ChatId("class:nowhere")

_STATE = """SELECT observed_at IS NOT NULL, due_at IS NULL, due_generation FROM chat_sync"""


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database with one chat, all read."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = Rows(connection)
        await rows.caught_up()
        await rows.chat(HERE, "school-12", "9а - Ученики")
        await rows.observe(HERE, 999)
    finally:
        await connection.close()
    async with engine_of(database_url) as made:
        yield made


async def test_of_several_chats_one_that_is_not_there_keeps_the_others_as_they_are(
    engine: AsyncEngine,
) -> None:
    before = await fetch(engine, _STATE)
    with pytest.raises(NoSuchChat, match=NOWHERE):
        await chats.reconcile(engine, [HERE, NOWHERE])
    assert await fetch(engine, _STATE) == before
    await chats.reconcile(engine, [HERE])
    ((known, rests, _),) = await fetch(engine, _STATE)
    assert (known, rests) == (False, False)


async def test_nobody_brings_a_chat_back_by_a_name_and_nothing_is_noted(
    engine: AsyncEngine,
) -> None:
    with pytest.raises(AuthorIsNoId):
        await chats.bring_back(engine, HERE, "Мария Ивановна")
    with pytest.raises(NoSuchChat):
        await chats.bring_back(engine, NOWHERE, "petrova")
    assert await chats.bring_back(engine, HERE, "petrova") is False
    assert await fetch(engine, "SELECT count(*) FROM decisions") == [(0,)]


async def test_a_replay_of_a_topic_that_nobody_reads_rewinds_none(engine: AsyncEngine) -> None:
    read = ("sgo.orders", "sgo.register")
    with pytest.raises(TopicsNotRead, match=r"sgo\.typo"):
        await arrivals.replay(engine, ["sgo.orders", "sgo.typo"], read)
    armed = "SELECT next_off, armed_at IS NULL FROM ingest_partitions, catch_up"
    assert await fetch(engine, armed) == [(100, True)]
    assert await arrivals.replay(engine, ["sgo.orders"], read) == 1
    assert await fetch(engine, armed) == [(0, False)]


async def test_what_is_not_there_is_said_by_its_kind(engine: AsyncEngine) -> None:
    account = MaxUserId(999)
    with pytest.raises(NoSuchChat):
        await drift.keep(engine, NOWHERE, account, "petrova")
    with pytest.raises(NoSuchChat):
        await drift.release(engine, NOWHERE, account, "petrova")
    with pytest.raises(NotQuarantined):
        await arrivals.quarantined_at(engine, "sgo.orders", 0, 0)
    with pytest.raises(NoSuchSchool):
        await drift.open_changes(Overview(engine), "", SchoolId("nowhere"), 1, PAGE_SIZES[0])
    assert await fetch(engine, "SELECT count(*) FROM kept_accounts") == [(0,)]


@pytest.mark.parametrize(
    "refusal",
    [
        NoSuchChat([NOWHERE]),
        NoSuchLesson(LessonId("nowhere")),
        NoSuchSchool(SchoolId("nowhere")),
        NoSuchClass(ClassId("nowhere")),
        NotQuarantined("sgo.orders", 3, 9),
        TopicsNotRead(["sgo.typo"], ["sgo.orders"]),
        AuthorIsNoId("must be an id"),
        NotPermitted(),
        ModuleOff([], everywhere=True),
        LinkedElsewhere(),
    ],
)
def test_every_refusal_is_one_line_at_a_terminal(refusal: OperationError) -> None:
    assert isinstance(refusal, FAILURES)
    said = explain(refusal)
    assert str(refusal) in said
    assert "\n" not in said


def test_the_refusals_above_are_all_there_are() -> None:
    kinds = set(OperationError.__subclasses__()) | set(Absent.__subclasses__())
    assert kinds == {
        Absent, NoSuchChat, NoSuchLesson, NoSuchSchool, NoSuchClass, NotQuarantined, TopicsNotRead,
        AuthorIsNoId, NotPermitted, ModuleOff, LinkedElsewhere,
    }  # fmt: skip
