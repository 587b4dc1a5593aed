"""A Kafka in memory: logs with offsets, ids and starts, one consumer group, and its questions.

It is harsher than the real one: who does not answer keeps believing in its partitions, a
rebalance does not wait for anybody, and what was fetched may be fetched again.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from consumers.errors import KafkaUnavailable
from consumers.kafka_view import Committed, TopicView
from projections.facts.offsets import PartitionKey
from projections.facts.tide import height_in
from tests.simulation.scheduler import Scheduler

Log = list["ConsumerRecord[bytes, bytes]"]


@dataclass(slots=True)
class Kafka:
    """The topics, what the group has committed, and whether anybody answers."""

    scheduler: Scheduler
    logs: dict[PartitionKey, Log] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    committed: dict[PartitionKey, int] = field(default_factory=dict)
    tide: int = 0
    down: bool = False

    @classmethod
    def made(cls, scheduler: Scheduler, topics: Sequence[str], partitions: int) -> "Kafka":
        """Empty topics."""
        logs: dict[PartitionKey, Log] = {
            (topic, part): [] for topic in topics for part in range(partitions)
        }
        return cls(scheduler, logs, {topic: f"id-of-{topic}" for topic in topics})

    def publish(self, key: PartitionKey, value: bytes) -> None:
        """A record at the end of a partition."""
        log = self.logs[key]
        log.append(ConsumerRecord(*key, len(log), 0, 0, None, value, None, 0, len(value), ()))

    def check(self) -> None:
        """Raises ``KafkaUnavailable`` while nobody answers."""
        if self.down:
            raise KafkaUnavailable("simulated")


class View:
    """``consumers.kafka_view.KafkaView`` on it; each question is a step."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka

    async def _ask(self, what: str) -> None:
        await self._kafka.scheduler.turn(f"kafka {what}")
        self._kafka.check()

    async def topics(self, names: Sequence[str]) -> dict[str, TopicView]:
        """Those of these topics that exist."""
        await self._ask("topics")
        return {
            name: TopicView(
                self._kafka.ids[name],
                tuple(sorted(part for topic, part in self._kafka.logs if topic == name)),
            )
            for name in names
        }

    async def starts(self, keys: Iterable[PartitionKey]) -> dict[PartitionKey, int]:
        """The first offsets."""
        await self._ask("starts")
        return dict.fromkeys(keys, 0)

    async def ends(self, keys: Iterable[PartitionKey]) -> dict[PartitionKey, int]:
        """The next offsets."""
        await self._ask("ends")
        return {key: len(self._kafka.logs[key]) for key in keys}

    async def committed(self, group: str) -> Committed:
        """What the group has committed."""
        del group
        await self._ask("committed")
        return Committed(dict(self._kafka.committed), self._kafka.tide)

    async def epoch_ends(self, epochs: Mapping[PartitionKey, int]) -> dict[PartitionKey, int]:
        """No log of this Kafka ever goes back."""
        await self._ask("epochs")
        return {key: len(self._kafka.logs[key]) for key in epochs}

    async def partitions(self, names: Sequence[str]) -> tuple[PartitionKey, ...]:
        """Every partition."""
        await self._ask("partitions")
        return tuple(key for key in self._kafka.logs if key[0] in names)

    async def close(self) -> None:
        """Nothing to close."""


class Consumer:
    """What ingest uses of aiokafka's consumer."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._assigned: set[TopicPartition] = set()
        self._paused: set[TopicPartition] = set()
        self._positions: dict[TopicPartition, int] = {}

    def assignment(self) -> frozenset[TopicPartition]:
        """What the group gave it, as far as it knows."""
        return frozenset(self._assigned)

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """A new assignment; each partition begins at what the group has committed."""
        self._assigned = set(partitions)
        self._paused.clear()
        self._positions = {
            tp: self._kafka.committed.get((tp.topic, tp.partition), 0) for tp in self._assigned
        }

    def pause(self, *partitions: TopicPartition) -> None:
        """Fetch nothing of these."""
        self._paused |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        """Fetch of these again."""
        self._paused -= set(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on from there."""
        self._positions[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        """From where it goes on."""
        return self._positions[partition]

    async def commit(self, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        """Tell the group."""
        await self._kafka.scheduler.turn("kafka commit")
        for tp, meta in offsets.items():
            if not self._kafka.down:
                self._kafka.committed[tp.topic, tp.partition] = meta.offset
                self._kafka.tide = max(self._kafka.tide, height_in(meta.metadata))

    def fetch(self) -> Log:
        """Some of the next records of some partitions."""
        chance = self._kafka.scheduler.random
        found: Log = []
        if self._kafka.down:
            return found
        for tp in sorted(self._assigned - self._paused):
            position = self._positions[tp]
            log = self._kafka.logs[tp.topic, tp.partition]
            if position < len(log) and chance.random() < 0.8:
                count = chance.choice((1, 3, 10, 100))
                found += log[position : position + count]
                self._positions[tp] = min(len(log), position + count)
        return found


class Member:
    """One process in the group: its ingest's callbacks, and its consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.rebalances: asyncio.Queue[frozenset[TopicPartition]] = asyncio.Queue()


def shares(kafka: Kafka, members: Sequence[Member]) -> None:
    """Give each of these members its share; whoever is not among them is not told."""
    partitions = sorted(TopicPartition(*key) for key in kafka.logs)
    for number, member in enumerate(members):
        member.rebalances.put_nowait(frozenset(partitions[number :: len(members)]))
