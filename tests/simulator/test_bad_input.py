"""Whatever comes in, the answer is a 4xx in the API's shape, and nothing has changed."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.changes import Change
from simulator.wire import ApiError, parse_object
from tests.simulator import official
from tests.simulator.harness import CREATE, Site, chat_body
from tests.simulator.official import complaints

BODIES = {
    "empty": b"",
    "truncated": b'{"user_ids": [1, 2',
    "byte order mark": b'\xef\xbb\xbf{"user_ids": [5]}',
    "not UTF-8": b'{"user_ids": [5], "x": "\xff"}',
    "UTF-16": '{"user_ids": [5]}'.encode("utf-16"),
    "NaN": b'{"user_ids": [NaN]}',
    "infinity": b'{"user_ids": [1e400]}',
    "key twice": b'{"user_ids": [5], "user_ids": [6]}',
    "depth 10,000": b'{"user_ids": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "depth 100,000": b"[" * 100_000,
    "5,000 digits": b'{"user_ids": [' + b"9" * 5_000 + b"]}",
    "a list": b"[1]",
    "null": b"null",
    "a string": b'"user_ids"',
    "longer than 1 MiB": b'{"user_ids": [5], "x": "' + b"a" * 1024 * 1024 + b'"}',
}

IDS: list[object] = [
    None, "5", 5, {}, [], ["5"], [True], [5.0], [0], [-5], [2**63], [5, 5], [None], [[5]], [{}],
    list(range(1, 102)),
]  # fmt: skip

TITLES: list[object] = [
    "", "x" * 201, 5, [], True, "\0", "9\0г", "\ud800", "\udfff" * 3, {"a": 1},
]  # fmt: skip

GOOD_TITLES = [
    "Ё", "Е\u0308", "10A", "\u202eabc", "\u200b", "👩‍👩‍👧", "x" * 200, "👍" * 200, "O'Нил", "Null",
    "<img onerror=alert(1)>", "=HYPERLINK(1)", "{{7*7}}", "a\r\nb", "\x1b[31m", " ",
]  # fmt: skip

CHAT_IDS = ["abc1/members", "1e5", "0x10", "99999999999999999999", "9223372036854775808", "--1",
            "+1", "%D9%A1%D9%A2", "1.0", "-", "%00", "1%20"]  # fmt: skip


def refuses(answer_status: int, body: object) -> None:
    assert 400 <= answer_status < 500
    assert complaints(body, official.ERROR) == []


def watched(site: Site) -> list[Change]:
    changes: list[Change] = []
    site.world.observe(changes.append)
    return changes


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_is_no_json_object_is_refused_everywhere(site: Site, body: bytes) -> None:
    chat_id = await site.create([1, 2])
    changes = watched(site)
    for method, path in (
        ("POST", CREATE),
        ("PATCH", f"/chats/{chat_id}"),
        ("POST", f"/chats/{chat_id}/members"),
        ("POST", f"/partner/v1/chats/{chat_id}/members"),
        ("POST", f"/chats/{chat_id}/members/admins"),
        ("POST", "/subscriptions"),
        ("POST", "/partner/v1/calls"),
        ("POST", "/partner/v1/profile-links"),
        ("POST", "/sim/faults"),
        ("PUT", "/sim/token"),
    ):
        answer = await site.client.request(method, path, content=body)
        assert answer.status_code == 400, path
        refuses(answer.status_code, answer.json())
    assert changes == []


@pytest.mark.parametrize("ids", IDS)
async def test_ids_that_are_none_are_refused(site: Site, ids: object) -> None:
    chat_id = await site.create([1])
    changes = watched(site)
    for path in (f"/chats/{chat_id}/members", f"/partner/v1/chats/{chat_id}/members"):
        answer = await site.client.post(path, json={"user_ids": ids})
        refuses(answer.status_code, answer.json())
    if ids != []:
        body = chat_body(external_id="b") | {"user_ids": ids}
        answer = await site.client.post(CREATE, json=body)
        refuses(answer.status_code, answer.json())
    assert changes == []


@pytest.mark.parametrize("title", TITLES)
async def test_titles_that_are_none_are_refused(site: Site, title: object) -> None:
    chat_id = await site.create()
    changes = watched(site)
    # By hand, for the client refuses to send lone surrogates as such.
    sent = json.dumps({"title": title}).encode()
    answer = await site.client.patch(f"/chats/{chat_id}", content=sent)
    refuses(answer.status_code, answer.json())
    sent = json.dumps(chat_body(external_id="b") | {"title": title}).encode()
    answer = await site.client.post(CREATE, content=sent)
    refuses(answer.status_code, answer.json())
    assert changes == []


@pytest.mark.parametrize("title", GOOD_TITLES)
async def test_odd_titles_are_kept_to_the_letter(site: Site, title: str) -> None:
    chat_id = await site.create()
    answer = await site.client.patch(f"/chats/{chat_id}", json={"title": title})
    assert answer.json()["title"] == title
    assert (await site.client.get(f"/chats/{chat_id}")).json()["title"] == title
    assert (await site.client.get("/")).status_code == 200


@pytest.mark.parametrize("chat_id", CHAT_IDS)
async def test_chat_ids_that_are_none_are_refused(site: Site, chat_id: str) -> None:
    for method, path in (
        ("GET", f"/chats/{chat_id}"),
        ("GET", f"/chats/{chat_id}/members"),
        ("DELETE", f"/chats/{chat_id}/members?user_id=1"),
        ("DELETE", f"/partner/v1/chats/{chat_id}"),
        ("GET", f"/sim/chats/{chat_id}"),
    ):
        answer = await site.client.request(method, path)
        refuses(answer.status_code, answer.json())


@pytest.mark.parametrize(
    "query",
    ["count=0", "count=101", "count=x", "count=-1", "marker=x", "marker=99999999999999999999",
     "user_ids=x", "user_ids=1,,2", "user_ids=0", "count=1&count=500"],
)  # fmt: skip
async def test_page_bounds_that_are_none_are_refused(site: Site, query: str) -> None:
    chat_id = await site.create([1])
    answer = await site.client.get(f"/chats/{chat_id}/members?{query}")
    assert answer.status_code == 400
    refuses(answer.status_code, answer.json())


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "timeout=-1", "timeout=91", "timeout=1.5", "marker=now"]
)
async def test_poll_bounds_that_are_none_are_refused(site: Site, query: str) -> None:
    answer = await site.client.get(f"/updates?{query}")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "admins",
    [None, [], {}, "x", [1], [{}], [{"user_id": 1}], [{"user_id": 1, "permissions": None}],
     [{"user_id": 1, "permissions": ["fly"]}], [{"user_id": "1", "permissions": []}],
     [{"user_id": 1, "permissions": [1]}], [{"user_id": 1, "permissions": {}}],
     [{"user_id": 1, "permissions": [], "alias": 5}],
     [{"user_id": 1, "permissions": []}, {"user_id": 1, "permissions": []}]],
)  # fmt: skip
async def test_entries_that_are_none_are_refused(site: Site, admins: object) -> None:
    chat_id = await site.create([1])
    answer = await site.client.post(f"/chats/{chat_id}/members/admins", json={"admins": admins})
    assert answer.status_code == 400
    assert site.admins(chat_id) == set()


@pytest.mark.parametrize(
    "change",
    [{"url": ""}, {"url": "ftp://x/y"}, {"url": "hook"}, {"url": "http://"}, {"url": 5},
     {"url": "http://[bad/"}, {"secret": "abc"}, {"secret": "a b c d e"}, {"secret": "é" * 9},
     {"update_types": "all"}, {"update_types": [1]}],
)  # fmt: skip
async def test_subscriptions_that_are_none_are_refused(
    site: Site, change: dict[str, object]
) -> None:
    body: dict[str, object] = {"url": "http://127.0.0.1:9/hook", "secret": "secret-1"}
    answer = await site.client.post("/subscriptions", json=body | change)
    assert answer.status_code == 400
    assert site.world.subscriptions == {}


@pytest.mark.parametrize(
    "change",
    [{"starts_at": "2026-09-01"}, {"starts_at": "2026-09-01T08:00:00"}, {"ends_at": None},
     {"ends_at": "2026-09-01T07:00:00Z"}, {"ends_at": "2026-09-01T08:00:00Z"}, {"title": ""},
     {"chat_id": "1"}, {"chat_id": True}, {"external_id": ""}],
)  # fmt: skip
async def test_calls_that_are_none_are_refused(site: Site, change: dict[str, object]) -> None:
    body: dict[str, object] = {
        "external_id": "lesson-1",
        "chat_id": await site.create(),
        "title": "Химия",
        "starts_at": "2026-09-01T08:00:00Z",
        "ends_at": "2026-09-01T08:45:00Z",
    }
    answer = await site.client.post("/partner/v1/calls", json=body | change)
    assert answer.status_code == 400
    assert list(site.world.meetings) == []


async def test_a_call_in_a_chat_that_is_not_there_is_404(site: Site) -> None:
    body = {
        "external_id": "lesson-1",
        "chat_id": -1,
        "title": "Химия",
        "starts_at": "2026-09-01T08:00:00Z",
        "ends_at": "2026-09-01T08:45:00Z",
    }
    assert (await site.client.post("/partner/v1/calls", json=body)).status_code == 404


@pytest.mark.parametrize("action", [None, "dance", 5, [], {}])
async def test_actions_that_are_none_are_refused(site: Site, action: object) -> None:
    path = f"/chats/{await site.create()}/actions"
    assert (await site.client.post(path, json={"action": action})).status_code == 400


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
FIELDS = st.sampled_from([
    "user_ids", "admin_ids", "title", "external_id", "kind", "admins", "user_id", "permissions",
    "url", "secret", "update_types", "chat_id", "starts_at", "ends_at", "action", "refuses",
    "member", "administrator", "valid", "method", "path", "headers", "status",
])  # fmt: skip


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(FIELDS, ANYTHING), st.binary(max_size=64))
async def test_any_body_at_all_is_answered_without_an_internal_error(
    site: Site, body: dict[str, object], noise: bytes
) -> None:
    chat = "/chats/-70000000000001"
    for method, path in (
        ("POST", CREATE),
        ("PATCH", chat),
        ("POST", f"{chat}/members"),
        ("POST", f"{chat}/members/admins"),
        ("POST", "/subscriptions"),
        ("POST", "/partner/v1/calls"),
        ("POST", f"/sim{chat}/people/1"),
        ("PUT", f"/sim{chat}/bot"),
        ("PUT", "/sim/accounts/1"),
        ("POST", "/messages?chat_id=-70000000000001"),
    ):
        for content in (json.dumps(body).encode(), noise):
            answer = await site.client.request(method, path, content=content)
            assert answer.status_code < 500
            if answer.status_code >= 400:
                refuses(answer.status_code, answer.json())


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,0e1 \\u', max_size=40).map(str.encode))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    with suppress(ApiError):
        assert isinstance(parse_object(body), dict)
