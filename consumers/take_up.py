"""Taking up partitions: PostgreSQL's offsets against Kafka's logs, written and then sought.

Guarantees: a partition is held only after PostgreSQL has it where it is read from; two
processes that take up the same one are told apart by compare-and-set.
"""

from collections.abc import Iterable

import structlog
from aiokafka import AIOKafkaConsumer

from consumers.config import IngestConfig
from consumers.courtesy import commit_to_kafka
from consumers.kafka_view import KafkaView
from consumers.positions import Positions
from consumers.resume import Log, Resume, resume
from projections.ingest_store import IngestStore
from projections.offsets import PartitionKey, ReadingState, Standing

log = structlog.get_logger()


class TakeUp:
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
        logs = await self._logs(lost)
        found = {key: resume(stored.get(key), logs[key], committed.get(key)) for key in logs}
        await self._place(stored, found)
        for key, result in found.items():
            self._positions.hold(key, result.standing)
        _tell({key: each for key, each in found.items() if each.standing != stored.get(key)})
        restored = {key: each.standing for key, each in found.items() if each.restored}
        if restored:
            log.error("ingest.database_restored")
            # So that the next assignment does not find the same restore again.
            await commit_to_kafka(consumer, restored)

    async def _logs(self, keys: Iterable[PartitionKey]) -> dict[PartitionKey, Log]:
        views = await self._view.topics(self._config.topics)
        there = [key for key in keys if key[0] in views and key[1] in views[key[0]].partitions]
        starts = await self._view.starts(there)
        ends = await self._view.ends(there)
        return {key: Log(views[key[0]].topic_id, starts[key], ends[key]) for key in there}

    async def _place(
        self, stored: dict[PartitionKey, Standing], found: dict[PartitionKey, Resume]
    ) -> None:
        placed = [
            (key, stored.get(key), result.standing)
            for key, result in found.items()
            if stored.get(key) != result.standing
        ]
        restored = any(result.restored for result in found.values())
        backward = next((each.backward for each in found.values() if each.backward), None)
        if placed or restored:
            await self._store.place(placed, restored=restored, backward=backward)


def _tell(found: dict[PartitionKey, Resume]) -> None:
    """What is not the ordinary course of things, once."""
    for (topic, part), result in found.items():
        standing = result.standing
        if standing.state is ReadingState.GAP:
            log.error("ingest.gap", topic=topic, partition=part, reason=standing.reason)
        elif result.backward is not None:
            log.warning("ingest.reads_again", topic=topic, partition=part, reason=result.backward)
