"""What was true of a partition when it was taken up is looked at again while it is held."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers import fetching
from consumers.assignment import TakeUp
from consumers.config import IngestConfig
from consumers.ends import EndsWatcher
from consumers.errors import KafkaUnavailable
from consumers.ingest import Ingestor
from consumers.kafka import TopicShape, ensure_topics
from consumers.kafka_view import KafkaView
from consumers.positions import Positions
from projections.database import create_engine, transaction
from projections.facts.ingest_store import IngestStore
from projections.reports.obstacles import obstacles
from tests.consumers.events import guardianship
from tests.consumers.harness import Harness, Row, eventually

GUARDIANS = "SELECT guardian_id FROM fact_guardianships ORDER BY guardian_id"


def _some(name: str, count: int, part: int = 0) -> list[Row]:
    return [Row(guardianship(f"{name}{each}"), partition=part) for each in range(count)]


async def _nothing(*_: object) -> None:
    """Commit nothing."""


class Hand:
    """Ingest's parts on a consumer that is driven by the test, one step at a time."""

    def __init__(self, harness: Harness, store: IngestStore, view: KafkaView) -> None:
        config: IngestConfig = harness.config
        self.tp = TopicPartition(harness.topic, 0)
        self.positions = Positions()
        self.view = view
        self.ingestor = Ingestor(config, store, view, self.positions)
        self.take_up = TakeUp(config, store, view, self.positions)
        self.consumer = AIOKafkaConsumer(
            bootstrap_servers=harness.kafka.servers,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )

        self.consumer.commit = _nothing  # it is in no group

    async def begin(self) -> None:
        """The partition is ours, and taken up."""
        await self.consumer.start()
        self.consumer.assign([self.tp])
        self.positions.assign(self.consumer, [(self.tp.topic, 0)])

        async def taken_up() -> bool:
            try:
                await self.look()
            except KafkaUnavailable:
                return False  # a server that was just started
            return True

        await eventually(taken_up)

    async def look(self) -> None:
        """One look of the keeper."""
        self.positions.lose(await self.take_up.moved())
        await self.take_up.lost(self.consumer)

    async def fetch(self, count: int = 1) -> tuple[object, ...]:
        """What is fetched, at least so many records, and not handed on yet."""
        found: list[object] = []
        while len(found) < count:
            found += (await self.consumer.getmany(timeout_ms=500)).get(self.tp, [])
        return tuple(found)

    async def take(self, records: tuple[object, ...]) -> None:
        """Hand them on, and wait until they are written or lost."""
        await self.ingestor.take(records, self.consumer)
        await self.ingestor.close()
        self.ingestor.open()


@pytest.fixture
async def hand(harness: Harness) -> AsyncIterator[Hand]:
    fetching.install()
    engine = create_engine(harness.url)
    async with KafkaView(harness.kafka) as view:
        made = Hand(harness, IngestStore(engine), view)
        await made.begin()
        yield made
        await made.consumer.stop()
    await engine.dispose()


async def _next(harness: Harness) -> list[object]:
    return await harness.column("SELECT next_off FROM ingest_partitions WHERE part = 0")


async def test_records_handed_over_between_position_and_take_are_not_stepped_over(
    harness: Harness, hand: Hand
) -> None:
    await harness.produce(*_some("a", 5))
    records = await hand.fetch(5)
    for _ in range(3):  # the position is past them, and nobody has taken them yet
        await hand.ingestor.step_over(hand.consumer, lambda: False)
    assert await _next(harness) == [0]
    await hand.take(records)
    assert await _next(harness) == [5]
    assert await harness.column("SELECT count(*) FROM fact_guardianships") == [5]


async def test_whether_anything_is_under_way_is_asked_after_the_positions(
    harness: Harness, hand: Hand
) -> None:
    await harness.produce(*_some("a", 5))
    records: list[tuple[object, ...]] = []

    async def position(tp: TopicPartition) -> int:
        """Records are fetched just while the position is asked for."""
        if not records:
            records.append(await hand.fetch(5))
        found: int = await real(tp)
        return found

    real = hand.consumer.position
    hand.consumer.position = position
    for _ in range(3):
        await hand.ingestor.step_over(hand.consumer, lambda: not records)
    assert await _next(harness) == [0]


async def test_a_log_that_begins_between_our_offset_and_the_batchs_end_is_a_gap(
    harness: Harness, hand: Hand
) -> None:
    await harness.produce(*_some("a", 3))
    await hand.take(await hand.fetch(3))
    hand.consumer.assign([])  # nothing is being fetched meanwhile
    await harness.produce(*_some("b", 9))
    await harness.delete_records({0: 7})
    hand.consumer.assign([hand.tp])
    hand.consumer.seek(hand.tp, 3)
    await hand.take(await hand.fetch(5))
    assert await _next(harness) == [3]
    await hand.look()
    [row] = await harness.fetch("SELECT * FROM ingest_partitions WHERE part = 0")
    assert (row["state"], row["next_off"]) == ("gap", 7)
    assert row["state_reason"] == "offsets 3 to 6 are gone from the log, and were never read"


