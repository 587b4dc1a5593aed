"""Each kind of fault, seen from a client on a real socket."""

import asyncio
import json
import time
from typing import Any

import httpx2
import pytest

from simulator.faults import FaultKind
from tests.simulator.harness import ADMINS, CREATE, MEMBERS, Site, chat_body, started


async def add(site: Site, chat_id: int, *user_ids: int) -> httpx2.Response:
    return await site.client.post(f"/chats/{chat_id}/members", json={"user_ids": [*user_ids]})


async def test_a_status_comes_instead_of_the_effect(site: Site) -> None:
    chat_id = await site.create([1])
    headers = {"Retry-After": "-1", "X-Trace": "7"}
    await site.arm("POST", MEMBERS, "status", status=429, headers=headers, count=1)
    answer = await add(site, chat_id, 2)
    assert (answer.status_code, answer.json()["code"]) == (429, "too.many.requests")
    assert (answer.headers["retry-after"], answer.headers["x-trace"]) == ("-1", "7")
    assert site.people(chat_id) == {1}
    assert (await add(site, chat_id, 2)).status_code == 200


async def test_a_status_after_the_effect_hides_the_effect(site: Site) -> None:
    chat_id = await site.create([1])
    await site.arm("POST", MEMBERS, "status_after_effect", status=500, count=1)
    assert (await add(site, chat_id, 2)).status_code == 500
    assert site.people(chat_id) == {1, 2}


