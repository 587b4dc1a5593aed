"""Our own failures stop a partition before a faulty release has set a region aside."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.lanes import Lane
from projections.errors import TooManyFailures
from projections.facts.brake import IN_A_ROW, IN_A_THOUSAND, WINDOW
from projections.facts.ingest_store import Batch, IngestStore
from projections.facts.offsets import ReadingState, Standing, Step
from projections.facts.quarantine import BadRecord, Cause
from tests.projections.builders import engine_of, fetch

KEY = ("t", 0)
START = Standing("id", 0, 0)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(database_url) as opened:
        await IngestStore(opened).place([(KEY, None, START)], restored=False, backward=None)
        yield opened


def _bad(offset: int, cause: Cause) -> BadRecord:
    return BadRecord(*KEY, offset, None, b"", (), "why", "id", cause)


async def _read(engine: AsyncEngine, causes: dict[int, Cause], start: int, end: int) -> None:
    bad = [_bad(offset, cause) for offset, cause in causes.items()]
    await IngestStore(engine).commit(Batch([], bad, [Step(*KEY, "id", start, end)], Lane.LIVE))


async def _kept(engine: AsyncEngine) -> int:
    [(count,)] = await fetch(engine, "SELECT count(*) FROM quarantine")
    return int(str(count))


@pytest.mark.parametrize("cause", [Cause.OURS, Cause.STORE])
async def test_so_many_in_a_row_are_set_aside_and_the_next_is_not(
    engine: AsyncEngine, cause: Cause
) -> None:
    for offset in range(IN_A_ROW):
        await _read(engine, {offset: cause}, offset, offset + 1)
    with pytest.raises(TooManyFailures):
        await _read(engine, {IN_A_ROW: cause}, IN_A_ROW, IN_A_ROW + 1)
    assert await _kept(engine) == IN_A_ROW


async def test_what_upstream_sends_wrong_stops_nothing(engine: AsyncEngine) -> None:
    await _read(engine, dict.fromkeys(range(500), Cause.CONTRACT), 0, 500)
    assert await _kept(engine) == 500


async def test_a_share_of_the_last_thousand_stops_it_too(engine: AsyncEngine) -> None:
    spread = [each * (WINDOW // IN_A_THOUSAND) for each in range(IN_A_THOUSAND + 1)]
    await _read(engine, dict.fromkeys(spread[:-1], Cause.OURS), 0, spread[-1])
    # The first is out of the window by now.
    await _read(engine, {spread[-1]: Cause.OURS}, spread[-1], spread[-1] + 1)
    end = spread[-1] + 2
    with pytest.raises(TooManyFailures):
        await _read(engine, {end: Cause.OURS}, spread[-1] + 1, end + 1)


async def test_failures_of_another_topic_of_the_same_name_do_not_count(
    engine: AsyncEngine,
) -> None:
    await _read(engine, dict.fromkeys(range(IN_A_ROW), Cause.OURS), 0, IN_A_ROW)
    after = Standing("id", IN_A_ROW, IN_A_ROW)
    other = Standing("other", 0, 0)
    await IngestStore(engine).place([(KEY, after, other)], restored=False, backward=None)
    bad = [BadRecord(*KEY, 0, None, b"", (), "why", "other", Cause.OURS)]
    await IngestStore(engine).commit(Batch([], bad, [Step(*KEY, "other", 0, 1)], Lane.LIVE))
    assert await _kept(engine) == IN_A_ROW + 1


async def test_a_partition_is_stopped_only_where_we_think_it_is(engine: AsyncEngine) -> None:
    store = IngestStore(engine)
    await store.stop(KEY, Standing("id", 7, 7))
    assert (await store.standings(["t"]))[KEY].state is ReadingState.READING
    await store.stop(KEY, START)
    assert (await store.standings(["t"]))[KEY].state is ReadingState.STOPPED
    assert await store.release() == 1
    assert (await store.standings(["t"]))[KEY] == START
