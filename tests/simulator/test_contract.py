"""Each answer has the members that the official description requires, and no others."""

from dataclasses import replace

import httpx2
import pytest

from simulator.config import Era
from tests.servers import plain_http
from tests.simulator import official
from tests.simulator.harness import UNLIMITED, Site, started
from tests.simulator.official import complaints


def fits(answer: httpx2.Response, shape: official.Shape) -> dict[str, object]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert complaints(body, shape) == []
    assert isinstance(body, dict)
    return body


async def test_me_is_the_bot(site: Site) -> None:
    body = fits(await site.client.get("/me"), official.BOT_INFO)
    assert body["is_bot"] is True


async def test_a_chat_has_every_required_member(site: Site) -> None:
    chat_id = await site.create([1, 2], [1])
    body = fits(await site.client.get(f"/chats/{chat_id}"), official.CHAT)
    assert (body["type"], body["status"], body["participants_count"]) == ("chat", "active", 3)


async def test_a_renamed_chat_is_answered_as_a_chat(site: Site) -> None:
    chat_id = await site.create()
    answer = await site.client.patch(f"/chats/{chat_id}", json={"title": "10г"})
    assert fits(answer, official.CHAT)["title"] == "10г"


@pytest.mark.parametrize("page", ["members", "members/admins", "members?user_ids=1,2"])
async def test_members_have_every_required_member(site: Site, page: str) -> None:
    chat_id = await site.create([1, 2], [1])
    answer = await site.client.get(f"/chats/{chat_id}/{page}")
    members = fits(answer, official.CHAT_MEMBERS_LIST)["members"]
    assert isinstance(members, list)
    assert members
    for member in members:
        assert complaints(member, official.CHAT_MEMBER) == []
        assert set(member.get("permissions") or ()) <= official.PERMISSIONS
        assert (member.get("permissions") is None) != member["is_admin"]


async def test_members_and_pages_are_as_they_were_where_that_is_set() -> None:
    async with started(replace(UNLIMITED, era=Era.SUMMER_2026)) as site:
        chat_id = await site.create([1, 2], [1])
        page = (await site.client.get(f"/chats/{chat_id}/members")).json()
        assert page["marker"] is None
        for member in page["members"]:
            assert complaints(member, official.before(official.CHAT_MEMBER)) == []
            assert (member["permissions"] is None) != member["is_admin"]
        me = (await site.client.get("/me")).json()
        assert complaints(me, official.before(official.BOT_INFO)) == []


async def test_the_bot_is_listed_as_a_bot_that_owns_and_administers(site: Site) -> None:
    chat_id = await site.create([1], [1])
    listed = (await site.client.get(f"/chats/{chat_id}/members")).json()["members"]
    itself = fits(await site.client.get(f"/chats/{chat_id}/members/me"), official.CHAT_MEMBER)
    assert itself in listed
    assert (itself["is_bot"], itself["is_owner"], itself["is_admin"]) == (True, True, True)
    assert [member["user_id"] for member in listed if member["is_owner"]] == [itself["user_id"]]


async def test_an_addition_tells_who_failed_and_why_under_200(site: Site) -> None:
    chat_id = await site.create()
    await site.client.put("/sim/accounts/7", json={"refuses": "privacy"})
    await site.client.put("/sim/accounts/8", json={"refuses": "not_found"})
    for path in (f"/chats/{chat_id}/members", f"/partner/v1/chats/{chat_id}/members"):
        answer = await site.client.post(path, json={"user_ids": [6, 7, 8]})
        body = fits(answer, official.MODIFY_RESULT)
        details = body["failed_user_details"]
        assert isinstance(details, list)
        assert [complaints(one, official.FAILED_DETAILS) for one in details] == [[], []]
        assert body["failed_user_ids"] == [7, 8]
        assert details == [
            {"error_code": "add.participant.privacy", "user_ids": [7]},
            {"error_code": "add.participant.not.found", "user_ids": [8]},
        ]
    assert site.people(chat_id) == {6}


async def test_plain_changes_answer_with_success(site: Site) -> None:
    chat_id = await site.create([1, 2])
    rights = {"admins": [{"user_id": 1, "permissions": ["add_admins"], "alias": "завуч"}]}
    chat = f"/chats/{chat_id}"
    client = site.client
    fits(await client.post(f"{chat}/members/admins", json=rights), official.SIMPLE_RESULT)
    fits(await client.delete(f"{chat}/members/admins/1"), official.SIMPLE_RESULT)
    fits(await client.delete(f"{chat}/members?user_id=1"), official.SIMPLE_RESULT)
    fits(await client.delete(f"{chat}/members/?user_id=2&block=true"), official.SIMPLE_RESULT)
    fits(await client.post(f"{chat}/actions", json={"action": "typing_on"}), official.SIMPLE_RESULT)
    fits(await client.delete(f"{chat}/members/me"), official.SIMPLE_RESULT)


