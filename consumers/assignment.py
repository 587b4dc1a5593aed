"""Taking up partitions: PostgreSQL's offsets against Kafka's logs, written and then sought.

Guarantees: a partition is held only after PostgreSQL has it where it is read from; two
processes that take up the same one are told apart by compare-and-set.
"""

from collections.abc import Mapping

import structlog
from aiokafka import AIOKafkaConsumer

from consumers.config import IngestConfig
from consumers.kafka_commits import commit_to_kafka
from consumers.kafka_view import KafkaView, TopicView
from consumers.positions import Positions
from consumers.resume import Log, Resume, resume
from projections.facts.ingest_store import IngestStore
from projections.facts.offsets import NOT_KNOWN, PartitionKey, Position, ReadingState

log = structlog.get_logger()


class Assignment:
    """Takes up what is assigned and not held. Call it with the batch lock held."""

    def __init__(
        self, config: IngestConfig, store: IngestStore, view: KafkaView, positions: Positions
    ) -> None:
        self._config = config
        self._store = store
        self._view = view
        self._positions = positions

    async def lost(self, consumer: AIOKafkaConsumer) -> None:
        """Take up every lost partition whose topic exists.

        Raises:
            KafkaUnavailable, StoreUnavailable, OffsetsMoved: nothing was taken up; try again.
        """
        lost = self._positions.lost
        if not lost:
            return
        # In this order, since others read on meanwhile: a commit in Kafka never comes before
        # the one in PostgreSQL, and no position that we know is past an end asked later.
        committed = await self._view.committed(self._config.group)
        stored = await self._store.standings(self._config.topics)
        logs = await self._logs({key: stored.get(key) for key in lost})
        told = committed.offsets
        found = {key: resume(stored.get(key), logs[key], told.get(key)) for key in logs}
        self._positions.tide = max(self._positions.tide, committed.tide)
        if await self._store.recall(self._positions.tide):
            log.error("ingest.database_restored", reason="Kafka remembers a later state of it")
        await place(self._store, stored, found)
        for key, result in found.items():
            self._positions.hold(key, result.standing)
        _tell({key: each for key, each in found.items() if each.standing != stored.get(key)})
        restored = {key: each.standing for key, each in found.items() if each.restored}
        if restored:
            log.error("ingest.database_restored")
            # So that the next assignment does not find the same restore again.
            await commit_to_kafka(consumer, restored, self._positions.tide)

    async def moved(self) -> list[PartitionKey]:
        """The held partitions that are not any more as they were when they were taken up.

        By another process, by a rewind, or in Kafka: a topic made anew, a partition that is
        gone, a log that begins after our offset or went back.
        """
        held = self._positions.held
        if not held:
            return []
        stored = await self._store.standings(self._config.topics)
        logs = await self._logs(held)
        return [
            key
            for key, standing in held.items()
            if key not in logs or not _as_held(stored.get(key), standing, logs[key])
        ]

    async def _logs(self, stood: Mapping[PartitionKey, Position | None]) -> dict[PartitionKey, Log]:
        return await logs_of(self._view, await self._view.topics(self._config.topics), stood)


async def logs_of(
    view: KafkaView,
    views: Mapping[str, TopicView],
    stood: Mapping[PartitionKey, Position | None],
) -> dict[PartitionKey, Log]:
    """What Kafka has of these partitions, of those that it has."""
    there = [key for key in stood if key[0] in views and key[1] in views[key[0]].partitions]
    starts, ends = await view.starts(there), await view.ends(there)
    same = await _same_to(view, {key: stood[key] for key in there}, views)
    return {
        key: Log(views[key[0]].topic_id, starts[key], ends[key], same.get(key)) for key in there
    }


async def _same_to(
    view: KafkaView,
    stood: Mapping[PartitionKey, Position | None],
    views: Mapping[str, TopicView],
) -> dict[PartitionKey, int]:
    epochs = {
        key: standing.leader_epoch
        for key, standing in stood.items()
        if standing is not None
        and standing.leader_epoch != NOT_KNOWN
        and standing.topic_id == views[key[0]].topic_id
    }
    return await view.epoch_ends(epochs) if epochs else {}


async def place(
    store: IngestStore,
    stored: Mapping[PartitionKey, Position],
    found: Mapping[PartitionKey, Resume],
) -> None:
    """Write where each partition is read from, as far as that is not where it stands.

    Raises:
        OffsetsMoved: another process was there before; nothing is written.
    """
    placed = [
        (key, stored.get(key), result.standing)
        for key, result in found.items()
        if stored.get(key) != result.standing
    ]
    restored = any(result.restored for result in found.values())
    backward = next((each.backward for each in found.values() if each.backward), None)
    if placed or restored:
        await store.place(placed, restored=restored, backward=backward)


def _as_held(stored: Position | None, held: Position, log: Log) -> bool:
    """Whether PostgreSQL and Kafka would have us read on from just there."""
    return (
        stored is not None
        and (stored.topic_id, stored.next_off, stored.state)
        == (held.topic_id, held.next_off, held.state)
        and resume(stored, log, None).standing == stored
    )


def _tell(found: dict[PartitionKey, Resume]) -> None:
    """What is not the ordinary course of things, once."""
    for (topic, part), result in found.items():
        standing = result.standing
        if standing.state is ReadingState.GAP:
            log.error("ingest.gap", topic=topic, partition=part, reason=standing.reason)
        elif standing.state is ReadingState.STOPPED:
            log.error("ingest.stopped", topic=topic, partition=part, reason=standing.reason)
        elif result.backward is not None:
            why = result.backward.value
            log.warning("ingest.reads_again", topic=topic, partition=part, reason=why)
