"""A simulator on a real socket, a client for it, and a clock that moves when told to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx2

from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve
from simulator.world import World
from tests.servers import plain_http

TOKEN = "test-token"
MEMBERS = "/chats/{chatId}/members"
ADMINS = "/chats/{chatId}/members/admins"
CREATE = "/partner/v1/chats"

JsonObject = dict[str, object]

UNLIMITED = SimulatorConfig(token=TOKEN, requests_per_second=1_000_000)


class Clock:
    """Seconds since 1970 that stand still."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """The time it stands at."""
        return self.now


@dataclass(frozen=True, slots=True)
class Site:
    """A running simulator and what a test does with it."""

    running: RunningSimulator
    client: httpx2.AsyncClient

    @property
    def world(self) -> World:
        """The simulator's truth."""
        return self.running.world

    async def create(
        self, people: Sequence[int] = (), admins: Sequence[int] = (), external_id: str = "a"
    ) -> int:
        """Create a chat and return its id."""
        answer = await self.client.post(CREATE, json=chat_body(people, admins, external_id))
        assert answer.status_code == 200, answer.text
        chat_id = answer.json()["chat_id"]
        assert isinstance(chat_id, int)
        return chat_id

    async def arm(self, method: str, path: str, kind: str, **rest: object) -> int:
        """Arm a fault and return its id."""
        body = {"method": method, "path": path, "kind": kind, **rest}
        answer = await self.client.post("/sim/faults", json=body)
        assert answer.status_code == 200, answer.text
        fault_id = answer.json()["id"]
        assert isinstance(fault_id, int)
        return fault_id

    def people(self, chat_id: int) -> set[int]:
        """Who is in the chat in truth, without the bot."""
        chat = self.world.chats.get(chat_id)
        return set(chat) - {chat.owner_id}

    def admins(self, chat_id: int) -> set[int]:
        """Who administers the chat in truth, without the bot."""
        chat = self.world.chats.get(chat_id)
        return set(chat.admins) - {chat.owner_id}


def chat_body(
    people: Sequence[int] = (), admins: Sequence[int] = (), external_id: str = "a"
) -> JsonObject:
    """The body of a create."""
    return {
        "external_id": external_id,
        "title": "9г - Ученики",
        "kind": "class",
        "user_ids": list(people),
        "admin_ids": list(admins),
    }


@asynccontextmanager
async def started(config: SimulatorConfig = UNLIMITED) -> AsyncIterator[Site]:
    """Run a simulator for the length of the block."""
    config = replace(config, token=TOKEN)
    async with (
        serve(config) as running,
        plain_http.client(
            base_url=running.base_url,
            headers={"Authorization": TOKEN},
            timeout=30,
        ) as client,
    ):
        yield Site(running, client)
