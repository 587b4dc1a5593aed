"""What the bot is told, by webhook and by long polling, over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx2
import pytest

from simulator.config import Era
from simulator.listener import listening
from simulator.server import serve
from simulator.updates import UpdateLog
from tests.servers import plain_http
from tests.simulator import official
from tests.simulator.harness import UNLIMITED, JsonObject, Site, started
from tests.simulator.official import complaints


@dataclass(slots=True)
class Receiver:
    """A webhook endpoint that answers with these statuses, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    url: str = ""
    got: "asyncio.Queue[tuple[JsonObject, str | None]]" = field(default_factory=asyncio.Queue)

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 # ASGI's callables
        """Keep the update and answer with the next status."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        secret = dict(scope["headers"]).get(b"x-max-bot-api-secret")
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        await self.got.put((json.loads(body), secret.decode() if secret else None))

    async def next(self) -> JsonObject:
        """The next update; fails if none comes."""
        async with asyncio.timeout(30):
            return (await self.got.get())[0]


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(statuses) or [200])
    async with listening(receiver, "127.0.0.1", 0) as port:
        receiver.url = f"http://127.0.0.1:{port}/hook"
        yield receiver


async def subscribe(site: Site, receiver: Receiver, **rest: object) -> None:
    answer = await site.client.post("/subscriptions", json={"url": receiver.url, **rest})
    assert answer.json() == {"success": True}


async def act(site: Site, chat_id: int, user_id: int, action: str, **rest: object) -> int:
    path = f"/sim/chats/{chat_id}/people/{user_id}"
    return (await site.client.post(path, json={"action": action, **rest})).status_code


async def test_every_update_has_the_members_of_its_schema(site: Site) -> None:
    chat_id = await site.create([1, 2], [1])
    async with receiving() as receiver:
        await subscribe(site, receiver)
        chat = f"/chats/{chat_id}"
        await site.client.post(f"{chat}/members", json={"user_ids": [3]})
        await site.client.delete(f"{chat}/members?user_id=3")
        await site.client.patch(chat, json={"title": "10г"})
        await act(site, chat_id, 4, "join")
        await act(site, chat_id, 4, "leave")
        await act(site, chat_id, 2, "remove")
        await site.client.put(f"/sim{chat}/bot", json={"member": False})
        await site.client.put(f"/sim{chat}/bot", json={"member": True})
        got = [await receiver.next() for _ in range(8)]
    for update in got:
        assert complaints(update, official.UPDATES[str(update["update_type"])]) == []
        if "user" in update:
            assert complaints(update["user"], official.USER) == []
        assert update["chat_id"] == chat_id
    bot = site.world.chats.get(chat_id).owner_id
    who = [
        (u["update_type"], _id(u.get("user")), u.get("inviter_id"), u.get("admin_id")) for u in got
    ]
    assert who == [
        ("user_added", 3, bot, None),
        ("user_removed", 3, None, bot),
        ("chat_title_changed", bot, None, None),
        ("user_added", 4, None, None),
        ("user_removed", 4, None, None),
        ("user_removed", 2, None, 1),
        ("bot_removed", bot, None, None),
        ("bot_added", None, None, None),
    ]


def _id(user: object) -> object:
    return user["user_id"] if isinstance(user, dict) else None


async def test_the_bots_own_rights_are_told_by_webhook_only(site: Site) -> None:
    chat_id = await site.create([1])
    lever = f"/sim/chats/{chat_id}/bot"
    before = (await site.client.get("/updates?timeout=0")).json()["marker"]
    await site.client.put(lever, json={"permissions": ["add_admins"]})
    polled = (await site.client.get(f"/updates?timeout=0&marker={before}")).json()["updates"]
    assert polled == []
    async with receiving() as receiver:
        await subscribe(site, receiver)
        await site.client.put(lever, json={"administrator": False})
        await site.client.put(lever, json={"permissions": ["write", "add_admins"]})
        got = [await receiver.next() for _ in range(2)]
    for update in got:
        assert complaints(update, official.UPDATES["bot_admin_permissions_changed"]) == []
    assert [(u["is_admin"], u["permissions"]) for u in got] == [
        (False, []), (True, ["write", "add_admins"]),
    ]  # fmt: skip


async def test_who_added_the_bot_was_told_before() -> None:
    config = replace(UNLIMITED, era=Era.SUMMER_2026)
    async with started(config) as site, receiving() as receiver:
        await subscribe(site, receiver)
        chat_id = await site.create([1])
        await site.client.put(f"/sim/chats/{chat_id}/bot", json={"administrator": False})
        await site.client.put(f"/sim/chats/{chat_id}/bot", json={"member": False})
        got = [await receiver.next() for _ in range(3)]
    assert [u["update_type"] for u in got] == ["bot_added", "user_added", "bot_removed"]
    assert complaints(got[0], official.before(official.UPDATES["bot_added"])) == []


async def test_the_secret_comes_in_its_header_and_only_wanted_types_come() -> None:
    async with started() as site, receiving() as receiver:
        await subscribe(site, receiver, secret="secret-1", update_types=["user_removed"])
        chat_id = await site.create([1])
        await act(site, chat_id, 1, "leave")
        update, secret = await asyncio.wait_for(receiver.got.get(), 30)
        assert (update["update_type"], secret) == ("user_removed", "secret-1")
        assert receiver.got.empty()


async def test_a_confirmed_profile_link_is_told(site: Site) -> None:
    async with receiving() as receiver:
        await subscribe(site, receiver)
        issue = {"external_id": "p1"}
        link = (await site.client.post("/partner/v1/profile-links", json=issue)).json()
        confirm = f"/sim/profile-links/{link['link_id']}/confirm"
        await site.client.post(confirm, json={"user_id": 5})
        update = await receiver.next()
    assert complaints(update, official.PROFILE_LINKED) == []
    assert (update["update_type"], update["external_id"], update["user_id"]) == (
        "profile_linked",
        "p1",
        5,
    )


async def test_what_is_not_answered_with_200_is_sent_again() -> None:
    config = replace(UNLIMITED, webhook_retries=(0.0, 0.0, 0.0))
    async with started(config) as site, receiving(503, 302, 200) as receiver:
        await subscribe(site, receiver)
        chat_id = await site.create()
        attempts = [await receiver.next() for _ in range(3)]
        assert attempts[0] == attempts[1] == attempts[2]
        await act(site, chat_id, 5, "join")
        assert (await receiver.next())["update_type"] == "user_added"


async def test_after_the_last_retry_an_update_is_lost_and_the_next_still_comes() -> None:
    config = replace(UNLIMITED, webhook_retries=(0.0,))
    async with started(config) as site, receiving(500, 500, 200) as receiver:
        await subscribe(site, receiver)
        chat_id = await site.create()
        assert [(await receiver.next())["update_type"] for _ in range(2)] == ["bot_added"] * 2
        await act(site, chat_id, 5, "join")
        assert (await receiver.next())["update_type"] == "user_added"


async def test_an_endpoint_that_gives_no_200_for_too_long_loses_its_subscription() -> None:
    config = replace(UNLIMITED, webhook_retries=(), webhook_patience=0.0)
    async with started(config) as site, receiving(500) as receiver:
        await subscribe(site, receiver)
        await site.create()
        await receiver.next()
        async with asyncio.timeout(30):
            while site.world.subscriptions:  # noqa: ASYNC110 # the loss announces itself nowhere
                await asyncio.sleep(0.01)
        assert (await site.client.get("/subscriptions")).json() == {"subscriptions": []}


async def test_a_bot_that_is_no_administrator_hears_of_nobody(site: Site) -> None:
    chat_id = await site.create([1])
    await site.client.put(f"/sim/chats/{chat_id}/bot", json={"administrator": False})
    before = (await site.client.get("/updates?timeout=0")).json()["marker"]
    await act(site, chat_id, 5, "join")
    got = (await site.client.get(f"/updates?timeout=0&marker={before}")).json()
    assert got["updates"] == []


async def test_own_changes_can_be_left_out() -> None:
    async with started(replace(UNLIMITED, report_own_changes=False)) as site:
        chat_id = await site.create([1])
        await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [2]})
        await act(site, chat_id, 5, "join")
        updates = (await site.client.get("/updates?timeout=0&marker=0")).json()["updates"]
        assert [update["user"]["user_id"] for update in updates] == [5]


async def test_an_open_poll_ends_at_once_when_something_happens(site: Site) -> None:
    chat_id = await site.create()
    marker = (await site.client.get("/updates?timeout=0")).json()["marker"]
    poll = asyncio.create_task(site.client.get(f"/updates?timeout=90&marker={marker}"))
    await act(site, chat_id, 5, "join")
    body = (await asyncio.wait_for(poll, 30)).json()
    assert complaints(body, official.UPDATE_LIST) == []
    assert [update["user"]["user_id"] for update in body["updates"]] == [5]
    assert body["marker"] > marker


async def test_polling_goes_on_from_the_marker_and_without_one_gives_the_latest(
    site: Site,
) -> None:
    chat_id = await site.create()
    for user_id in (5, 6, 7):
        await act(site, chat_id, user_id, "join")
    latest = (await site.client.get("/updates?timeout=0")).json()
    assert [update["user"]["user_id"] for update in latest["updates"]] == [7]
    one = (await site.client.get("/updates?timeout=0&marker=0&limit=1&types=user_added")).json()
    assert [update["user"]["user_id"] for update in one["updates"]] == [5]
    rest = (await site.client.get(f"/updates?timeout=0&marker={one['marker']}")).json()
    assert [update["user"]["user_id"] for update in rest["updates"]] == [6, 7]
    none = (await site.client.get(f"/updates?timeout=0&marker={rest['marker']}")).json()
    assert none == {"updates": [], "marker": rest["marker"]}


async def test_there_is_no_polling_while_a_webhook_is_subscribed(site: Site) -> None:
    async with receiving() as receiver:
        await subscribe(site, receiver)
        assert (await site.client.get("/updates?timeout=0")).status_code == 405
        await site.client.delete("/subscriptions", params={"url": receiver.url})
        assert (await site.client.get("/updates?timeout=0")).status_code == 200


async def test_a_simulator_stops_though_a_poll_is_open() -> None:
    headers = {"Authorization": UNLIMITED.token}
    async with plain_http.client(headers=headers, timeout=100) as client:
        async with serve(UNLIMITED) as running:
            url = f"{running.base_url}/updates?timeout=90"
            poll = asyncio.create_task(client.get(url))
            async with asyncio.timeout(30):
                while running.simulator.statistics.by_kind()["other"] == 0:  # noqa: ASYNC110 # an arrival announces itself nowhere
                    await asyncio.sleep(0.001)
        assert (await asyncio.wait_for(poll, 30)).json()["updates"] == []


@pytest.mark.parametrize("happens", ["an update", "the end"])
async def test_a_poll_hears_of_what_happens_while_it_begins_to_wait(happens: str) -> None:
    log = UpdateLog(1)
    nobody_hangs_up = asyncio.get_running_loop().create_future()
    poll = asyncio.create_task(log.poll(lambda: log.read(1, 10, None), 1000.0, nobody_hangs_up))
    await asyncio.sleep(0)  # it has read, found nothing, and waits from the next turn on
    if happens == "an update":
        log.append({"update_type": "bot_added"})
    else:
        log.end()
    batch = await asyncio.wait_for(poll, 30)
    assert len(batch.updates) == (1 if happens == "an update" else 0)


async def test_what_does_not_end_with_its_server_is_cut_without_an_answer() -> None:
    begun = asyncio.Event()

    async def endless(_: object, __: object, ___: object) -> None:
        begun.set()
        await asyncio.get_running_loop().create_future()

    async with plain_http.client(timeout=100) as client:
        async with listening(endless, "127.0.0.1", 0) as port:
            asked = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/"))
            await begun.wait()
        with pytest.raises(httpx2.TransportError):
            await asked


@pytest.mark.parametrize(
    ("action", "people", "admins"),
    [
        ("leave", {2}, set()),
        ("remove", {2}, set()),
        ("demote", {1, 2}, set()),
        ("promote", {1, 2}, {1}),
        ("join", {1, 2}, {1}),
    ],
)
async def test_what_people_do_is_done(
    site: Site, action: str, people: set[int], admins: set[int]
) -> None:
    chat_id = await site.create([1, 2], [1])
    assert await act(site, chat_id, 1, action) == 200
    assert (site.people(chat_id), site.admins(chat_id)) == (people, admins)


async def test_people_cannot_do_the_impossible(site: Site) -> None:
    chat_id = await site.create([1])
    await site.client.put("/sim/accounts/9", json={"refuses": "not_found"})
    await site.client.put("/sim/accounts/8", json={"refuses": "privacy"})
    assert await act(site, chat_id, 5, "leave") == 404
    assert await act(site, chat_id, 5, "remove") == 404
    assert await act(site, chat_id, 5, "promote") == 400
    assert await act(site, chat_id, 1, "demote") == 404
    assert await act(site, chat_id, 9, "join") == 404
    assert await act(site, chat_id, 1, "dance") == 400
    assert await act(site, chat_id, 8, "join") == 200
    assert site.people(chat_id) == {1, 8}