async def test_a_log_that_comes_to_begin_after_our_offset_is_a_gap_with_nothing_to_fetch(
    harness: Harness, hand: Hand
) -> None:
    await harness.produce(*_some("a", 3))
    hand.consumer.pause(hand.tp)
    await harness.delete_records({0: 3})
    await hand.look()
    [row] = await harness.fetch("SELECT * FROM ingest_partitions WHERE part = 0")
    assert (row["state"], row["next_off"]) == ("gap", 3)


async def test_records_in_hand_are_kept_though_the_log_has_lost_them_meanwhile(
    harness: Harness, hand: Hand
) -> None:
    await harness.produce(*_some("a", 5))
    records = await hand.fetch(5)
    await harness.delete_records({0: 4})
    await hand.take(records)
    assert await _next(harness) == [5]


async def test_a_partition_that_was_lost_is_not_held_again_by_a_batch_that_was_under_way(
    harness: Harness, hand: Hand
) -> None:
    key = (harness.topic, 0)
    standing = hand.positions.get(key)
    assert standing is not None
    hand.positions.lose([key])
    hand.positions.moved(key, replace(standing, next_off=5))
    assert hand.positions.lost == {key}


async def test_what_was_read_already_is_not_passed_over_when_it_comes_again(
    harness: Harness, hand: Hand
) -> None:
    """So it looks where Kafka told the consumer that its offset is past the end."""
    await harness.produce(*_some("a", 5))
    await hand.take(await hand.fetch(5))
    hand.consumer.seek(hand.tp, 0)
    await hand.take(await hand.fetch(5))
    assert hand.positions.lost == {(harness.topic, 0)}
    await hand.look()
    assert await _next(harness) == [5]


async def test_a_bad_record_where_a_bad_one_of_an_older_topic_was_is_written_and_counted(
    harness: Harness,
) -> None:
    await harness.produce(Row(b"old", partition=0))
    async with harness.ingesting() as ingest:
        await harness.all_read()
        await harness.delete_topic()

        async def made() -> bool:
            await harness.make_topic()
            return len(await harness.ends()) == harness.partitions

        await eventually(made)
        await harness.produce(Row(b"new", partition=0))

        async def both() -> bool:
            kept = await harness.column("SELECT value FROM quarantine ORDER BY first_seen")
            return kept == [b"old", b"new"]

        await eventually(both)
        assert ingest.counters.quarantined == 2
    places = await harness.fetch("SELECT DISTINCT topic, part, off FROM quarantine")
    ids = await harness.column("SELECT DISTINCT topic_id FROM quarantine")
    assert (len(places), len(ids)) == (1, 2)


async def test_a_bad_record_that_is_read_again_is_not_counted_again(harness: Harness) -> None:
    await harness.produce(Row(b"bad", partition=0))
    async with harness.ingesting() as ingest:
        await harness.all_read()
        await harness.fetch("UPDATE ingest_partitions SET next_off = 0, leader_epoch = -1")

        async def again() -> bool:
            return ingest.counters.records == 2

        await eventually(again)
        assert ingest.counters.quarantined == 1


@asynccontextmanager
async def _watching(harness: Harness) -> AsyncIterator[IngestStore]:
    engine = create_engine(harness.url)
    store = IngestStore(engine)
    yield store
    await engine.dispose()


async def test_a_topic_made_anew_with_fewer_partitions_and_replayed_leaves_nothing_behind(
    harness: Harness,
) -> None:
    await harness.produce(*(Row(b"bad", partition=part) for part in range(3)))
    async with _watching(harness) as store, harness.ingesting(), KafkaView(harness.kafka) as view:
        watcher = EndsWatcher(harness.kafka, [harness.topic], store)
        await harness.all_read()
        await watcher.look(view)
        await harness.delete_topic()

        async def anew() -> bool:
            await ensure_topics(harness.kafka, [harness.topic], TopicShape(1))
            return len(await harness.ends()) == 1

        await eventually(anew)
        await harness.produce(Row(guardianship("g"), partition=0))

        async def read() -> bool:
            return await harness.column(GUARDIANS) == ["g"]

        await eventually(read)
        await harness.fetch("UPDATE kafka_partitions SET seen_at = seen_at - interval '1 minute'")
        await harness.fetch("UPDATE ingest_partitions SET next_off = 0, leader_epoch = -1")
        await harness.fetch("DELETE FROM stale_entities")

        async def is_open() -> bool:
            await watcher.look(view)
            await harness.fetch("DELETE FROM stale_entities")
            engine = create_engine(harness.url)
            async with transaction(engine) as connection:
                held = await obstacles(connection)
            await engine.dispose()
            return held == ()

        await eventually(is_open)
    assert await harness.column("SELECT count(*) FROM topic_ends WHERE part > 0") == [0]
    assert await harness.column("SELECT count(*) FROM partitions_read") == [1]


async def test_a_partition_that_is_gone_is_not_held(harness: Harness) -> None:
    await harness.produce(*_some("a", 3))
    config = replace(harness.config, stuck_seconds=0.2)
    async with harness.ingesting(config) as ingest:
        await harness.all_read()
        await harness.delete_topic()

        async def let_go() -> bool:
            return ingest.health().held == 0

        await eventually(let_go)
        await harness.make_topic()
        await harness.produce(*_some("b", 3))

        async def read() -> bool:
            return len(await harness.column(GUARDIANS)) == 6

        await eventually(read)
