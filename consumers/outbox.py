"""The publisher of the outbox: what we tell others, at least once and in order.

An event is marked as published after every replica in step has it; a crash in between
publishes it again under the same id. One that Kafka will never take, as one that is too large for
the topic, is noted with the reason and stands in nobody's way.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidMessageError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from consumers.closing import let_go
from consumers.errors import ConsumersError, KafkaRefused, translated
from consumers.kafka import TopicShape, ensure_topics
from consumers.kafka_config import KafkaConfig, client_options
from loops.waiting import nap
from projections.errors import StoreError
from projections.facts.ingest_store import IngestStore
from projections.outbox import Outgoing, Sent
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
                await nap(stop, _RETRY_SECONDS)

    async def _publish_until(self, stop: asyncio.Event) -> None:
        # They are ours, so nobody else can be asked to make them.
        await ensure_topics(self._config, (), self._shape)
        while not stop.is_set():
            try:
                async with _producing(self._config) as producer:
                    while not stop.is_set():
                        sent = await self._store.publish(BATCH, partial(_send, producer))
                        if not sent.published:
                            await nap(stop, IDLE_SECONDS)
            except _Rejected:
                await self._one_by_one(stop)

    async def _one_by_one(self, stop: asyncio.Event) -> None:
        """Kafka may refuse many events for one: until that one is found.

        A producer that saw a refusal counts wrongly from there on, so each has its own.
        """
        async with _producing(self._config) as producer:
            while not stop.is_set():
                sent = await self._store.publish(1, partial(_send_one, producer))
                if sent.refused or not sent.published:
                    return


class _Rejected(Exception):
    """Kafka will not take some event, however often it is sent."""


_OF_THE_EVENT = (MessageSizeTooLargeError, InvalidMessageError, RecordListTooLargeError)
"""What Kafka refuses for the record's own sake."""


@asynccontextmanager
async def _producing(config: KafkaConfig) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**client_options(config), acks="all", enable_idempotence=True)
    try:
        with translated():
            await producer.start()
        yield producer
    finally:
        await let_go(producer.stop)


async def _send(producer: AIOKafkaProducer, events: Sequence[Outgoing]) -> Sent:
    """All of them, or none counts: what was taken in is sent again under the same id."""
    try:
        with translated():
            sent = [await _begin(producer, event) for event in events]
            await asyncio.gather(*sent)
    except KafkaRefused as error:
        if isinstance(error.__cause__, _OF_THE_EVENT):
            raise _Rejected from error
        raise
    return Sent([event.entry for event in events])


async def _send_one(producer: AIOKafkaProducer, events: Sequence[Outgoing]) -> Sent:
    """The oldest by itself, so that nobody else is refused for it."""
    [event] = events
    try:
        with translated():
            await (await _begin(producer, event))
    except KafkaRefused as error:
        if not isinstance(error.__cause__, _OF_THE_EVENT):
            raise
        log.error(  # noqa: TRY400 - as everywhere: the reason says it
            "outbox.rejected", reason=str(error), topic=event.topic
        )
        return Sent((), {event.entry: str(error)})
    return Sent([event.entry])


async def _begin(producer: AIOKafkaProducer, event: Outgoing) -> "asyncio.Future[object]":
    answer: asyncio.Future[object] = await producer.send(
        event.topic,
        event.value.encode(),
        event.key.encode(),
        headers=[("content-type", CONTENT_TYPE)],
    )
    return answer
