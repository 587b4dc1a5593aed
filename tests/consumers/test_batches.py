"""Batches as producers compress them, and one that a disk has damaged."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from rollcall.embedded import EmbeddedKafka
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row, eventually


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_a_compressed_batch_is_read(harness: Harness, codec: str) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=harness.kafka.servers, compression_type=codec, linger_ms=100
    )
    await producer.start()
    for each in range(500):
        await producer.send(harness.topic, guardianship(f"g{each}"), b"k")
    await producer.send(harness.topic, b"junk" * 100, b"k")
    await producer.stop()
    async with harness.ingesting():
        await harness.all_read()
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [500]
    assert await harness.column("SELECT value FROM quarantine") == [b"junk" * 100]


def _damage(folder: Path, partition: str) -> None:
    [segment] = folder.rglob(f"{partition}/*.log")
    segment.write_bytes(segment.read_bytes().replace(b"urn:test", b"urn:TEST"))


@pytest.mark.timeout(180)
async def test_a_damaged_log_stops_its_partition_and_costs_no_other_a_record(
    own_kafka: EmbeddedKafka, database_url: str, topic_prefix: str, tmp_path: Path
) -> None:
    """What cannot be read is not skipped: only a person can tell what was in it."""
    harness = Harness(own_kafka.bootstrap, database_url, topic_prefix)
    await harness.make_topic()
    await harness.produce(
        Row(guardianship("bad"), partition=0),
        *(Row(guardianship(f"g{each:03d}"), partition=1 + each % 2) for each in range(200)),
    )
    await own_kafka.stop()
    _damage(tmp_path, f"{harness.topic}-0")
    await own_kafka.start()
    config = replace(harness.config, stuck_seconds=0.1)
    async with harness.ingesting(config) as ingest:

        async def read(count: int) -> bool:
            return await harness.column("SELECT count(*) FROM fact_guardianships") == [count]

        async def stuck() -> bool:
            health = ingest.health()
            return not health.live and health.lag == 1

        await eventually(lambda: read(200))
        await harness.produce(*(Row(guardianship(f"h{each}"), partition=1) for each in range(9)))
        await eventually(lambda: read(209))
        await eventually(stuck)
    offsets = "SELECT next_off FROM ingest_partitions ORDER BY part"
    assert await harness.column(offsets) == [0, 109, 100]
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [209]
