"""Offsets move by compare-and-set, and backward steps arm the catch-up."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.gate import GateClosed, GateOpen
from domain.lanes import Lane
from projections.database import driver, transaction
from projections.errors import OffsetsMoved
from projections.facts import offsets
from projections.facts.ingest_store import Batch, IngestStore
from projections.facts.offsets import ReadingState, Standing, Step
from projections.facts.quarantine import BadRecord
from projections.gate.kafka_sights import Sight
from tests.projections.builders import engine_of, fetch

KEY = ("t", 0)
START = Standing("id", 10, 10)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        await IngestStore(opened).place([(KEY, None, START)], restored=False, backward=None)
        yield opened


async def _advance(engine: AsyncEngine, *steps: Step) -> None:
    async with transaction(engine) as connection:
        await offsets.advance(await driver(connection), steps)


async def _standing(engine: AsyncEngine) -> Standing:
    async with transaction(engine) as connection:
        return (await offsets.load(connection, ["t"]))[KEY]


async def test_a_batch_moves_the_offset_from_where_it_starts(engine: AsyncEngine) -> None:
    await _advance(engine, Step("t", 0, "id", 10, 15))
    assert await _standing(engine) == Standing("id", 15, 15)


@pytest.mark.parametrize(
    "step",
    [
        Step("t", 0, "id", 9, 15),
        Step("t", 0, "id", 11, 15),
        Step("t", 0, "other", 10, 15),
        Step("t", 1, "id", 0, 15),
    ],
)
async def test_a_batch_from_elsewhere_is_refused_whole(engine: AsyncEngine, step: Step) -> None:
    with pytest.raises(OffsetsMoved):
        await _advance(engine, Step("t", 0, "id", 10, 12), step)
    assert await _standing(engine) == START


async def test_a_partition_with_a_gap_does_not_move(engine: AsyncEngine) -> None:
    gap = replace(START, state=ReadingState.GAP, reason="gone")
    await IngestStore(engine).place([(KEY, START, gap)], restored=False, backward=None)
    with pytest.raises(OffsetsMoved):
        await _advance(engine, Step("t", 0, "id", 10, 15))


async def test_of_two_that_place_a_partition_one_is_refused(engine: AsyncEngine) -> None:
    store = IngestStore(engine)
    with pytest.raises(OffsetsMoved):
        await store.place([(KEY, None, START)], restored=False, backward=None)
    await store.place([(KEY, START, Standing("id", 0, 0))], restored=False, backward=None)
    with pytest.raises(OffsetsMoved):
        await store.place([(KEY, START, Standing("id", 5, 5))], restored=False, backward=None)


async def test_a_rewind_begins_at_zero_and_remembers_how_far_we_were(engine: AsyncEngine) -> None:
    await fetch(engine, "UPDATE catch_up SET armed_at = NULL RETURNING 1")
    async with transaction(engine) as connection:
        assert await offsets.rewind(connection, ["other"]) == 0
        assert await offsets.rewind(connection, ["t"]) == 1
    assert await _standing(engine) == Standing("id", 0, 10)
    [(armed, reason)] = await fetch(engine, "SELECT armed_at IS NOT NULL, reason FROM catch_up")
    assert (armed, reason) == (True, "a replay")


async def test_facts_quarantine_and_offsets_commit_together_or_not_at_all(
    engine: AsyncEngine,
) -> None:
    bad = BadRecord("t", 0, 10, None, b"", (), "why", "id")
    step = Step("t", 0, "id", 9, 11)
    with pytest.raises(OffsetsMoved):
        await IngestStore(engine).commit(Batch([], [bad], [step], Lane.LIVE))
    assert await fetch(engine, "SELECT count(*) FROM quarantine") == [(0,)]
    await IngestStore(engine).commit(Batch([], [bad], [replace(step, start=10)], Lane.LIVE))
    assert await fetch(engine, "SELECT off, reason FROM quarantine") == [(10, "why")]


async def test_the_first_reason_of_a_quarantined_record_stays(engine: AsyncEngine) -> None:
    store = IngestStore(engine)
    for reason, start in (("first", 10), ("second", 11)):
        bad = BadRecord("t", 0, 10, None, b"", (), reason, "id")
        step = Step("t", 0, "id", start, start + 1)
        await store.commit(Batch([], [bad], [step], Lane.LIVE))
    assert await fetch(engine, "SELECT reason FROM quarantine") == [("first",)]


async def test_an_acknowledged_gap_arms_the_gate_until_all_that_is_there_is_read(
    engine: AsyncEngine,
) -> None:
    store = IngestStore(engine)
    gap = replace(START, state=ReadingState.GAP, reason="gone")
    await store.place([(KEY, START, gap)], restored=False, backward=None)
    await fetch(engine, "UPDATE catch_up SET armed_at = NULL, reason = NULL RETURNING 1")
    async with transaction(engine) as connection:
        assert await offsets.acknowledge_gap(connection, *KEY)
    gate = await store.gate()
    assert isinstance(gate, GateClosed)
    assert "a gap was acknowledged" in gate.reason
    sight = Sight({KEY: 12}, {"t": "id"})
    await store.watch(sight, await store.look())
    assert isinstance(await store.gate(), GateClosed)
    await _advance(engine, Step("t", 0, "id", 10, 12))
    await store.watch(sight, await store.look())
    assert await store.gate() == GateOpen()
