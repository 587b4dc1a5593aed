"""A stack for one test: servers from the fixtures, a simulated messenger, engines as processes.

The simulator runs in the test, so the test sees the truth and every change as it happens. All
that was published is remembered, and that alone is what the verifier judges by.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.kafka import KafkaConfig, TopicShape, ensure_topics
from operations import status
from projections.database import create_engine, transaction
from projections.errors import StoreUnavailable
from projections.migrate import upgrade
from rollcall import publish as publishing
from schemas.decode import Rejected
from schemas.encode import read_line
from schemas.raw import RawRecord
from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve
from tests.servers import plain_http
from tests.system.processes import NotInTime, Program, Programs

TOKEN = "token-of-the-system-tests"
TOPICS = ("sgo.register", "sgo.orders", "sgo.profiles", "sgo.lessons")
LEASE_SECONDS = 8
CALLS_PER_SECOND = 300
SETTLE_SECONDS = 90.0

Event = dict[str, Any]


@dataclass(slots=True)
class Stack:
    """Everything that one test needs; ``published`` is all that Kafka acknowledged."""

    postgres: str
    kafka: KafkaConfig
    topics: tuple[str, ...]
    simulator: RunningSimulator
    http: httpx2.AsyncClient
    engine: AsyncEngine
    programs: Programs
    prefix: str = ""
    published: list[Event] = field(default_factory=list, repr=False)

    async def run(self, *words: str) -> Program:
        """Start an engine."""
        return await self.programs.start("run", *words)

    async def publish(self, events: Iterable[Event]) -> None:
        """Publish valid events and wait until Kafka has them."""
        given = list(events)
        report = publishing.Report()
        await publishing.publish(self.kafka, [self._record(event) for event in given], report)
        assert report.published == len(given)
        self.published += given

    def _record(self, event: Event) -> RawRecord:
        made = read_line(json.dumps(event, ensure_ascii=False))
        assert not isinstance(made, Rejected), made
        return RawRecord(self.prefix + made.topic, made.key, made.value, made.headers)

    async def settled(self, seconds: float = SETTLE_SECONDS) -> status.Report:
        """Wait until nothing is on its way."""
        report = await status.wait(self.engine, self.kafka, self.topics, seconds)
        if not report.settled:
            words = await self._last_words()
            raise NotInTime(f"not settled: {report.as_json()}; {words}")
        return report

    async def _last_words(self) -> str:
        """Of the two that were started last: what they said, and where those stand that run."""
        last = self.programs.started[-2:]
        return "\n".join([await each.last_words() for each in last])

    async def rows(self, query: str) -> list[Any]:
        """The rows of a query."""
        async with transaction(self.engine) as connection:
            return list(await connection.execute(text(query)))

    async def value(self, query: str) -> Any:  # noqa: ANN401 - a column's value
        """The first column of the first row."""
        return (await self.rows(query))[0][0]

    async def until(self, query: str, what: str, seconds: float = 60.0) -> None:
        """Wait until a query answers true; while PostgreSQL is away it does not."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            try:
                if await self.value(query):
                    return
            except StoreUnavailable:
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise NotInTime(f"{what}; {await self._last_words()}")
            await asyncio.sleep(0.05)

    async def acting(self) -> None:
        """Wait until the engine has caught up and may change chats."""
        await self.until(
            """SELECT armed_at IS NULL AND watched_at > clock_now() - interval '2 seconds'
                 FROM catch_up""",
            "the engine does not catch up",
        )

    async def stats(self) -> dict[str, Any]:
        """What the simulator counted."""
        found: dict[str, Any] = (await self.http.get("/sim/stats")).json()
        return found

    async def chats(self) -> list[dict[str, Any]]:
        """The simulator's chats with their members."""
        found: list[dict[str, Any]] = (await self.http.get("/sim/chats")).json()["chats"]
        return found

    async def changing(self) -> dict[str, int]:
        """Changing calls by kind, those that are not nought."""
        counted = (await self.stats())["changing"]
        return {kind: count for kind, count in counted.items() if count}

    async def forget_calls(self) -> None:
        """Count from nought."""
        await self.http.delete("/sim/stats")

    async def fault(self, **fault: object) -> None:
        """Have the simulator misbehave."""
        answer = await self.http.post("/sim/faults", json=fault)
        assert answer.status_code == 200, answer.text

    async def no_faults(self) -> None:
        """Let the simulator behave."""
        await self.http.delete("/sim/faults")


@asynccontextmanager
async def stack(
    postgres: str,
    bootstrap: str,
    folder: Path,
    prefix: str = "",
    more: Mapping[str, str] | None = None,
    replication: int = 1,
) -> AsyncIterator[Stack]:
    """A stack on these servers; its processes end with the block."""
    kafka = KafkaConfig(bootstrap=bootstrap)
    topics = tuple(prefix + topic for topic in TOPICS)
    await upgrade(postgres)
    await ensure_topics(kafka, topics, TopicShape(4, replication))
    engine = create_engine(postgres, pool_size=2)
    # The limit is another test's subject; a second more than the budget gives is never used.
    config = SimulatorConfig(token=TOKEN, requests_per_second=2 * CALLS_PER_SECOND)
    async with serve(config) as simulator, plain_http.client(base_url=simulator.base_url) as http:
        environment = {
            "PYTHONFAULTHANDLER": "1",  # one that is given up tells where it stands
            "ROLLCALL_POSTGRES__URL": postgres,
            "ROLLCALL_KAFKA__BOOTSTRAP": bootstrap,
            "ROLLCALL_KAFKA__TOPICS": json.dumps(topics),
            "ROLLCALL_KAFKA__GROUP": f"{prefix}rollcall",
            "ROLLCALL_KAFKA__REPLICATION": str(replication),
            "ROLLCALL_MESSENGER__URL": simulator.base_url,
            "ROLLCALL_MESSENGER__TOKEN": TOKEN,
            "ROLLCALL_MESSENGER__TIMEOUT": "2",
            "ROLLCALL_GATEWAY__CALLS_PER_SECOND": str(CALLS_PER_SECOND),
            "ROLLCALL_GATEWAY__LEASE_SECONDS": str(LEASE_SECONDS),
            "ROLLCALL_GATEWAY__REREAD_SECONDS": "3",
            "ROLLCALL_DERIVE__LEASE_SECONDS": "3",
            # So that anything may happen between two batches.
            "ROLLCALL_INGEST__BATCH": "50",
            # Random histories take out more than the guard lets pass; it has tests of its own.
            "ROLLCALL_GUARD__ENABLED": "false",
            "ROLLCALL_SWEEP__ENABLED": "false",
            # Several processes on one machine, each with pages and metrics on a free port.
            "ROLLCALL_CONSOLE__PORT": "0",
            "ROLLCALL_CONSOLE__METRICS_PORT": "0",
            **(more or {}),
        }
        programs = Programs(environment, folder)
        try:
            yield Stack(postgres, kafka, topics, simulator, http, engine, programs, prefix)
        finally:
            await programs.end()
            await engine.dispose()
