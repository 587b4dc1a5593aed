"""A PostgreSQL that turns read-only, as while a failover is under way, is waited out."""

import pytest

from domain.obstacles import ObstacleKind
from projections.database import create_engine, transaction
from projections.reports.obstacles import obstacles
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row, eventually


async def _held(harness: Harness) -> set[ObstacleKind]:
    engine = create_engine(harness.url)
    try:
        async with transaction(engine) as connection:
            return {each.kind for each in await obstacles(connection)}
    finally:
        await engine.dispose()


@pytest.mark.timeout(120)
async def test_a_server_that_turned_read_only_ends_nothing_and_sets_nothing_aside(
    harness: Harness,
) -> None:
    await harness.produce(Row(guardianship("before"), partition=0))
    async with harness.ingesting() as ingest:
        await harness.all_read()
        await harness.read_only(on=True)
        assert ObstacleKind.READ_ONLY in await _held(harness)
        await harness.produce(Row(guardianship("meanwhile"), partition=0))

        async def waits() -> bool:
            return ingest.health().held < 3

        await eventually(waits)
        await harness.read_only(on=False)
        await harness.all_read()
    assert ObstacleKind.READ_ONLY not in await _held(harness)
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [2]
    assert await harness.column("SELECT count(*) FROM quarantine") == [0]
