"""What is handed out of a fetch: bounded in bytes, with the beginnings of what is too large."""

import asyncio
from hashlib import sha256

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from consumers import fetching
from consumers.fetching import BYTES, KEPT, bounded, leader_epoch
from consumers.slices import Piece, weight
from projections.facts.offsets import NOT_KNOWN, Standing
from projections.facts.quarantine import Cut
from schemas.decode import VALUE_LIMIT
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row

MIB = 1024 * 1024


def test_what_is_no_larger_than_the_contract_allows_is_kept_whole() -> None:
    content = b"x" * VALUE_LIMIT
    assert bounded(content) is content
    assert bounded(None) is None


def test_of_what_is_larger_the_beginning_the_length_and_the_hash_are_kept() -> None:
    content = b"begins" + b"x" * VALUE_LIMIT
    cut = bounded(content)
    assert isinstance(cut, Cut)
    assert (bytes(cut), cut.length) == (content[:KEPT], len(content))
    assert cut.sha256 == sha256(content).hexdigest()


async def _produce(harness: Harness, *values: bytes, codec: str = "zstd") -> None:
    """All of these in one batch of the first partition."""
    producer = AIOKafkaProducer(
        bootstrap_servers=harness.kafka.servers,
        compression_type=codec,
        max_request_size=2**30,
        max_batch_size=2**30,
        linger_ms=200,
    )
    await producer.start()
    try:
        sent = [await producer.send(harness.topic, each, b"k", partition=0) for each in values]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("codec", ["gzip", "zstd"])
async def test_values_above_the_limit_go_to_quarantine_cut_and_their_neighbours_arrive(
    harness: Harness, codec: str
) -> None:
    large = b" " * (5 * MIB)
    await _produce(
        harness, guardianship("before"), large, large[1:], guardianship("after"), codec=codec
    )
    async with harness.ingesting():
        await harness.all_read()
    found = await harness.column("SELECT guardian_id FROM fact_guardianships ORDER BY 1")
    assert found == ["after", "before"]
    rows = await harness.fetch("SELECT * FROM quarantine ORDER BY off")
    assert [(row["off"], row["value_bytes"]) for row in rows] == [(1, 5 * MIB), (2, 5 * MIB - 1)]
    assert {row["value"] for row in rows} == {b" " * KEPT}
    assert rows[0]["value_sha256"] == sha256(large).hexdigest()
    assert {row["reason"] for row in rows} == {f"value: must be at most {VALUE_LIMIT} bytes"}
    assert {row["cause"] for row in rows} == {"contract"}


@pytest.mark.timeout(120)
async def test_no_more_bytes_are_in_flight_than_their_bound_however_many_records_fit(
    harness: Harness,
) -> None:
    """Records of half a mebibyte, sixteen times the bound in all, each of them no event."""
    count = 16 * BYTES // (MIB // 2)
    await _produce(harness, *([b"x" * (MIB // 2)] * count))
    await harness.produce(Row(guardianship("behind"), partition=0))
    async with harness.ingesting() as ingest:
        await harness.all_read()
        assert ingest.counters.batches >= 16
    assert await harness.column("SELECT count(*) FROM quarantine") == [count]
    assert await harness.column("SELECT guardian_id FROM fact_guardianships") == ["behind"]


async def test_a_consumer_hands_out_no_more_than_the_bound_and_knows_the_leader(
    harness: Harness,
) -> None:
    fetching.install()
    count = 4 * BYTES // (MIB // 2)
    await _produce(harness, *([b"x" * (MIB // 2)] * count))
    tp = TopicPartition(harness.topic, 0)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=harness.kafka.servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign([tp])
        assert leader_epoch(consumer, tp) == NOT_KNOWN
        polls: list[list[ConsumerRecord[bytes, bytes]]] = []
        while sum(len(poll) for poll in polls) < count:
            polls.append((await consumer.getmany(timeout_ms=1000)).get(tp, []))
        assert [record.offset for poll in polls for record in poll] == list(range(count))
        most = max(sum(len(record.value or b"") for record in poll) for poll in polls)
        assert most <= BYTES
        assert leader_epoch(consumer, tp) >= 0
    finally:
        await consumer.stop()


def test_the_weight_of_a_batch_is_its_bytes() -> None:
    assert weight([Piece(("t", 0), Standing("id", 0, 0), 1, (), ())]) == 0
