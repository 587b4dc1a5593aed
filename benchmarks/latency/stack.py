"""What is measured: embedded servers, a simulated messenger, one ``rollcall run``."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer

from benchmarks.latency import region as regions
from benchmarks.latency.region import Region
from benchmarks.processes import addresses, product, started
from benchmarks.published import Event, record
from consumers.kafka import KafkaConfig, ensure_topics
from operations import status
from projections.database import create_engine
from rollcall.embedded import EmbeddedKafka
from rollcall.settings import Settings
from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve

TOKEN = "token-of-the-benchmark"  # noqa: S105 - the simulator's, made here
SETTLE_SECONDS: Final = 180.0

_OF_OTHERS: Final = """
    SELECT count(*) FROM intents JOIN chats USING (chat_id)
     WHERE committed_at > $1 AND school_id <> $2"""
_CHATS_OF: Final = """
    SELECT count(*) FROM expected_members JOIN chats USING (chat_id)
     WHERE person_id = $1 AND NOT deleted"""


@dataclass(frozen=True, slots=True)
class Stack:
    """Servers, a running engine, and a region."""

    kafka: KafkaConfig
    producer: AIOKafkaProducer
    simulator: RunningSimulator
    postgres: str
    region: Region

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        engine = create_engine(self.postgres, pool_size=1)
        try:
            topics = Settings().kafka.topics
            report = await status.wait(engine, self.kafka, topics, SETTLE_SECONDS)
        finally:
            await engine.dispose()
        if not report.settled:
            raise SystemExit(f"the system does not come to rest: {report.as_json()}")

    async def send(self, event: Event) -> float:
        """Publish one event; the instant at which Kafka had acknowledged it."""
        made = record(event)
        await self.producer.send_and_wait(
            made.topic, made.value, made.key, headers=list(made.headers)
        )
        return time.perf_counter()

    async def chats_of(self, person: str) -> int:
        """In how many chats the person belongs."""
        return await self._ask(_CHATS_OF, person)

    async def calls_of_others(self, since: object) -> int:
        """Calls since then in schools that nothing happens in."""
        return await self._ask(_OF_OTHERS, since, regions.SCHOOL)

    async def now(self) -> object:
        """The database's clock."""
        connection = await asyncpg.connect(self.postgres)
        try:
            return await connection.fetchval("SELECT clock_now()")
        finally:
            await connection.close()

    async def _ask(self, question: str, *values: object) -> int:
        connection = await asyncpg.connect(self.postgres)
        try:
            return int(await connection.fetchval(question, *values))
        finally:
            await connection.close()


@asynccontextmanager
async def stack(folder: Path, region_folder: Path, pupils: int) -> AsyncIterator[Stack]:
    """Start everything; it ends with the block."""
    async with AsyncExitStack() as running:
        url, region = await running.enter_async_context(regions.server(region_folder, pupils))
        broker = await running.enter_async_context(EmbeddedKafka(folder / "kafka"))
        simulator = await running.enter_async_context(serve(SimulatorConfig(token=TOKEN)))
        kafka = KafkaConfig(broker.bootstrap)
        await ensure_topics(kafka, Settings().kafka.topics)
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
        await producer.start()
        running.push_async_callback(producer.stop)
        made = Stack(kafka, producer, simulator, url, region)
        environment = {**addresses(url, broker.bootstrap), **_settings(simulator)}
        engine = started([product("run")], environment, folder / "engine.log")
        await running.enter_async_context(engine)
        yield made


def _settings(simulator: RunningSimulator) -> dict[str, str]:
    """What the engine is told beside its servers: the messenger, and to let withdrawals pass."""
    return {
        "ROLLCALL_MESSENGER__URL": simulator.base_url,
        "ROLLCALL_MESSENGER__TOKEN": TOKEN,
        "ROLLCALL_GUARD__CHAT_FLOOR": "100000",
        "ROLLCALL_GUARD__SCHOOL_FLOOR": "100000",
        "ROLLCALL_GUARD__TOTAL_FLOOR": "100000",
    }
