"""The soak's whole judge of lessons' calls sees what is wrong in a real messenger.

A stranger with the partner's token brings the simulator into each wrong state over a socket, one
after the other; in between all is right, and the judge has nothing to say.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import create_engine
from rollcall.publish import local_today
from simulator.config import SimulatorConfig
from simulator.server import serve
from tests.servers import plain_http
from tests.soak.lesson_verdict import CallWatch, Said, Words, judge, ms
from tests.system.histories import Event, Later, region

TOKEN = "token-of-a-stranger"
CALLS = "/partner/v1/calls"
TITLE = "Урок"


@dataclass(slots=True)
class Scene:
    """One lesson of a region, a messenger, and the judge."""

    http: httpx2.AsyncClient
    engine: AsyncEngine
    later: Later
    published: list[Event]
    lesson: Event
    watch: CallWatch
    said: list[Said] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.lesson["subject"])

    async def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = await self.http.request(method, path, json=body, headers={"Authorization": TOKEN})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def chat(self, group: str) -> int:
        body = {"external_id": f"subject:{group}#0", "title": group, "kind": "subject",
                "user_ids": [], "admin_ids": []}  # fmt: skip
        return int((await self.ask("POST", "/partner/v1/chats", body))["chat_id"])

    async def made(self, key: str = "", group: str = "") -> str:
        """A call as the lesson should have it, or by another key, or elsewhere."""
        data = self.lesson["data"]
        body = {"external_id": key or f"lesson:{self.id}", "title": TITLE,
                "chat_id": await self.chat(group or data["group_id"]),
                "starts_at": data["starts_at"], "ends_at": data["ends_at"]}  # fmt: skip
        return str((await self.ask("POST", CALLS, body))["call_id"])

    async def changed(self, call: str, **words: str) -> None:
        await self.ask("PATCH", f"{CALLS}/{call}", words)

    async def deleted(self, call: str) -> None:
        await self.ask("DELETE", f"{CALLS}/{call}")

    def register(self, **told: object) -> None:
        """What the register says of the lesson by now."""
        self.lesson = self.later.changed(self.lesson, **told)
        self.published.append(self.lesson)

    def begins_in(self, minutes: float) -> None:
        times = span(minutes)
        self.register(**times, status="planned")

    async def decide(self, title: str | None, *, insists: bool = False) -> None:
        said = Said(ms(datetime.now(UTC)), self.id, title, insists)
        self.said.append(said)
        async with self.engine.begin() as connection:
            await connection.execute(
                text("""INSERT INTO decisions (decision_id, lesson_id, subject, choice, author, at)
                        VALUES (:id, :lesson, 'lesson', :choice, 'x', clock_now())"""),
                {"id": f"d-{len(self.said)}", "lesson": self.id, "choice": title or ""},
            )

    async def verdict(self) -> list[str]:
        """What the judge says; what it noticed on the way is forgotten then."""
        chats = (await self.http.get("/sim/chats")).json()["chats"]
        words = Words(self.said, self.said)
        found = await judge(self.engine, self.published, chats, self.watch, words)
        self.watch.faults.clear()
        self.watch.ended.clear()
        return found


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_engine(database_url)
    yield made
    await made.dispose()


def span(minutes: float) -> dict[str, str]:
    """Forty minutes, from so many minutes on."""
    start = datetime.now(UTC) + timedelta(minutes=minutes)
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(minutes=40)).isoformat()}


@asynccontextmanager
async def scene(engine: AsyncEngine, minutes: float) -> AsyncIterator[Scene]:
    """A lesson that somebody wants and that begins so many minutes from now."""
    today = local_today()
    events = region(90, 1, today)
    lesson = next(each for each in events if each["type"] == "sgo.lesson.changed.v1")
    watch = CallWatch({lesson["subject"]})
    async with (
        serve(SimulatorConfig(token=TOKEN)) as running,
        plain_http.client(base_url=running.base_url) as http,
    ):
        running.world.observe(watch)
        found = Scene(http, engine, Later(events, Random(1), today), events, lesson, watch)
        found.begins_in(minutes)
        await found.decide(TITLE)
        yield found


async def test_a_call_that_is_not_as_it_should_be_is_named(engine: AsyncEngine) -> None:
    async with scene(engine, 10) as it:
        await it.chat(it.lesson["data"]["group_id"])
        assert [each.split(":")[0] for each in await it.verdict()] == [f"lesson {it.id}"]
        call = await it.made()
        right = {key: str(it.lesson["data"][key]) for key in ("starts_at", "ends_at")}
        assert await it.verdict() == []
        for wrong, mended in ((span(11), right), ({"title": "X"}, {"title": TITLE})):
            await it.changed(call, **wrong)
            assert [each.split(":")[0] for each in await it.verdict()] == [f"lesson {it.id}"]
            await it.changed(call, **mended)
            assert await it.verdict() == []
        it.register(status="cancelled")
        (left,) = await it.verdict()
        assert left.endswith("for []")
        it.begins_in(10)
        await it.deleted(call)
        elsewhere = await it.made(group="another")
        assert len(await it.verdict()) == 1
        await it.deleted(elsewhere)
        await it.made()
        assert await it.verdict() == []


async def test_a_second_call_of_a_lesson_is_named_also_where_it_goes_again(
    engine: AsyncEngine,
) -> None:
    async with scene(engine, 10) as it:
        call = await it.made()
        assert await it.made() == call
        assert await it.verdict() == []
        await it.deleted(await it.made(key=f"lesson:{it.id}#2"))
        (second,) = await it.verdict()
        assert "no lesson's key" in second


async def test_a_call_that_runs_and_goes_without_a_word_is_named(engine: AsyncEngine) -> None:
    async with scene(engine, -10) as it:
        for _ in range(2):
            call = await it.made()
            it.watch.killed()
            assert await it.verdict() == []
            await it.deleted(call)
            (gone,) = await it.verdict()
            assert "went while it ran" in gone
        call = await it.made()
        await it.changed(call, **span(60))
        (moved,) = await it.verdict()
        assert "went while it ran" in moved
        await it.changed(call, **span(-10))
        it.said.append(Said(ms(datetime.now(UTC)), it.id, None, insists=True))
        await it.deleted(call)
        assert await it.verdict() == []
        it.watch.killed()
        assert it.watch.counted["kills while a call ran"] == 2
        assert it.watch.counted["calls that ran at a kill"] == 2
