"""Where this process stands in the partitions that are assigned to it.

A partition is *held* once PostgreSQL has told from where to read it and the consumer was
sought there; only records of held partitions are taken. One that is assigned and not held is
paused, so nothing is fetched of it, until the next attempt to take it up.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from consumers.errors import translated
from consumers.fetching import leader_epoch
from projections.facts.offsets import PartitionKey, ReadingState, Standing

_POSITION_SECONDS = 2.0


def partition(key: PartitionKey) -> TopicPartition:
    """The client library's name of a partition."""
    return TopicPartition(*key)


class Fetched(NamedTuple):
    """How far the consumer is, and the leader epoch of what is before that."""

    offset: int
    leader_epoch: int


class Positions:
    """The assignment of one consumer."""

    def __init__(self) -> None:
        self._consumer: AIOKafkaConsumer | None = None
        self._assigned: set[PartitionKey] = set()
        self._held: dict[PartitionKey, Standing] = {}
        self._waiting: dict[PartitionKey, Standing] = {}
        self.tide = 0
        """The highest tide that we know of."""

    @property
    def held(self) -> dict[PartitionKey, Standing]:
        """A copy of where the held partitions stand."""
        return dict(self._held)

    @property
    def assigned(self) -> frozenset[PartitionKey]:
        """The partitions that the group has given us."""
        return frozenset(self._assigned)

    @property
    def readable(self) -> frozenset[PartitionKey]:
        """Those that are assigned and do not wait for a person."""
        return frozenset(self._assigned - self._waiting.keys())

    @property
    def stopped(self) -> dict[PartitionKey, Standing]:
        """Those that our own failures have stopped."""
        return {
            key: standing
            for key, standing in self._waiting.items()
            if standing.state is ReadingState.STOPPED
        }

    @property
    def lost(self) -> frozenset[PartitionKey]:
        """Those that are assigned and not held."""
        return frozenset(self._assigned - self._held.keys())

    def get(self, key: PartitionKey) -> Standing | None:
        """Where a held partition stands."""
        return self._held.get(key)

    def assign(self, consumer: AIOKafkaConsumer, keys: Iterable[PartitionKey]) -> None:
        """These are ours now, none of them held."""
        self._consumer = consumer
        self.revoke()
        self._assigned = set(keys)
        consumer.pause(*map(partition, self._assigned))

    def revoke(self) -> None:
        """The group is being rebalanced: nothing is ours."""
        self._held.clear()
        self._waiting.clear()
        self._assigned.clear()

    def hold(self, key: PartitionKey, standing: Standing) -> None:
        """Read this partition from there; one that waits for a person stays paused."""
        if self._consumer is None or key not in self._assigned:
            return
        if standing.state is not ReadingState.READING:
            self._waiting[key] = standing
            return
        self._waiting.pop(key, None)
        self._consumer.seek(partition(key), standing.next_off)
        self._consumer.resume(partition(key))
        self._held[key] = standing

    def moved(self, key: PartitionKey, standing: Standing) -> None:
        """A batch has brought it there; the consumer is there already."""
        if key in self._held:
            self._held[key] = standing

    def lose(self, keys: Iterable[PartitionKey]) -> None:
        """What we thought of these is not certain any more: ask PostgreSQL again."""
        for key in keys:
            if self._held.pop(key, None) is not None and self._consumer is not None:
                self._consumer.pause(partition(key))

    async def fetched_to(self, key: PartitionKey) -> Fetched | None:
        """The consumer's own position, after what it has handed out; None: not assigned."""
        consumer = self._consumer
        if consumer is None or partition(key) not in consumer.assignment():
            return None
        with translated():
            async with asyncio.timeout(_POSITION_SECONDS):
                position: int = await consumer.position(partition(key))
        return Fetched(position, leader_epoch(consumer, partition(key)))
