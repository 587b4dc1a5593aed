"""The town's lessons beside a simulated messenger: the register moves them, people decide.

The clock is the database's and settable: ``clock_now()`` of the test's database reads a row, so
every session sees the same time. Facts are written by the real statements of ingest.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor
from domain.facts import Lesson
from domain.ids import GroupId, LessonId, PersonId, SchoolId
from gateway.attempts_in_a_call import RetryPolicy, Timeouts
from gateway.breaker import BreakingMessenger
from gateway.budget import SharedBudget
from gateway.client import MaxMessenger, MessengerConfig
from gateway.lesson_calls import LessonCallLoop
from operations.lesson_acts import Answer
from projections.database import create_engine, transaction
from projections.lessons.store import LessonCallStore
from projections.messenger.budget import CallSlots
from projections.staff.actors import actor
from simulator.config import SimulatorConfig
from simulator.server import serve
from tests.domain import builders as make
from tests.lessons.deciding import decide, last_decision
from tests.projections.builders import derive_all, ingest
from tests.reconcile.bench import open_gate
from tests.servers import plain_http
from tests.staff.town import ALPHA, SchoolIds

MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""Nine o'clock in Moscow."""

TOKEN = "token-of-the-lessons"
CHEMIST = ALPHA.id("chemist")
L = LessonId("alpha-geography")

_CLOCK = (
    "CREATE TABLE test_clock (at timestamptz NOT NULL)",
    "INSERT INTO test_clock VALUES ('2026-11-24T05:30:00Z')",
    """CREATE OR REPLACE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql VOLATILE
       PARALLEL SAFE AS 'SELECT at FROM public.test_clock'""",
    "GRANT SELECT ON test_clock TO rollcall_staff",
)


async def settable(engine: AsyncEngine) -> None:
    """From now on the clock of this database stands until it is set."""
    async with transaction(engine) as connection:
        for statement in _CLOCK:
            await connection.execute(text(statement))


async def set_clock(engine: AsyncEngine, at: datetime) -> None:
    async with transaction(engine) as connection:
        await connection.execute(text("UPDATE test_clock SET at = :at"), {"at": at})


def lesson(
    start: datetime = NINE,
    minutes: int = 40,
    *,
    lesson_id: str = L,
    group: str = "chem",
    teacher: str = "chemist",
    version: int = 1,
    cancelled: bool = False,
    ids: SchoolIds = ALPHA,
) -> Lesson:
    """A lesson of one of the town's schools."""
    return Lesson(
        make.rank(version),
        LessonId(lesson_id),
        SchoolId(ids.school),
        GroupId(ids.id(group)),
        "Материки и океаны",
        PersonId(ids.id(teacher)),
        start,
        start + minutes * MINUTE,
        cancelled=cancelled,
    )


