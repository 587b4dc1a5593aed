"""The counters of a process, as a scrape shows them."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text

from console.metrics import ProcessName
from domain.plan import Rename
from domain.work import Applied, EffectUnknown, IntentId, Lease, Work
from projections.database import transaction
from projections.derive.config import DeriveConfig
from projections.derive.loop import DeriveLoop
from projections.lessons.store import LessonCallStore
from rollcall.process import CountingStore, Process
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row
from tests.projections.builders import engine_of
from tests.reconcile.bench import open_gate


@pytest.fixture
async def harness(
    kafka_server: str, database_url: str, topic_prefix: str
) -> AsyncIterator[Harness]:
    made = Harness(kafka_server, database_url, topic_prefix)
    await made.make_topic()
    yield made
    await made.delete_topic()


def _samples(process: Process) -> dict[str, float]:
    registry = CollectorRegistry()
    registry.register(process)
    lines = generate_latest(registry).decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


def test_a_process_counts_clocks_alone_where_it_runs_no_part() -> None:
    assert {name.partition("{")[0] for name in _samples(Process())} == {
        "rollcall_instants_ahead_total"
    }
    assert Process().fault() is None


async def test_what_ingest_did_is_counted(harness: Harness) -> None:
    await harness.produce(
        Row(guardianship("g1"), key=b"g1:p1", partition=0),
        Row(guardianship("g2"), key=b"other", partition=0),
        Row(b"junk", partition=0),
    )
    async with harness.ingesting() as ingest:
        await harness.all_read()
        process = Process(ingest=ingest)
        found = _samples(process)
        assert process.fault() is None
    assert found["rollcall_ingest_records_total"] == 3
    assert found["rollcall_ingest_facts_total"] == 2
    assert found["rollcall_ingest_quarantined_total"] == 1
    assert found['rollcall_ingest_identity_differs_total{what="key"}'] == 1
    assert found['rollcall_ingest_identity_differs_total{what="subject"}'] == 0
    assert found["rollcall_ingest_live"] == 1
    assert found["rollcall_ingest_partitions"] == 3


async def test_calls_are_counted_by_kind_and_outcome_and_every_name_is_there(
    harness: Harness,
) -> None:
    async with engine_of(harness.url) as engine, harness.ingesting() as ingest:
        process = Process(
            ingest,
            DeriveLoop(engine, DeriveConfig()),
            CountingStore(engine).calls,
            LessonCallStore(engine).counted,
        )
        found = _samples(process)
    names = {sample.split("{")[0].removesuffix("_total") for sample in found}
    assert names == {name.value[0] for name in ProcessName}
    assert len([name for name in found if name.startswith("rollcall_calls_total{")]) == 7 * 4


async def test_a_call_is_counted_once_its_outcome_is_committed(database_url: str) -> None:
    async with engine_of(database_url) as engine, transaction(engine) as connection:
        await connection.execute(
            text("""INSERT INTO chats (chat_id, kind, school_id, title)
                    VALUES ('c', 'staff_room', 's', 't')""")
        )
        await connection.execute(
            text("""INSERT INTO chat_sync (chat_id, max_chat_id, observed_at, due_at)
                    VALUES ('c', 7, clock_now(), clock_now())""")
        )
    async with engine_of(database_url) as engine:
        store = CountingStore(engine)
        await open_gate(engine)
        lease = await store.claim("c")
        assert isinstance(lease, Lease)
        work = await store.load(lease)
        assert isinstance(work, Work)
        for effect in (Applied({}), EffectUnknown("time-out")):
            intent = await store.intend(lease, work, Rename("u"))
            assert isinstance(intent, int)
            await store.settle(lease, work, IntentId(intent), Rename("u"), effect)
        found = _samples(Process(calls=store.calls))
    calls = [name for name in found if name.startswith("rollcall_calls_total")]
    made = {name: found[name] for name in calls if found[name]}
    assert made == {
        'rollcall_calls_total{kind="rename",outcome="done"}': 1,
        'rollcall_calls_total{kind="rename",outcome="unknown"}': 1,
    }
