"""The watcher and ingest together open the gate, and close it again when they must."""

import asyncio

from consumers.ends import EndsWatcher
from domain.gate import GateClosed, GateOpen
from projections.database import create_engine, transaction
from projections.facts.ingest_store import IngestStore
from projections.gate import catch_up
from tests.consumers.events import event
from tests.consumers.harness import Harness, Row, eventually

LESSON = event(
    "lesson.changed",
    "l1",
    {
        "lesson_id": "l1",
        "school_id": "s",
        "group_id": "g",
        "version": 1,
        "topic": "Дроби",
        "teacher_id": "t",
        "starts_at": "2026-09-01T08:00:00Z",
        "ends_at": "2026-09-01T08:45:00Z",
        "status": "planned",
    },
)
"""It touches no chat, so nothing needs to be derived."""


async def test_the_gate_opens_once_ingest_has_passed_what_was_there(harness: Harness) -> None:
    engine = create_engine(harness.url)
    store = IngestStore(engine)
    watcher = EndsWatcher(harness.kafka, [harness.topic], store)
    stop = asyncio.Event()
    await harness.produce(*(Row(LESSON, partition=part) for part in range(3)))
    watching = asyncio.create_task(watcher.run(stop))

    async def ends_known() -> bool:
        return await harness.column("SELECT count(*) FROM catch_up_ends") == [3]

    async def is_open() -> bool:
        return await store.gate() == GateOpen()

    await eventually(ends_known)
    assert isinstance(await store.gate(), GateClosed)
    async with harness.ingesting():
        await eventually(is_open)
        async with transaction(engine) as connection:
            await catch_up.arm(connection, "a start")
        assert isinstance(await store.gate(), GateClosed)
        await eventually(is_open)
    stop.set()
    await watching
    await engine.dispose()
