"""What people decide is published, and a database that lacks it reads it back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from consumers.decisions import DecisionsReader
from domain.chats import ChatKind, Filling
from domain.decisions import (
    AnyDecision,
    ChatDecision,
    Decision,
    Deletion,
    KindDecision,
    KindSwitch,
    MembershipDecision,
    RoleDecision,
    Stay,
    StayDecision,
)
from domain.founding import Founding, Purpose
from domain.ids import ChatId, ClassId, GroupId, MaxUserId, PersonId, SchoolId
from projections.by_hand import decisions
from projections.by_hand.decision_log import DecisionLog
from projections.database import create_engine, transaction
from projections.facts.ingest_store import IngestStore
from schemas.decode import Decoded, decode_as
from schemas.outgoing import DECISIONS
from tests.consumers.harness import Harness, Row, eventually

CHAT = ChatId("class:9g")
HAND_MADE = ChatId("hand:1")
FOUNDING = Founding(
    Purpose(SchoolId("s1"), ChatKind.SUBJECT, ClassId("9g"), GroupId("chem")),
    Filling.CHOSEN,
    "9г/Химия",
)
AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
JOURNAL = """
    SELECT array_agg(row(d, f) ORDER BY decision_id COLLATE "C")::text
      FROM decisions d LEFT JOIN founded_chats f USING (decision_id)"""
MADE: list[AnyDecision] = [
    Decision("d1", CHAT, PersonId("p1"), "director", AT, MembershipDecision.EXCLUDED),
    Decision("d2", CHAT, PersonId("p2"), "director", AT, RoleDecision.ADMINISTRATOR),
    ChatDecision("d3", CHAT, "director", AT, "Наш класс"),
    ChatDecision("d4", CHAT, "director", AT, Deletion.DELETED),
    ChatDecision("d5", CHAT, "director", AT, ""),
    StayDecision("d6", CHAT, MaxUserId(99), "director", AT, Stay.KEPT),
    StayDecision("d7", CHAT, MaxUserId(98), "director", AT, Stay.RELEASED),
    KindDecision("d8", SchoolId("s1"), ChatKind.PARENTS, "director", AT, KindSwitch.OFF),
    KindDecision("d9", SchoolId("s1"), ChatKind.SUBJECT, "director", AT, KindSwitch.ON),
    ChatDecision("d6:found:made", HAND_MADE, "director", AT, FOUNDING),
]


async def _decide(harness: Harness) -> None:
    engine = create_engine(harness.url)
    async with transaction(engine) as connection:
        for each in MADE:
            assert await decisions.record(connection, each)
            assert not await decisions.record(connection, each)
    await engine.dispose()


@asynccontextmanager
async def _reading(harness: Harness) -> AsyncIterator[None]:
    engine = create_engine(harness.url)
    stop = asyncio.Event()
    journal = DecisionLog(engine)
    readers = [
        DecisionsReader(harness.kafka, IngestStore(engine), journal, harness.topic)
        for _ in range(2)
    ]
    running = [asyncio.create_task(each.run(stop)) for each in readers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*running)
        await engine.dispose()


@pytest.fixture
async def decided(harness: Harness) -> Harness:
    """A class about which people decided, and what was published of it in the test's topic."""
    await harness.fetch(
        """INSERT INTO chats (chat_id, kind, school_id, title)
           VALUES ('class:9g', 'class', 's1', '')"""
    )
    await _decide(harness)
    rows = await harness.column("SELECT value::text FROM outbox ORDER BY entry")
    values = [str(row).encode() for row in rows]
    keys = [
        (each.school_id if isinstance(each, KindDecision) else each.chat_id).encode()
        for each in MADE
    ]
    for key, value in zip(keys, values, strict=True):
        event = decode_as(DECISIONS, (), key, value)
        assert isinstance(event, Decoded), event
    await harness.produce(*map(Row, values, keys))
    return harness


async def test_every_kind_of_decision_is_published_once_and_read_back_as_it_was(
    decided: Harness,
) -> None:
    assert await decided.column("SELECT count(*) FROM outbox") == [10]
    before = await decided.column(JOURNAL)
    await decided.fetch("DELETE FROM decisions")
    await decided.fetch("DELETE FROM founded_chats")
    await decided.fetch("DELETE FROM stale_entities")

    async def is_back() -> bool:
        return await decided.column("SELECT count(*) FROM decisions") == [10]

    async with _reading(decided):
        await eventually(is_back)
        assert await decided.column(JOURNAL) == before
        assert await decided.column("SELECT id FROM stale_entities ORDER BY 1") == [
            CHAT, HAND_MADE, "s1",
        ]  # fmt: skip
        assert await decided.column("SELECT max_user_id FROM kept_accounts") == [99]
        assert await decided.column("SELECT count(*) FROM outbox") == [10]


async def test_an_older_copy_that_appears_under_a_running_process_reads_again(
    decided: Harness,
) -> None:
    async def is_read() -> bool:
        return await decided.column("SELECT sum(next_off)::int FROM ingest_partitions") == [10]

    async with _reading(decided):
        await eventually(is_read)
        await decided.fetch("DELETE FROM decisions")
        await decided.fetch("UPDATE ingest_partitions SET next_off = 0")
        await eventually(is_read)
        assert await decided.column("SELECT count(*) FROM decisions") == [10]


async def test_what_is_no_decision_is_set_aside_and_blocks_none(decided: Harness) -> None:
    await decided.produce(Row(b"{}", CHAT.encode(), partition=0))
    await decided.fetch("DELETE FROM decisions")

    async def is_read() -> bool:
        return await decided.column("SELECT sum(next_off)::int FROM ingest_partitions") == [11]

    async with _reading(decided):
        await eventually(is_read)
    assert await decided.column("SELECT count(*) FROM decisions") == [10]
    assert await decided.column("SELECT topic FROM quarantine") == [decided.topic]