@pytest.mark.parametrize(("kind", "people"), [("drop", {1}), ("drop_after_effect", {1, 2})])
async def test_a_dropped_connection_gives_not_one_byte(
    site: Site, kind: str, people: set[int]
) -> None:
    chat_id = await site.create([1])
    await site.arm("POST", MEMBERS, kind, count=1)
    host, port = site.running.base_url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"user_ids": [2]})
    writer.write(
        f"POST /chats/{chat_id}/members HTTP/1.1\r\nHost: x\r\nAuthorization: test-token\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass  # the other way in which a connection ends without a byte
    finally:
        writer.close()
    assert site.people(chat_id) == people
    [call] = [
        call
        for call in (await site.client.get("/sim/stats")).json()["calls"]
        if call["path"] == MEMBERS
    ]
    assert call["status"] is None


async def test_a_client_library_sees_a_drop_as_a_protocol_error(site: Site) -> None:
    await site.arm("POST", CREATE, "drop_after_effect", count=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        await site.client.post(CREATE, json=chat_body([1]))
    again = (await site.client.post(CREATE, json=chat_body([1]))).json()
    assert again["created"] is False
    assert len(site.world.chats) == 1


@pytest.mark.parametrize("kind", ["slow", "slow_after_effect"])
async def test_slow_takes_at_least_so_long_and_has_its_effect(site: Site, kind: str) -> None:
    chat_id = await site.create([1])
    await site.arm("POST", MEMBERS, kind, seconds=0.2, count=1)
    begun = time.monotonic()
    assert (await add(site, chat_id, 2)).status_code == 200
    assert time.monotonic() - begun >= 0.2
    assert site.people(chat_id) == {1, 2}


async def test_a_client_that_gave_up_on_a_slow_call_meets_its_effect_later(site: Site) -> None:
    chat_id = await site.create([1])
    await site.arm("POST", MEMBERS, "slow", seconds=0.3, count=1)
    with pytest.raises(httpx2.ReadTimeout):
        await site.client.post(
            f"/chats/{chat_id}/members",
            json={"user_ids": [2]},
            timeout=httpx2.Timeout(30, read=0.05),
        )
    async with asyncio.timeout(30):
        while site.people(chat_id) == {1}:  # noqa: ASYNC110 # the effect announces itself nowhere
            await asyncio.sleep(0.01)
    assert site.people(chat_id) == {1, 2}


async def test_a_partial_addition_lists_the_others_without_a_reason(site: Site) -> None:
    chat_id = await site.create()
    await site.arm("POST", MEMBERS, "partial", count=1)
    body = (await add(site, chat_id, 1, 2, 3)).json()
    assert body == {"success": True, "failed_user_ids": [2, 3], "failed_user_details": []}
    assert site.people(chat_id) == {1}


async def test_a_partial_create_is_a_chat_without_half_of_its_people(site: Site) -> None:
    await site.arm("POST", CREATE, "partial", count=1)
    body = (await site.client.post(CREATE, json=chat_body([1, 2, 3, 4], [1, 4]))).json()
    assert (body["created"], body["failed_user_ids"]) == (True, [3, 4])
    assert (site.people(body["chat_id"]), site.admins(body["chat_id"])) == ({1, 2}, {1})


async def test_a_partial_promotion_is_no_success(site: Site) -> None:
    chat_id = await site.create([1, 2])
    await site.arm("POST", ADMINS, "partial", count=1)
    entries = [{"user_id": user_id, "permissions": ["add_admins"]} for user_id in (1, 2)]
    answer = await site.client.post(f"/chats/{chat_id}/members/admins", json={"admins": entries})
    assert answer.json()["success"] is False
    assert site.admins(chat_id) == {1}


async def test_a_partial_page_looks_like_the_last_one(site: Site) -> None:
    chat_id = await site.create(range(1, 31))
    await site.arm("GET", MEMBERS, "partial", count=1)
    body = (await site.client.get(f"/chats/{chat_id}/members?count=20")).json()
    assert (len(body["members"]), body.get("marker")) == (10, None)


async def test_a_stale_read_lags_one_change_behind(site: Site) -> None:
    chat_id = await site.create([1], [1])
    fault = await site.arm("GET", MEMBERS, "stale_read")
    assert (await site.client.get(f"/chats/{chat_id}/members")).status_code == 404
    await add(site, chat_id, 2)
    await add(site, chat_id, 3)
    stale = (await site.client.get(f"/chats/{chat_id}/members")).json()["members"]
    assert [member["user_id"] for member in stale if not member["is_bot"]] == [1, 2]
    await site.client.delete(f"/sim/faults/{fault}")
    fresh = (await site.client.get(f"/chats/{chat_id}/members")).json()["members"]
    assert [member["user_id"] for member in fresh if not member["is_bot"]] == [1, 2, 3]


async def test_a_stale_read_still_shows_a_deleted_chat(site: Site) -> None:
    chat_id = await site.create([1])
    await site.client.delete(f"{CREATE}/{chat_id}")
    await site.arm("GET", "/chats/{chatId}", "stale_read", count=1)
    assert (await site.client.get(f"/chats/{chat_id}")).status_code == 200
    assert (await site.client.get(f"/chats/{chat_id}")).status_code == 404


async def test_html_comes_with_200_and_no_effect(site: Site) -> None:
    chat_id = await site.create([1])
    await site.arm("POST", MEMBERS, "html", count=1)
    answer = await add(site, chat_id, 2)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert site.people(chat_id) == {1}


async def test_a_truncated_answer_is_half_of_the_json_after_the_effect(site: Site) -> None:
    chat_id = await site.create([1])
    await site.arm("POST", MEMBERS, "truncated", count=1)
    answer = await add(site, chat_id, 2)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()
    assert site.people(chat_id) == {1, 2}


async def test_a_cyclic_marker_never_ends(site: Site) -> None:
    chat_id = await site.create([1, 2])
    await site.arm("GET", MEMBERS, "cyclic_marker")
    first = (await site.client.get(f"/chats/{chat_id}/members")).json()
    again = (await site.client.get(f"/chats/{chat_id}/members?marker={first['marker']}")).json()
    assert first == again
    assert first["marker"] is not None


async def test_success_false_comes_with_200_and_no_effect(site: Site) -> None:
    chat_id = await site.create([1])
    await site.arm("DELETE", MEMBERS, "success_false", count=1)
    answer = await site.client.delete(f"/chats/{chat_id}/members?user_id=1")
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert site.people(chat_id) == {1}


async def test_null_ids_stand_beside_details(site: Site) -> None:
    chat_id = await site.create()
    await site.client.put("/sim/accounts/2", json={"refuses": "privacy"})
    await site.arm("POST", MEMBERS, "null_failed_ids", count=1)
    body = (await add(site, chat_id, 1, 2)).json()
    assert body["failed_user_ids"] is None
    assert body["failed_user_details"][0]["user_ids"] == [2]


async def test_the_same_seed_strikes_the_same_calls(site: Site) -> None:
    await site.arm("GET", "/me", "status", probability=0.5)
    statuses = [(await site.client.get("/me")).status_code for _ in range(40)]
    async with started() as other:
        await other.arm("GET", "/me", "status", probability=0.5)
        assert [(await other.client.get("/me")).status_code for _ in range(40)] == statuses
    assert set(statuses) == {200, 503}


async def test_a_template_matches_whatever_its_places_are_called(site: Site) -> None:
    chat_id = await site.create()
    await site.arm("get", "/chats/{id}", "status", count=2)
    await site.arm("*", "*", "status", status=500, count=1)
    statuses = [(await site.client.get(f"/chats/{chat_id}")).status_code for _ in range(4)]
    assert statuses == [503, 503, 500, 200]
    assert (await site.client.get("/sim/faults")).json() == {"faults": []}


async def test_faults_can_be_listed_and_taken_away(site: Site) -> None:
    first = await site.arm("GET", "/me", "status")
    await site.arm("GET", "/me", "html")
    listed = (await site.client.get("/sim/faults")).json()["faults"]
    assert [fault["kind"] for fault in listed] == ["status", "html"]
    assert (await site.client.delete(f"/sim/faults/{first}")).status_code == 200
    assert (await site.client.delete(f"/sim/faults/{first}")).status_code == 404
    assert (await site.client.delete("/sim/faults")).status_code == 200
    assert (await site.client.get("/me")).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/chats/{id}/nothing"},
        {"method": "PUT"},
        {"kind": "explode"},
        {"status": "503"},
        {"status": 42},
        {"probability": 2},
        {"count": 0},
        {"seconds": -1},
        {"headers": {"Bad Name": "x"}},
        {"headers": {"X": "a\r\nb"}},
    ],
)
async def test_a_fault_that_cannot_be_is_refused(site: Site, change: dict[str, object]) -> None:
    body = {"method": "GET", "path": "/chats/{chatId}", "kind": "status"} | change
    answer = await site.client.post("/sim/faults", json=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize("kind", [kind.value for kind in FaultKind])
async def test_any_kind_can_be_armed_for_any_call_and_leaves_the_next_one_alone(
    site: Site, kind: str
) -> None:
    await site.arm("GET", "/me", kind, seconds=0, count=1)
    try:
        assert (await site.client.get("/me")).status_code in (200, 503)
    except httpx2.RemoteProtocolError:
        assert kind in {"drop", "drop_after_effect"}
    assert (await site.client.get("/me")).json()["is_bot"] is True


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        ("POST", MEMBERS, {"json": {"user_ids": [6, 7, 8]}}),
        ("DELETE", MEMBERS, {"params": {"user_id": 7}}),
        ("POST", ADMINS, {"json": {"admins": [{"user_id": 7, "permissions": ["write"]}]}}),
    ],
)
async def test_a_fault_may_be_about_one_account(
    site: Site, method: str, path: str, call: dict[str, Any]
) -> None:
    chat_id = await site.create([1, 2])
    await site.arm(method, path, "status", status=400, code="what.is.this", user_id=7)
    url = path.replace("{chatId}", str(chat_id))
    answer = await site.client.request(method, url, **call)
    assert (answer.status_code, answer.json()["code"]) == (400, "what.is.this")
    assert site.people(chat_id) == {1, 2}
    others = await site.client.delete(f"/chats/{chat_id}/members?user_id=2")
    assert others.json() == {"success": True}


