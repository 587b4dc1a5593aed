"""The whole engine in this process, on real Kafka and PostgreSQL, beside a simulated messenger.

A test publishes raw records, waits until all is settled, and looks at what the messenger and
the tables have.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from operations import status
from projections.database import transaction
from rollcall import addresses, publish
from rollcall.publish import Report
from rollcall.settings import Gateway, Kafka, Messenger, Postgres, Settings
from rollcall.settings_guard import Guard
from rollcall.wiring import Part, Wiring
from schemas.raw import RawRecord
from simulator.config import SimulatorConfig
from simulator.server import serve
from tests.badinput.corpus import Header, as_json, event
from tests.servers import plain_http

PARTS = frozenset({Part.INGEST, Part.DERIVE, Part.RECONCILE})
SETTLE_SECONDS = 120.0
TOKEN = "token-of-the-engine"


@dataclass(slots=True)
class Engine:
    """A running engine."""

    wiring: Wiring
    store: AsyncEngine
    http: httpx2.AsyncClient
    published: int = 0

    @property
    def topic(self) -> str:
        """The only topic that is read."""
        return self.wiring.settings.kafka.topics[0]

    async def send(
        self, records: Iterable[tuple[tuple[Header, ...], bytes | None, bytes | None]]
    ) -> None:
        """Publish (headers, key, value) as they are."""
        stream = [RawRecord(self.topic, key, value, headers) for headers, key, value in records]
        report = Report()
        await publish.publish(self.wiring.kafka(), stream, report)
        assert report.published == len(stream)

    async def events(self, *events: tuple[str, Mapping[str, object]]) -> None:
        """Publish good events of (kind, data)."""
        records = []
        for kind, data in events:
            self.published += 1
            records.append(((), b"key", as_json(event(kind, dict(data), f"e-{self.published}"))))
        await self.send(records)

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        kafka, topics = self.wiring.kafka(), self.wiring.settings.kafka.topics
        report = await status.wait(self.store, kafka, topics, SETTLE_SECONDS)
        assert report.settled, report

    async def rows(self, query: str) -> list[Any]:
        """What a query gives, row by row."""
        async with transaction(self.store) as connection:
            return list(await connection.execute(text(query)))

    async def chats(self) -> dict[str, dict[str, Any]]:
        """The messenger's chats by our id for them."""
        found = (await self.http.get("/sim/chats")).json()["chats"]
        return {chat["external_id"].partition("#")[0]: chat for chat in found}

    async def members(self) -> dict[str, dict[int, str]]:
        """{chat: {account: role}} as the messenger has it, without the bot."""
        return {
            chat_id: {
                member["user_id"]: "administrator" if member["is_admin"] else "member"
                for member in chat["members"]
                if not member["is_bot"]
            }
            for chat_id, chat in (await self.chats()).items()
        }


def _settings(kafka: str, database_url: str, messenger: str, prefix: str) -> Settings:
    return Settings(
        postgres=Postgres(url=database_url, pool_size=12),
        kafka=Kafka(
            bootstrap=kafka, topics=(f"{prefix}register",), group=f"{prefix}group", partitions=3
        ),
        messenger=Messenger(url=messenger, token=SecretStr(TOKEN)),
        gateway=Gateway(calls_per_second=1000),
        guard=Guard(enabled=False),
    )


async def _take_large_records(wiring: Wiring) -> None:
    """Let Kafka have what our own limit is to refuse."""
    admin = AIOKafkaAdminClient(bootstrap_servers=wiring.addresses.need_kafka())
    await admin.start()
    try:
        await admin.alter_configs([
            ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(4 * 2**20)})
            for topic in wiring.settings.kafka.topics
        ])  # fmt: skip
    finally:
        await admin.close()


@asynccontextmanager
async def engine(kafka: str, database_url: str, prefix: str) -> AsyncIterator[Engine]:
    """An engine that runs while the block does; it fails with whatever a loop failed with."""
    simulated = SimulatorConfig(token=TOKEN, requests_per_second=100_000)
    async with serve(simulated) as messenger:
        settings = _settings(kafka, database_url, messenger.base_url, prefix)
        wiring = Wiring(settings, addresses.from_settings(settings))
        await wiring.prepare()
        await _take_large_records(wiring)
        stop = asyncio.Event()
        async with (
            wiring.engine(pool_size=2) as store,
            plain_http.client(base_url=messenger.base_url) as http,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(wiring.run(PARTS, stop))
            try:
                yield Engine(wiring, store, http)
            finally:
                stop.set()
