"""Ingest as one thing to run: the subscriber, and the keeper that takes partitions up.

Guarantees: an outage of Kafka or PostgreSQL ends nothing here; partitions wait and are taken
up again with bounded patience, and the consumer stays in its group meanwhile. On ``stop`` the
batch in flight is committed, then the group is left. Several processes may run on one group.
"""

import asyncio
from time import monotonic

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from faststream._internal.endpoint.subscriber.utils import MultiLock
from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from consumers.assignment import Assignment
from consumers.closing import let_go
from consumers.config import IngestConfig
from consumers.counters import Counters
from consumers.errors import ConsumersError, KafkaUnavailable, translated
from consumers.health import IngestHealth, judge
from consumers.ingest import Ingestor
from consumers.kafka_commits import commit_to_kafka
from consumers.kafka_config import KafkaConfig
from consumers.kafka_view import KafkaView
from consumers.positions import Positions
from consumers.subscriber import make_broker
from consumers.topics import check_topics
from loops import collector
from loops.waiting import either, nap
from projections.errors import StoreError
from projections.facts.ingest_store import IngestStore
from projections.facts.offsets import PartitionKey

log = structlog.get_logger()


class Ingest:
    """Reads the topics into facts until told to stop."""

    def __init__(
        self, kafka: KafkaConfig, store: IngestStore, config: IngestConfig | None = None
    ) -> None:
        self._kafka = kafka
        self._store = store
        self._config = config or IngestConfig()
        self._positions = Positions()
        self._view = KafkaView(kafka)
        self._ingestor = Ingestor(self._config, store, self._view, self._positions)
        self._assignment = Assignment(self._config, store, self._view, self._positions)
        self._ends: dict[PartitionKey, int] = {}
        self._raised_at = float("-inf")
        self._consumer: AIOKafkaConsumer | None = None
        self._subscriber: BatchSubscriber | None = None

    @property
    def counters(self) -> Counters:
        """What was done since the start."""
        return self._ingestor.counters

    def health(self) -> IngestHealth:
        """Whether records are read as they should."""
        idle = monotonic() - self._ingestor.progressed_at
        return judge(
            len(self._positions.assigned),
            self._positions.held,
            self._ends,
            idle,
            self._config.stuck_seconds,
            self._positions.stopped,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Ingest until ``stop`` is set.

        Raises:
            TopicsMissing, TopicCompacted: the topics cannot be read.
            KafkaRefused: Kafka does not let us.
        """
        broker, self._subscriber = make_broker(
            self._kafka,
            self._config,
            self._ingestor.take,
            self._ingestor.fetch_failed,
            self._revoked,
            self._assigned,
        )
        if not await self._open(stop, broker):
            return
        collector.calm()
        self._ingestor.open()
        try:
            await self._keep(stop)
        finally:
            await self._ingestor.close()
            await let_go(broker.stop, None)
            await self._view.close()

    async def _open(self, stop: asyncio.Event, broker: KafkaBroker) -> bool:
        """Wait for Kafka, as long as it takes; False when stopped before it came."""
        patience = self._config.retry_seconds
        while not stop.is_set():
            try:
                await self._view.__aenter__()
                await check_topics(self._kafka, self._view, self._config.topics)
                with translated():
                    await broker.start()
            except BaseException as error:
                await let_go(broker.stop, None)
                await self._view.close()
                if not isinstance(error, KafkaUnavailable):
                    raise
                log.warning("ingest.waits_for_kafka", error=str(error), seconds=patience)
                await nap(stop, patience)
                patience = min(patience * 2, self._config.retry_limit_seconds)
            else:
                return True
        return False

    async def _revoked(self, _: AIOKafkaConsumer | None, __: set[TopicPartition]) -> None:
        async with self._ingestor.lock:
            self._positions.revoke()

    async def _assigned(
        self, consumer: AIOKafkaConsumer | None, assigned: set[TopicPartition]
    ) -> None:
        if consumer is None:
            return
        self._consumer = consumer
        async with self._ingestor.lock:
            self._positions.assign(consumer, {(tp.topic, tp.partition) for tp in assigned})
        self._ingestor.lost.set()

    async def _keep(self, stop: asyncio.Event) -> None:
        """Take up what is lost, and look once a second whether anybody moved what is held."""
        patience = self._config.retry_seconds
        while not stop.is_set():
            self._ingestor.lost.clear()
            if self._ingestor.failure is not None:
                raise self._ingestor.failure
            try:
                if self._consumer is not None:
                    await self._look(self._consumer)
            except (ConsumersError, StoreError) as error:
                log.warning("ingest.waits", error=type(error).__name__, seconds=patience)
                await nap(stop, patience)
                patience = min(patience * 2, self._config.retry_limit_seconds)
            else:
                patience = self._config.retry_seconds
                await self._nap(stop)

    async def _look(self, consumer: AIOKafkaConsumer) -> None:
        async with self._ingestor.lock:
            self._positions.lose(await self._assignment.moved())
            await self._assignment.lost(consumer)
            await self._raise_tide(consumer)
        await self._ingestor.step_over(consumer, self._idle)
        self._ends = await self._view.ends(self._positions.readable)
        if self.health().lag == 0:
            self._ingestor.progressed()

    async def _raise_tide(self, consumer: AIOKafkaConsumer) -> None:
        """Now and then have Kafka remember how late it is; all must be taken up before."""
        if self._positions.lost or monotonic() - self._raised_at < self._config.tide_seconds:
            return
        tide = await self._store.rise(self._positions.tide)
        if tide.restored:
            log.error("ingest.database_restored", reason="it was put back under this process")
        self._positions.tide = tide.height
        self._raised_at = monotonic()
        await commit_to_kafka(consumer, self._positions.held, tide.height)

    def _idle(self) -> bool:
        """Whether FastStream has handed on all that it fetched.

        Between its fetch and this lock it does not suspend, so nothing is in between.
        """
        lock = None if self._subscriber is None else self._subscriber.lock
        return isinstance(lock, MultiLock) and lock.empty

    async def _nap(self, stop: asyncio.Event) -> None:
        """Until something is lost, the stop, or the next look."""
        await either(
            self._ingestor.lost.wait(), stop.wait(), asyncio.sleep(self._config.keep_seconds)
        )
