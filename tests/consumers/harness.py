"""Real Kafka and PostgreSQL with ingest on them, and the means to ask both how things are."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from consumers.config import IngestConfig
from consumers.kafka import KafkaConfig, TopicShape, ensure_topics
from consumers.kafka_view import KafkaView
from consumers.run import Ingest
from projections.database import create_engine
from projections.facts.ingest_store import IngestStore

Headers = Sequence[tuple[str, bytes | None]]

PATIENCE = 60.0
"""Seconds until a state that must come has to be there; a failure, never a measure."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record to produce."""

    value: bytes | None
    key: bytes | None = b"k"
    headers: Headers = ()
    partition: int | None = None


class Harness:
    """A topic and a database of one test."""

    def __init__(self, bootstrap: str, url: str, prefix: str, partitions: int = 3) -> None:
        self.kafka = KafkaConfig(bootstrap)
        self.url = url
        self.topic = f"{prefix}register"
        self.partitions = partitions
        self.config = IngestConfig(
            topics=(self.topic,),
            group=f"{prefix}group",
            keep_seconds=0.05,
            retry_limit_seconds=0.5,
            session_timeout_ms=6_000,
            metadata_max_age_ms=1_000,
        )

    async def make_topic(self) -> None:
        """Make the topic, empty."""
        await ensure_topics(self.kafka, [self.topic], TopicShape(self.partitions))

    async def delete_records(self, before: dict[int, int]) -> None:
        """Have Kafka forget the records of these partitions before these offsets."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.servers)
        await admin.start()
        try:
            await admin.delete_records(
                {
                    TopicPartition(self.topic, part): RecordsToDelete(before_offset=offset)
                    for part, offset in before.items()
                }
            )
        finally:
            await admin.close()

    async def compact_topic(self) -> None:
        """Have Kafka compact the topic."""
        await self.configure_topic({"cleanup.policy": "compact"})

    async def configure_topic(self, settings: dict[str, str]) -> None:
        """Give the topic other settings."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.servers)
        await admin.start()
        try:
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, self.topic, settings)]
            )
        finally:
            await admin.close()

    async def delete_topic(self) -> None:
        """Delete the topic with all that it holds."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.servers)
        await admin.start()
        try:
            await admin.delete_topics([self.topic])
        finally:
            await admin.close()

    @asynccontextmanager
    async def ingesting(self, config: IngestConfig | None = None) -> AsyncIterator[Ingest]:
        """Ingest while the block runs; it must end well when told to stop."""
        engine = create_engine(self.url)
        ingest = Ingest(self.kafka, IngestStore(engine), config or self.config)
        stop = asyncio.Event()
        running = asyncio.create_task(ingest.run(stop))
        try:
            yield ingest
        finally:
            stop.set()
            await running
            await engine.dispose()

    async def ingest_forever(self, config: IngestConfig) -> None:
        """For what ends by itself, with an error."""
        engine = create_engine(self.url)
        try:
            await Ingest(self.kafka, IngestStore(engine), config).run(asyncio.Event())
        finally:
            await engine.dispose()

    async def produce(self, *rows: Row | bytes, topic: str | None = None) -> None:
        """Have these records in Kafka, in this order for each partition."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.kafka.servers, max_request_size=2_000_000
        )
        await producer.start()
        try:
            for each in rows:
                row = Row(each) if isinstance(each, bytes) else each
                await producer.send(
                    topic or self.topic,
                    row.value,
                    row.key,
                    row.partition,
                    headers=list(row.headers),
                )
        finally:
            await producer.stop()

    async def ends(self) -> dict[tuple[str, int], int]:
        """The end of each partition."""
        async with KafkaView(self.kafka) as view:
            return await view.ends(await view.partitions([self.topic]))

    async def all_read(self) -> None:
        """Wait until everything that Kafka has now is committed."""
        ends = await self.ends()

        async def passed() -> bool:
            rows = await self.fetch("SELECT topic, part, next_off FROM ingest_partitions")
            stands = {(row["topic"], row["part"]): row["next_off"] for row in rows}
            return all(stands.get(key, 0) >= end for key, end in ends.items())

        await eventually(passed)

    async def fetch(self, query: str, *args: object) -> list[asyncpg.Record]:
        """Run a statement of the test's own."""
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(query, *args))
        finally:
            await connection.close()

    async def read_only(self, *, on: bool) -> None:
        """Have PostgreSQL take changes no more, or again; sessions that are open end."""
        connection = await asyncpg.connect(self.url)
        database = urlsplit(self.url).path.lstrip("/")
        change = "SET default_transaction_read_only = on" if on else "RESET ALL"
        try:
            await connection.execute("SET default_transaction_read_only = off")
            await connection.execute(f"ALTER DATABASE {database} {change}")
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()

    async def column(self, query: str, *args: object) -> list[object]:
        """The first column of each row."""
        return [row[0] for row in await self.fetch(query, *args)]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds; a test that waits in vain has failed."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.02)
