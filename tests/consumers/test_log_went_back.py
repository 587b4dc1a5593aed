"""A partition's log that goes back, and may have grown again past what was read of it.

As after an unclean election or a disk restored from a copy: other records then stand at offsets
that were read. The disk of a real Kafka is put back to show it.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from rollcall.embedded import EmbeddedKafka
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row, eventually

GUARDIANS = "SELECT guardian_id FROM fact_guardianships ORDER BY guardian_id"
FOR_EVER = 3_600.0

pytestmark = pytest.mark.timeout(240)


def _some(name: str, count: int) -> list[Row]:
    return [Row(guardianship(f"{name}{each}"), partition=0) for each in range(count)]


def _names(*counts: tuple[str, int]) -> Sequence[object]:
    return sorted(f"{name}{each}" for name, count in counts for each in range(count))


class Disk:
    """A Kafka of the test's own, whose first partition can be put back to what it was."""

    def __init__(self, kafka: EmbeddedKafka, harness: Harness, folder: Path) -> None:
        self.kafka = kafka
        self.harness = harness
        self._folder = folder

    def _log(self) -> Path:
        [found] = self._folder.rglob(f"{self.harness.topic}-0")
        return found

    async def copy(self) -> None:
        """Remember the partition's log as it is now."""
        await self.kafka.stop()
        shutil.copytree(self._log(), self._folder / "copy")
        await self.kafka.start()

    async def put_back(self) -> None:
        """The log is again what it was; Kafka goes on from there as from its own."""
        await self.kafka.stop()
        log = self._log()
        shutil.rmtree(log)
        shutil.copytree(self._folder / "copy", log)
        await self.kafka.start()

    async def holds(self, *counts: tuple[str, int]) -> None:
        """Wait until these are facts, and no more."""

        async def there() -> bool:
            return await self.harness.column(GUARDIANS) == _names(*counts)

        await eventually(there)


@pytest.fixture
async def disk(
    own_kafka: EmbeddedKafka, database_url: str, topic_prefix: str, tmp_path: Path
) -> Disk:
    harness = Harness(own_kafka.bootstrap, database_url, topic_prefix, partitions=1)
    await harness.make_topic()
    await harness.produce(*_some("a", 4))
    made = Disk(own_kafka, harness, tmp_path)
    await made.copy()
    await harness.produce(*_some("b", 4))
    return made


async def test_a_log_that_goes_back_under_a_running_consumer_is_read_again_and_said(
    disk: Disk,
) -> None:
    with capture_logs() as lines:
        async with disk.harness.ingesting():
            await disk.holds(("a", 4), ("b", 4))
            await disk.put_back()
            await disk.harness.produce(*_some("c", 2))
            await disk.holds(("a", 4), ("b", 4), ("c", 2))
    said = [line for line in lines if line["event"] == "ingest.reads_again"]
    assert said[0]["reason"] in {
        "a topic ends before what was read of it",
        "a topic holds other records than were read",
    }
    [armed] = await disk.harness.fetch("SELECT reason FROM catch_up")
    assert armed["reason"] == said[0]["reason"]


async def test_a_log_that_went_back_and_grew_past_us_while_nobody_looked_is_read_again(
    disk: Disk,
) -> None:
    async with disk.harness.ingesting():
        await disk.holds(("a", 4), ("b", 4))
    await disk.put_back()
    await disk.harness.produce(*_some("c", 6))
    async with disk.harness.ingesting():
        await disk.holds(("a", 4), ("b", 4), ("c", 6))
    [armed] = await disk.harness.fetch("SELECT reason FROM catch_up")
    assert armed["reason"] == "a topic holds other records than were read"


async def test_a_log_that_grew_to_just_where_we_are_is_read_again_though_nothing_more_comes(
    disk: Disk,
) -> None:
    async with disk.harness.ingesting():
        await disk.holds(("a", 4), ("b", 4))
    await disk.put_back()
    await disk.harness.produce(*_some("c", 4))
    async with disk.harness.ingesting():
        await disk.holds(("a", 4), ("b", 4), ("c", 4))


async def test_the_first_records_of_another_leader_are_not_taken_for_the_next_ones(
    disk: Disk,
) -> None:
    """No look in between: what is fetched itself says that another leader took it in."""
    config = replace(disk.harness.config, keep_seconds=FOR_EVER)
    async with disk.harness.ingesting(config) as ingest:
        await disk.holds(("a", 4), ("b", 4))
        await disk.kafka.stop()
        assert ingest.health().held == 1
        await disk.put_back()
        await disk.harness.produce(*_some("c", 6))
        await disk.holds(("a", 4), ("b", 4), ("c", 6))


async def test_a_restart_of_kafka_alone_is_no_going_back(disk: Disk) -> None:
    with capture_logs() as lines:
        async with disk.harness.ingesting() as ingest:
            await disk.holds(("a", 4), ("b", 4))
            await disk.kafka.restart()
            await disk.harness.produce(*_some("c", 2))
            await disk.holds(("a", 4), ("b", 4), ("c", 2))
            assert ingest.counters.records == 10
    assert not [line for line in lines if line["event"] == "ingest.reads_again"]
    epochs = await disk.harness.column("SELECT leader_epoch FROM ingest_partitions")
    assert isinstance(epochs[0], int)
    assert epochs[0] > 0
