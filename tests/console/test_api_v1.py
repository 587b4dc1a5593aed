"""The API for programs: a program asks for a person, by that person's rights."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx2
import pytest

from console.entrance.gate import FOR_PERSON
from console.problems import MEDIA_TYPE
from console.rest.document import PATH
from console.rest.lists import BASE
from domain.rights import Scope
from operations.installation import ORDINARY, Installation
from projections.database import transaction
from projections.staff import service_accounts
from tests.console.running import Running, running
from tests.projections.builders import derive_all
from tests.staff.town import ALPHA, NAMES, OWN

CHAT = ALPHA.chat("class", "7a")


@dataclass(frozen=True)
class Program:
    """A service account, asking for one person or another."""

    console: Running
    token: str

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", FOR_PERSON: ALPHA.id(who)}

    async def ask(
        self, method: str, path: str, body: object = None, who: str = "administrator",
        key: str | None = None,
    ) -> httpx2.Response:  # fmt: skip
        headers = self.headers(who) | {"Idempotency-Key": key or str(uuid4())}
        url = self.console.at.console + BASE + path
        return await self.console.client.request(method, url, json=body, headers=headers)

    async def version(self) -> int:
        found: int = (await self.ask("GET", f"/chats/{CHAT}")).json()["version"]
        return found

    async def members(self, **asked: object) -> list[str]:
        answer = await self.ask("POST", f"/chats/{CHAT}/members/search", asked)
        return [each["person_id"] for each in answer.json()["items"]]


@pytest.fixture
async def program(town_url: str) -> AsyncIterator[Program]:
    async with program_of(town_url) as made:
        yield made


@asynccontextmanager
async def program_of(url: str, installation: Installation = ORDINARY) -> AsyncIterator[Program]:
    """A program with every scope, over the database at ``url``."""
    async with running(url, who=None, installation=installation) as console:
        async with transaction(console.engine) as connection:
            token = await service_accounts.add(connection, "sgo", frozenset(Scope), "operator")
        assert token is not None
        yield Program(console, token)


async def test_the_lists_tell_what_the_screens_do(program: Program) -> None:
    asked = {"surname": NAMES[OWN], "kind": "class", "size": 1}
    found = (await program.ask("POST", f"/schools/{OWN}/chats/search", asked)).json()
    assert (found["total"], found["size"], len(found["items"])) == (2, 1, 1)
    assert found["items"][0]["chat_id"] == CHAT
    assert found["items"][0]["administrators"][0]["surname"] == NAMES[OWN]
    assert ALPHA.id("pupil-1") in await program.members()
    assert await program.members(name="leader") == [ALPHA.id("leader")]
    own = (await program.ask("GET", "/me/chats", who="parent-1")).json()
    assert {chat["kind"] for chat in own["chats"]} == {"parents"}
    assert list(own["children"]) == [ALPHA.id("pupil-1")]


async def test_a_change_is_made_once_and_can_be_taken_back(program: Program) -> None:
    runner, key = ALPHA.id("runner"), str(uuid4())
    body = {"person_ids": [runner], "version": await program.version()}
    for _ in range(2):
        answer = await program.ask("POST", f"/chats/{CHAT}/members/add", body, key=key)
        assert answer.json() == {"act": "add", "act_id": key, "people": 1}
    await derive_all(program.console.engine)
    assert runner in await program.members()
    for _ in range(2):
        undone = await program.ask("POST", f"/chats/{CHAT}/undo", {"act_id": key})
        assert undone.json() == {"people": 1, "left": 0}
    await derive_all(program.console.engine)
    assert runner not in await program.members()
    told = (await program.ask("GET", f"/chats/{CHAT}/history")).json()["items"]
    done = [each["what"] for each in told if each["sort"] == "decision"]
    assert done[:2] == ["undo", "add"]
    assert {each["by"]["given_name"] for each in told if each["by"]} == {"administrator"}


async def test_what_somebody_else_decided_meanwhile_is_not_overridden_unseen(
    program: Program,
) -> None:
    body = {"person_ids": [ALPHA.id("pupil-1")], "version": await program.version()}
    first = await program.ask("POST", f"/chats/{CHAT}/members/remove", body, "leader")
    second = await program.ask("POST", f"/chats/{CHAT}/members/promote", body)
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.headers["content-type"] == MEDIA_TYPE
    assert second.json()["code"] == "overtaken"


async def test_a_chat_is_made_by_hand_once_and_a_second_one_only_by_who_knows_of_the_first(
    program: Program,
) -> None:
    runner, key = ALPHA.id("runner"), str(uuid4())
    trip = {"kind": "class", "class_id": ALPHA.id("7a"), "title": "Поход", "filling": "chosen",
            "person_ids": [runner], "known": []}  # fmt: skip
    path = f"/schools/{OWN}/chats"
    second = await program.ask("POST", path, trip, key=key)
    assert (second.status_code, second.json()["code"]) == (409, "twins")
    made = [await program.ask("POST", path, trip | {"known": [CHAT]}, key=key) for _ in range(2)]
    (chat,) = {answer.json()["chat_id"] for answer in made}
    await derive_all(program.console.engine)
    found = await program.ask("POST", f"/chats/{chat}/members/search", {})
    people = {each["person_id"] for each in found.json()["items"]}
    assert people == {runner, ALPHA.id("administrator")}
    nothing = trip | {"class_id": "no class", "known": [CHAT]}
    refused = await program.ask("POST", path, nothing)
    assert (refused.status_code, refused.json()["code"]) == (422, "not_understood")
    refused = await program.ask("POST", path, nothing | {"class_id": "nobody"})
    assert (refused.status_code, refused.json()["code"]) == (409, "no_purpose")
    assert (await program.ask("POST", path, trip, who="staff")).status_code == 403


async def test_a_title_a_deletion_and_a_refusal(program: Program) -> None:
    body = {"title": " Седьмой  класс ", "version": await program.version()}
    assert (await program.ask("PUT", f"/chats/{CHAT}/title", body)).status_code == 200
    await derive_all(program.console.engine)
    assert (await program.ask("GET", f"/chats/{CHAT}")).json()["title"] == "Седьмой класс"
    refused = await program.ask("DELETE", f"/chats/{CHAT}", who="chemist")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    for anew in (True, False):
        deleted = await program.ask("DELETE", f"/chats/{CHAT}")
        assert deleted.json() == {"chat_id": CHAT, "anew": anew}
    await derive_all(program.console.engine)
    late = await program.ask("PUT", f"/chats/{CHAT}/title", body | {"version": 10**9})
    assert (late.status_code, late.json()["code"]) == (409, "closed")


UNMEANT: list[tuple[str, object]] = [
    ("members/add", {"person_ids": [], "version": 0}),
    ("members/add", {"person_ids": ["a\x00"], "version": 0}),
    ("members/add", {"person_ids": ["a"] * 1001, "version": 0}),
    ("members/add", {"person_ids": ["a"]}),
    ("members/search", {"name": "\x00"}),
    ("members/search", {"name": "\ud800"}),
    ("members/search", {"nmae": "Иванова"}),
    ("members/search", {"size": 0}),
    ("members/search", []),
    ("candidates/search", {"parts": ["headmaster"]}),
    ("removals", {"hash": "x", "choice": "allow"}),
    ("outsiders/keep", {"account": 0, "version": 0}),
    ("outsiders/remove", {"account": 2**63, "version": 0}),
]


async def test_what_cannot_be_meant_is_refused_by_the_names_of_its_members(
    program: Program,
) -> None:
    headers = program.headers("administrator")
    headers |= {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    for path, body in UNMEANT:
        url = f"{program.console.at.console}{BASE}/chats/{CHAT}/{path}"
        answer = await program.console.client.post(url, content=json.dumps(body), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_understood"), body
        assert "Иванова" not in answer.text


async def test_the_greatest_account_is_described_to_the_unit(program: Program) -> None:
    """As a double it would be another one, that is refused."""
    described = (await program.console.client.get(program.console.at.console + PATH)).json()
    account = described["components"]["schemas"]["AccountNamed"]["properties"]["account"]
    assert (account["minimum"], account["maximum"]) == (1, 2**63 - 1)
    assert isinstance(account["maximum"], int)
    body = {"account": account["maximum"], "version": 0}
    said = await program.ask("POST", f"/chats/{CHAT}/outsiders/remove", body)
    assert said.json()["code"] != "not_understood"


async def test_schemathesis_finds_nothing(program: Program) -> None:
    from tests.console.schemathesis_tries import try_everything  # noqa: PLC0415 - see there

    described = (await program.console.client.get(program.console.at.console + PATH)).json()
    # Who asks, and for whom, is given with each request: what comes without is for test_doors.
    for path in described["paths"].values():
        for operation in path.values():
            del operation["security"]
            operation["parameters"] = [
                each for each in operation["parameters"] if each["name"] != FOR_PERSON
            ]
    url, headers = program.console.at.console, program.headers("administrator")
    assert await asyncio.to_thread(try_everything, described, url, headers) >= 40