@dataclass
class Timetable:
    """The store, the messenger and the loop of one test."""

    engine: AsyncEngine
    http: httpx2.AsyncClient
    store: LessonCallStore
    loop: LessonCallLoop
    versions: dict[str, int] = field(default_factory=dict)

    async def at(self, moment: datetime) -> None:
        """Set the clock."""
        await set_clock(self.engine, moment)

    async def register(self, fact: Lesson) -> None:
        """The register tells of a lesson, newer than before."""
        version = self.versions.get(fact.lesson_id, 0) + 1
        self.versions[fact.lesson_id] = version
        told = Lesson(
            make.rank(version), fact.lesson_id, fact.school_id, fact.group_id, fact.topic,
            fact.teacher_id, fact.starts_at, fact.ends_at, cancelled=fact.cancelled,
        )  # fmt: skip
        await ingest(self.engine, told)

    async def actor(self, person: str) -> Actor:
        async with transaction(self.engine) as connection:
            found = await actor(connection, PersonId(person))
        assert found is not None
        return found

    async def plan(
        self, title: str = "Урок", who: str = CHEMIST, lesson_id: LessonId = L
    ) -> Answer:
        """«Создать», or another name."""
        return await self._decide(who, lesson_id, title)

    async def delete(
        self, who: str = CHEMIST, lesson_id: LessonId = L, *, insists: bool = False
    ) -> Answer:
        """«Удалить»."""
        return await self._decide(who, lesson_id, None, insists=insists)

    async def _decide(
        self, who: str, lesson_id: LessonId, title: str | None, *, insists: bool = False
    ) -> Answer:
        seen, doer = await last_decision(self.engine, lesson_id), await self.actor(who)
        return await decide(self.engine, doer, lesson_id, title, seen, insists=insists)

    async def settle(self, rounds: int = 60) -> None:
        """Until nothing is due now; the waits of failures pass at once."""
        for _ in range(rounds):
            await self.store.sweep(everything=False)
            await self.hurry()
            if not await self.loop.once():
                return
        raise AssertionError("still due")

    async def hurry(self) -> None:
        """The waits of failures are over, the breaker's too."""
        for breaker in self.loop.breaking.breakers.values():
            breaker.succeeded()
        await self.sql(
            "UPDATE lesson_calls SET due_at = clock_now() WHERE due_at IS NOT NULL AND attempts > 0"
        )

    async def calls(self) -> dict[str, dict[str, Any]]:
        """What the messenger has, by external id, with times as instants."""
        found = (await self.http.get("/sim/calls")).json()["calls"]
        return {each["external_id"]: each for each in found}

    async def made(self) -> dict[str, int]:
        """Calls that changed something, or were to, by method."""
        calls = (await self.http.get("/sim/stats")).json()["calls"]
        counted: dict[str, int] = {}
        for each in calls:
            if each["path"].startswith("/partner/v1/calls"):
                counted[each["method"]] = counted.get(each["method"], 0) + each["count"]
        return counted

    async def forget_calls(self) -> None:
        await self.http.delete("/sim/stats")

    async def fault(self, **fault: object) -> None:
        answer = await self.http.post("/sim/faults", json=fault)
        assert answer.status_code == 200, answer.text

    async def sql(self, statement: str, **values: object) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement), values)

    async def rows(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        async with transaction(self.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def state(self, lesson_id: str = L) -> str:
        """As operators see it."""
        ((state,),) = await self.rows(
            "SELECT state FROM dashboard.lessons WHERE lesson_id = :lesson", lesson=lesson_id
        )
        return str(state)


async def _without_lessons(engine: AsyncEngine) -> None:
    """The town's own, of which the messenger knows nothing, are not there."""
    async with transaction(engine) as connection:
        for statement in (
            "DELETE FROM lesson_calls",
            "DELETE FROM decisions WHERE lesson_id IS NOT NULL",
            "DELETE FROM fact_lessons",
        ):
            await connection.execute(text(statement))


async def chats_there(engine: AsyncEngine, http: httpx2.AsyncClient) -> None:
    """The subjects' chats are in the messenger."""
    async with transaction(engine) as connection:
        chats = [
            row.chat_id
            for row in await connection.execute(
                text("SELECT chat_id FROM chats WHERE kind = 'subject' ORDER BY chat_id")
            )
        ]
    for chat in chats:
        body = {"external_id": chat, "title": chat, "kind": "subject", "user_ids": [],
                "admin_ids": []}  # fmt: skip
        answer = await http.post("/partner/v1/chats", json=body, headers={"Authorization": TOKEN})
        max_chat_id = answer.json()["chat_id"]
        async with transaction(engine) as connection:
            await connection.execute(
                text("UPDATE chat_sync SET max_chat_id = :max WHERE chat_id = :chat"),
                {"max": max_chat_id, "chat": chat},
            )


def calling(
    engine: AsyncEngine, base_url: str, seconds: float = 2
) -> tuple[MaxMessenger, LessonCallLoop]:
    """The loop over the messenger at this address; nothing in it waits."""
    budget = SharedBudget(CallSlots(engine, calls=100_000, window=0.001))
    settings = MessengerConfig(
        base_url, base_url, TOKEN, TOKEN,
        timeouts=Timeouts(connect=2, write=2, read=seconds, whole=seconds),
        retries=RetryPolicy(attempts=1),
    )  # fmt: skip
    messenger = MaxMessenger(settings, budget)
    store = LessonCallStore(engine)
    return messenger, LessonCallLoop(store, messenger, BreakingMessenger(messenger), budget)


@asynccontextmanager
async def timetable(url: str) -> AsyncIterator[Timetable]:
    """The lessons of the town at ``url``."""
    engine = create_engine(url, pool_size=10)
    simulated = SimulatorConfig(token=TOKEN, requests_per_second=1_000_000)
    async with (
        serve(simulated) as running,
        plain_http.client(base_url=running.base_url) as http,
    ):
        await settable(engine)
        await _without_lessons(engine)
        await derive_all(engine)
        await open_gate(engine)
        await chats_there(engine, http)
        await http.delete("/sim/stats")
        messenger, loop = calling(engine, running.base_url)
        assert isinstance(loop.store, LessonCallStore)
        try:
            yield Timetable(engine, http, loop.store, loop)
        finally:
            await messenger.aclose()
            await engine.dispose()