async def test_a_change_may_be_answered_and_not_made(site: Site) -> None:
    chat_id = await site.create([1, 2])
    chat = f"/chats/{chat_id}"
    for method, path in (("POST", MEMBERS), ("DELETE", MEMBERS), ("PATCH", "/chats/{chatId}")):
        await site.arm(method, path, "ignored")
    assert (await site.client.post(f"{chat}/members", json={"user_ids": [3]})).json() == {
        "success": True
    }
    assert (await site.client.delete(f"{chat}/members?user_id=1")).json() == {"success": True}
    renamed = await site.client.patch(chat, json={"title": "10г"})
    assert renamed.json()["title"] == "10г"
    assert site.people(chat_id) == {1, 2}
    assert site.world.chats.get(chat_id).title == "9г - Ученики"


async def test_a_chat_may_count_one_more_than_it_lists(site: Site) -> None:
    chat_id = await site.create([1, 2])
    await site.arm("GET", "/chats/{chatId}", "miscount")
    chat = (await site.client.get(f"/chats/{chat_id}")).json()
    assert chat["participants_count"] == 4


async def test_success_false_may_have_a_code(site: Site) -> None:
    chat_id = await site.create([1])
    await site.arm("DELETE", MEMBERS, "success_false", code="chat.denied")
    answer = await site.client.delete(f"/chats/{chat_id}/members?user_id=1")
    assert (answer.status_code, answer.json()["code"]) == (200, "chat.denied")
