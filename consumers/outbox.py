"""The publisher of the outbox: what we tell others, at least once and in order.

An event is marked as published after every replica in step has it; a crash in between
publishes it again under the same id.
"""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer

from consumers.errors import ConsumersError, translated
from consumers.kafka import TopicShape, ensure_topics
from consumers.kafka_config import KafkaConfig, client_options
from consumers.waiting import stopped
from projections.errors import StoreError
from projections.ingest_store import IngestStore
from projections.outbox import Outgoing
from schemas.encode import CONTENT_TYPE

log = structlog.get_logger()

BATCH = 500
IDLE_SECONDS = 0.5
_RETRY_SECONDS = 2.0


class OutboxPublisher:
    """Publishes what is in the outbox; of several processes one at a time does."""

    def __init__(
        self, config: KafkaConfig, store: IngestStore, shape: TopicShape | None = None
    ) -> None:
        """``shape`` is of our own topics, where they have to be made."""
        self._config = config
        self._store = store
        self._shape = shape

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until ``stop``; while Kafka or PostgreSQL is away, try again."""
        while not stop.is_set():
            try:
                await self._publish_until(stop)
            except (ConsumersError, StoreError) as error:
                log.warning("outbox.waits", error=type(error).__name__)
                await stopped(stop, _RETRY_SECONDS)

    async def _publish_until(self, stop: asyncio.Event) -> None:
        # They are ours, so nobody else can be asked to make them.
        await ensure_topics(self._config, (), self._shape)
        producer = AIOKafkaProducer(
            **client_options(self._config), acks="all", enable_idempotence=True
        )
        try:
            with translated():
                await producer.start()
            while not stop.is_set():
                if not await self._publish(producer):
                    await stopped(stop, IDLE_SECONDS)
        finally:
            await producer.stop()

    async def _publish(self, producer: AIOKafkaProducer) -> int:
        async def send(events: Sequence[Outgoing]) -> None:
            with translated():
                sent = [
                    await producer.send(
                        event.topic,
                        event.value.encode(),
                        event.key.encode(),
                        headers=[("content-type", CONTENT_TYPE)],
                    )
                    for event in events
                ]
                await asyncio.gather(*sent)

        return await self._store.publish(BATCH, send)
