"""The servers of a soak with a proxy before each, and the stack of the system tests on them.

The engine meets every server through its proxy; the harness asks PostgreSQL and the simulated
messenger directly. Kafka tells everybody the proxy's port, so the register's publisher suffers
with the engine, as it would.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from consumers.kafka import KafkaConfig, TopicShape, ensure_topics
from projections.database import create_engine
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from rollcall.embedded.ports import HOST, free_port
from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve
from tests.servers import plain_http
from tests.soak.proxy import FaultProxy, proxying
from tests.system.processes import Programs
from tests.system.stack import TOKEN, TOPICS, Stack

LEASE_SECONDS = 8
"""Of a chat; a kill costs it that long."""
CALL_SECONDS = 2
REREAD_SECONDS = 3
PARTITIONS = 4
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Stage:
    """Servers, proxies, and the stack that they make."""

    postgres: EmbeddedPostgres
    kafka: EmbeddedKafka
    to_postgres: FaultProxy
    to_kafka: FaultProxy
    to_messenger: FaultProxy
    school: Stack
    folder: Path

    @property
    def proxies(self) -> tuple[FaultProxy, ...]:
        """All three."""
        return self.to_postgres, self.to_kafka, self.to_messenger


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Everything started, with topics and tables made; all of it ends with the block."""
    async with AsyncExitStack() as closing:
        enter = closing.enter_async_context
        postgres = EmbeddedPostgres(folder / "postgres", durable=False)
        closing.push_async_callback(postgres.kill)
        await postgres.start()
        port = free_port()
        to_kafka = await enter(proxying("kafka", port))
        kafka = EmbeddedKafka(folder / "kafka", port, advertised_port=to_kafka.port)
        closing.push_async_callback(kafka.kill)
        await kafka.start()
        simulator = await enter(serve(SimulatorConfig(token=TOKEN)))
        to_postgres = await enter(proxying("postgres", urlsplit(postgres.uri).port or 0))
        to_messenger = await enter(proxying("messenger", urlsplit(simulator.base_url).port or 0))
        proxies = {"postgres": to_postgres, "kafka": to_kafka, "messenger": to_messenger}
        environment = _environment(postgres.uri, proxies)
        school = await enter(_school(postgres.uri, kafka.bootstrap, simulator, environment, folder))
        yield Stage(postgres, kafka, to_postgres, to_kafka, to_messenger, school, folder)


@asynccontextmanager
async def _school(
    postgres: str,
    bootstrap: str,
    simulator: RunningSimulator,
    environment: Mapping[str, str],
    folder: Path,
) -> AsyncIterator[Stack]:
    kafka = KafkaConfig(bootstrap=bootstrap)
    await upgrade(postgres)
    await ensure_topics(kafka, TOPICS, TopicShape(PARTITIONS, 1))
    logs = folder / "logs"
    logs.mkdir(parents=True)
    programs = Programs(environment, logs)
    engine = create_engine(postgres, pool_size=4)
    async with plain_http.client(base_url=simulator.base_url) as http:
        try:
            yield Stack(postgres, kafka, TOPICS, simulator, http, engine, programs)
        finally:
            await programs.end()
            await engine.dispose()


def _environment(postgres: str, proxies: Mapping[str, FaultProxy]) -> dict[str, str]:
    """The settings of production but for shorter patience: a kill must not cost minutes.

    The guard and the budget are as they come.
    """
    url = urlsplit(postgres)
    behind = f"{url.username}:{url.password}@{HOST}:{proxies['postgres'].port}"
    return {
        "PYTHONPATH": str(REPOSITORY),
        "ROLLCALL_POSTGRES__URL": urlunsplit(url._replace(netloc=behind)),
        "ROLLCALL_KAFKA__BOOTSTRAP": f"{HOST}:{proxies['kafka'].port}",
        "ROLLCALL_KAFKA__TOPICS": json.dumps(TOPICS),
        "ROLLCALL_MESSENGER__URL": f"http://{HOST}:{proxies['messenger'].port}",
        "ROLLCALL_MESSENGER__TOKEN": TOKEN,
        "ROLLCALL_MESSENGER__TIMEOUT": str(CALL_SECONDS),
        "ROLLCALL_GATEWAY__LEASE_SECONDS": str(LEASE_SECONDS),
        "ROLLCALL_GATEWAY__REREAD_SECONDS": str(REREAD_SECONDS),
        "ROLLCALL_DERIVE__LEASE_SECONDS": "3",
        "ROLLCALL_CONSOLE__PORT": "0",
        "ROLLCALL_CONSOLE__METRICS_PORT": "0",
    }
