"""The watcher of the topics' ends, for the gate before the messenger.

Every half second it tells PostgreSQL where the topics end, from which follow how old the
oldest unread record is and whether the catch-up is over. Any process may run it, several at
once do no harm; where none runs, ``watched_at`` grows old and removals wait.
"""

import asyncio
from collections.abc import Sequence

import structlog

from consumers.errors import ConsumersError
from consumers.kafka_config import KafkaConfig
from consumers.kafka_view import KafkaView
from consumers.waiting import stopped
from projections.errors import StoreError
from projections.facts.ingest_store import IngestStore
from projections.facts.offsets import PartitionKey
from projections.gate.kafka_sights import Sight

log = structlog.get_logger()

WATCH_SECONDS = 0.5
_RETRY_SECONDS = 2.0


class EndsWatcher:
    """Looks at the topics that are read: which partitions there are, and where they end."""

    def __init__(self, kafka: KafkaConfig, topics: Sequence[str], store: IngestStore) -> None:
        self._kafka = kafka
        self._topics = topics
        self._store = store
        self.ends: dict[PartitionKey, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until ``stop``; while Kafka or PostgreSQL is away, try again."""
        while not stop.is_set():
            try:
                async with KafkaView(self._kafka) as view:
                    while not await stopped(stop, WATCH_SECONDS):
                        await self.look(view)
            except (ConsumersError, StoreError) as error:
                log.warning("ends.not_watched", error=type(error).__name__)
                await stopped(stop, _RETRY_SECONDS)

    async def look(self, view: KafkaView) -> None:
        """One look. The store is told of it first: the ends are no older than that."""
        asked = await self._store.look()
        found = await view.topics(self._topics)
        self.ends = await view.ends(
            (name, part) for name, topic in found.items() for part in topic.partitions
        )
        ids = {name: topic.topic_id for name, topic in found.items()}
        missing = tuple(name for name in self._topics if name not in found)
        await self._store.watch(Sight(self.ends, ids, missing), asked)