async def test_subscriptions_are_listed_without_their_secret(site: Site) -> None:
    wanted = {"url": "http://127.0.0.1:9/hook", "update_types": ["user_added"], "secret": "s3cret"}
    fits(await site.client.post("/subscriptions", json=wanted), official.SIMPLE_RESULT)
    body = fits(await site.client.get("/subscriptions"), official.SUBSCRIPTIONS)
    [listed] = body["subscriptions"] if isinstance(body["subscriptions"], list) else [None]
    assert complaints(listed, official.SUBSCRIPTION) == []
    gone = await site.client.delete("/subscriptions", params={"url": "http://127.0.0.1:9/hook"})
    fits(gone, official.SIMPLE_RESULT)


async def test_a_message_is_answered_as_sent(site: Site) -> None:
    chat_id = await site.create()
    answer = await site.client.post(f"/messages?chat_id={chat_id}", json={"text": "Добрый день"})
    message = fits(answer, {"message": (dict,)})["message"]
    assert isinstance(message, dict)
    assert complaints(message, official.MESSAGE) == []
    assert complaints(message["body"], official.MESSAGE_BODY) == []
    assert complaints(message["recipient"], official.RECIPIENT) == []
    assert complaints(message["sender"], official.USER) == []


@pytest.mark.parametrize("header", ["wrong", "", "Bearer test-token", None])
@pytest.mark.parametrize(
    "path", ["/me", "/chats/1", "/simulate", "/nothing?access_token=test-token"]
)
async def test_any_token_but_the_bare_one_is_401(site: Site, header: str | None, path: str) -> None:
    async with plain_http.client(base_url=site.running.base_url) as stranger:
        headers = {} if header is None else {"Authorization": header}
        answer = await stranger.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "verify.token"
    assert complaints(answer.json(), official.ERROR) == []


async def test_what_is_none_of_the_messengers_paths_is_told_without_a_token(site: Site) -> None:
    asked = (("GET", "/sim"), ("GET", "/sim/"), ("GET", "/sim/me"), ("PUT", "/sim/chats"),
             ("POST", "/"))  # fmt: skip
    async with plain_http.client(base_url=site.running.base_url) as stranger:
        statuses = [(await stranger.request(*each)).status_code for each in asked]
    assert statuses == [404, 404, 404, 405, 405]


async def test_a_withdrawn_token_is_401_until_it_is_given_back(site: Site) -> None:
    await site.client.put("/sim/token", json={"valid": False})
    assert (await site.client.get("/me")).status_code == 401
    await site.client.put("/sim/token", json={"valid": True})
    assert (await site.client.get("/me")).status_code == 200


async def test_nobody_lists_chats(site: Site) -> None:
    answer = await site.client.get("/chats")
    assert answer.status_code == 404
    assert complaints(answer.json(), official.ERROR) == []


async def test_another_method_of_a_path_is_405(site: Site) -> None:
    answer = await site.client.put("/chats/1/members", json={})
    assert answer.status_code == 405
    assert complaints(answer.json(), official.ERROR) == []
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST", "DELETE"}


async def test_a_bot_outside_a_chat_is_denied(site: Site) -> None:
    chat_id = await site.create([1])
    await site.client.put(f"/sim/chats/{chat_id}/bot", json={"member": False})
    for path in ("", "/members", "/members/me", "/members/admins"):
        answer = await site.client.get(f"/chats/{chat_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "chat.denied")


async def test_a_removed_bot_may_see_its_status_where_so_set() -> None:
    async with started(replace(UNLIMITED, removed_bot_sees_status=True)) as site:
        chat_id = await site.create([1])
        await site.client.put(f"/sim/chats/{chat_id}/bot", json={"member": False})
        body = fits(await site.client.get(f"/chats/{chat_id}"), official.CHAT)
        assert body["status"] == "removed"


async def test_a_bot_that_is_no_administrator_may_look_at_the_chat_only(site: Site) -> None:
    chat_id = await site.create([1, 2])
    await site.client.put(f"/sim/chats/{chat_id}/bot", json={"administrator": False})
    chat = f"/chats/{chat_id}"
    assert (await site.client.get(chat)).status_code == 200
    refused = [
        await site.client.get(f"{chat}/members"),
        await site.client.patch(chat, json={"title": "x"}),
        await site.client.post(f"{chat}/members", json={"user_ids": [3]}),
        await site.client.delete(f"{chat}/members?user_id=1"),
        await site.client.delete(f"{chat}/members/admins/1"),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5
    assert site.people(chat_id) == {1, 2}
    await site.client.put(f"/sim/chats/{chat_id}/bot", json={"administrator": True})
    assert (await site.client.get(f"{chat}/members")).status_code == 200
