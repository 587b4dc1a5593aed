"""The FastStream application: a batch subscriber that hands untouched records to ingest.

FastStream decodes a batch as a whole, so one bad record or header would cost its neighbours;
therefore the parser passes the records through as they are and the decoder does nothing.
Acknowledgement is manual, and the offsets that count are PostgreSQL's. FastStream logs
through an adapter that keeps texts out, which may quote a record.

A fetch that raises has lost what it already had of other partitions, though the consumer's
positions are past that. FastStream tells of it by logging alone, so the adapter hands it on.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER, KafkaAckableMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.message import StreamMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from consumers import fetching
from consumers.config import IngestConfig
from consumers.kafka_config import KafkaConfig

log = structlog.get_logger()

Records = tuple["ConsumerRecord[bytes, bytes]", ...]
Handler = Callable[[Records, AIOKafkaConsumer], Awaitable[None]]
Failed = Callable[[BaseException], None]
Rebalanced = Callable[[AIOKafkaConsumer | None, set[TopicPartition]], Awaitable[None]]


class _QuietLog:
    """FastStream's logger: what happened, without the words; ``failed`` is told of it too."""

    def __init__(self, failed: Failed) -> None:
        self._failed = failed

    def log(self, level: int, *_: object, exc_info: object = None, **__: object) -> None:
        if isinstance(exc_info, BaseException):
            log.log(level, "ingest.consumer", error=type(exc_info).__name__)
            self._failed(exc_info)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka's is untyped
    """Awaits the batch in flight before partitions go; seeks when they come."""

    def __init__(self, revoked: Rebalanced, assigned: Rebalanced) -> None:
        self._revoked = revoked
        self._assigned = assigned
        self.subscriber: BatchSubscriber | None = None

    @property
    def _consumer(self) -> AIOKafkaConsumer | None:
        return None if self.subscriber is None else self.subscriber.consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        await self._revoked(self._consumer, revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        await self._assigned(self._consumer, assigned)


async def _untouched(records: Any) -> StreamMessage[Any]:  # noqa: ANN401 - FastStream's signature
    return KafkaAckableMessage(
        body=b"", headers={}, raw_message=records, consumer=FAKE_CONSUMER, batch_headers=[]
    )


async def _undecoded(_message: Any) -> bytes:  # noqa: ANN401 - as above
    return b""


def _security(kafka: KafkaConfig) -> BaseSecurity | None:
    context = kafka.tls()
    if kafka.security_protocol == "PLAINTEXT":
        return None
    if kafka.security_protocol == "SSL":
        return BaseSecurity(context, use_ssl=True)
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    return kinds[kafka.sasl_mechanism](
        username=kafka.sasl_username or "",
        password=kafka.sasl_password or "",
        ssl_context=context,
        use_ssl=context is not None,
    )


def make_broker(
    kafka: KafkaConfig,
    config: IngestConfig,
    handler: Handler,
    failed: Failed,
    revoked: Rebalanced,
    assigned: Rebalanced,
) -> tuple[KafkaBroker, BatchSubscriber]:
    """The broker with its one subscriber; nothing is opened before ``broker.start()``.

    ``failed`` is told of every fetch that raised, before anything else is fetched.
    """
    fetching.install()
    broker = KafkaBroker(
        kafka.servers,
        client_id="rollcall",
        security=_security(kafka),
        metadata_max_age_ms=config.metadata_max_age_ms,
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=config.commit_seconds,
        logger=_QuietLog(failed),
    )
    listener = _Listener(revoked, assigned)
    subscriber = broker.subscriber(
        *config.topics,
        batch=True,
        group_id=config.group,
        ack_policy=AckPolicy.MANUAL,
        listener=listener,
        parser=_untouched,
        decoder=_undecoded,
        # Never used to begin with: the listener seeks. A position that the log has lost must
        # come back as a hole, which ingest looks into.
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        batch_timeout_ms=config.poll_ms,
        max_records=config.max_records,
        session_timeout_ms=config.session_timeout_ms,
        heartbeat_interval_ms=config.session_timeout_ms // 4,
    )
    listener.subscriber = subscriber

    @subscriber
    async def ingest(message: KafkaMessage) -> None:
        consumer = subscriber.consumer
        raw = message.raw_message
        if consumer is not None and isinstance(raw, tuple):
            await handler(raw, consumer)

    return broker, subscriber
