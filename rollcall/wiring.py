"""The composition root: the only place that builds engines, clients and loops.

A process runs some of the four parts; all of them share one engine and one stop signal. A
loop that fails says so and is started again after a growing wait: none is ever silently missing,
and starting one again does not hold the chats of everybody up once more.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.kafka import KafkaConfig, TopicShape, ensure_topics
from domain.chats import ChatKind
from domain.ids import SchoolId
from gateway.attempts_in_a_call import Timeouts
from gateway.client import Adding, MessengerConfig
from loops.together import together
from loops.waiting import either
from projections.database import create_engine
from projections.derive.config import ChatKindsOff, DeriveConfig
from projections.watch.upkeep import Retention
from rollcall.addresses import Addresses
from rollcall.settings import Settings
from rollcall.supervise import supervise

log = structlog.get_logger()


class Part(Enum):
    """What a process can run."""

    INGEST = "ingest"
    DERIVE = "derive"
    RECONCILE = "reconcile"
    CONSOLE = "console"


ALL = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Wiring:
    """Builds what the parts need, from the settings and the addresses of the servers."""

    settings: Settings
    addresses: Addresses

    def kafka(self) -> KafkaConfig:
        """How to reach Kafka."""
        given = self.settings.kafka
        password = given.sasl_password
        return KafkaConfig(
            bootstrap=self.addresses.need_kafka(),
            security_protocol=given.security_protocol,
            sasl_mechanism=given.sasl_mechanism,
            sasl_username=given.sasl_username,
            sasl_password=None if password is None else password.get_secret_value(),
            ssl_cafile=given.ssl_cafile,
            ssl_certfile=given.ssl_certfile,
            ssl_keyfile=given.ssl_keyfile,
        )

    @asynccontextmanager
    async def engine(self, *, pool_size: int | None = None) -> AsyncIterator[AsyncEngine]:
        """A pool of connections to PostgreSQL, closed at the end."""
        engine = create_engine(
            self.addresses.need_postgres(),
            pool_size=pool_size or self.settings.postgres.pool_size,
        )
        try:
            yield engine
        finally:
            await engine.dispose()

    def messenger_config(self) -> MessengerConfig:
        """How to reach the messenger."""
        given = self.settings.messenger
        url, token = self.addresses.need_messenger()
        partner = given.partner_token
        step = given.timeout
        return MessengerConfig(
            bot_url=url,
            partner_url=given.partner_url or url,
            token=token,
            partner_token=token if partner is None else partner.get_secret_value(),
            ca_bundle=given.ca_file,
            adding=Adding(self.settings.gateway.adding),
            timeouts=Timeouts(connect=min(5.0, step), write=step, read=step, whole=step),
        )

    def derive_config(self) -> DeriveConfig:
        """What this installation decides about deriving."""
        chats, derive = self.settings.chats, self.settings.derive
        off = ChatKindsOff(
            frozenset(ChatKind(kind) for kind in chats.off),
            {
                SchoolId(school): frozenset(ChatKind(kind) for kind in kinds)
                for school, kinds in chats.off_by_school.items()
            },
        )
        return DeriveConfig(
            kinds_off=off,
            batch=derive.batch,
            lease_seconds=derive.lease_seconds,
            workers=derive.workers,
        )

    def retention(self) -> Retention:
        """How long what is over is kept."""
        return Retention(**self.settings.retention.model_dump())

    async def prepare(self, *, create_topics: bool = True) -> None:
        """Bring the database to the current schema, and make topics that are missing."""
        from projections.migrate import upgrade  # noqa: PLC0415 - what few commands need is slow

        await upgrade(self.addresses.need_postgres())
        if create_topics:
            await self.ensure_topics()

    async def ensure_topics(self) -> None:
        """Make the topics that do not exist yet."""
        await ensure_topics(self.kafka(), self.settings.kafka.topics, self.topic_shape())

    def topic_shape(self) -> TopicShape:
        """How topics are made."""
        given = self.settings.kafka
        return TopicShape(given.partitions, given.replication)

    async def run(
        self, parts: frozenset[Part], stop: asyncio.Event, ready: Callable[[], None] = lambda: None
    ) -> None:
        """Run these parts until ``stop``; then let each end what it is in.

        ``ready`` is told once every loop has been started.
        """
        from rollcall.parts import loops_of  # noqa: PLC0415 - what few commands need is slow

        async with AsyncExitStack() as closing:
            engine = await closing.enter_async_context(self.engine())
            listening = asyncio.Event()
            loops = loops_of(self, parts, engine, closing, listening)
            if Part.CONSOLE not in parts:
                listening.set()

            async def told(over: asyncio.Event) -> None:
                await either(listening.wait(), over.wait())
                if not over.is_set():
                    ready()

            kept = {name: partial(supervise, name, loop) for name, loop in loops.items()}
            await together(stop, {**kept, "ready": told})
