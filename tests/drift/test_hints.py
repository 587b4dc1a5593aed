"""A webhook is a hint: it makes us read, and nothing it says is believed without that."""

import json

import pytest

from domain.expected import Role
from domain.hints import HintKind, Update
from domain.ids import MaxChatId, MaxUserId
from domain.plan import Seen
from domain.work import Done, LeaseLost
from gateway.updates import UnreadableUpdate, read_update
from gateway.webhooks import LONGEST_BODY
from tests.drift.people import CHIEF, CLASS, SECRET, People

STRANGER = 99


def _update(people: People, **changed: object) -> dict[str, object]:
    return {
        "update_type": "user_added", "timestamp": 1_790_000_000_000,
        "chat_id": people.max_chat_id, "inviter_id": CHIEF, "is_channel": False,
        "user": {"user_id": STRANGER, "name": "Некто"},
    } | changed  # fmt: skip


async def test_a_forged_secret_is_refused_without_a_word(exclusive: People) -> None:
    body = json.dumps(_update(exclusive)).encode()
    for secret in (None, "", "wrong", SECRET + "x", SECRET[:-1], SECRET.upper()):
        headers = {} if secret is None else {"X-Max-Bot-Api-Secret": secret}
        answer = await exclusive.webhook.post("/webhook", content=body, headers=headers)
        assert (answer.status_code, answer.content) == (401, b""), secret
    await exclusive.settle()
    assert await exclusive.school.reads() == 0


async def test_two_secrets_are_none(exclusive: People) -> None:
    answer = await exclusive.webhook.post(
        "/webhook",
        content=json.dumps(_update(exclusive)),
        headers=[("X-Max-Bot-Api-Secret", SECRET), ("X-Max-Bot-Api-Secret", "other")],
    )
    assert answer.status_code == 401


async def test_a_lie_in_an_update_costs_a_read_and_nothing_else(exclusive: People) -> None:
    assert await exclusive.deliver(json.dumps(_update(exclusive)).encode()) == 200
    await exclusive.settle()
    assert await exclusive.school.reads() == 2
    assert await exclusive.school.calls() == {}
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == []


async def test_an_old_lie_does_not_make_a_later_stranger_a_proposal(exclusive: People) -> None:
    await exclusive.deliver(json.dumps(_update(exclusive)).encode())
    await exclusive.settle()
    await exclusive.act(STRANGER, "join")
    await exclusive.updates()
    await exclusive.look()
    assert await exclusive.members() == CLASS


async def test_duplicates_cost_one_read(exclusive: People) -> None:
    body = json.dumps(_update(exclusive)).encode()
    for _ in range(3):
        assert await exclusive.deliver(body) == 200
        await exclusive.settle()
    assert await exclusive.school.reads() == 2


async def test_a_storm_about_one_chat_costs_one_read(exclusive: People) -> None:
    for number in range(1000):
        body = json.dumps(_update(exclusive, timestamp=1_790_000_000_000 + number)).encode()
        assert await exclusive.deliver(body) == 200
    await exclusive.settle()
    assert await exclusive.school.reads() == 2


async def test_updates_out_of_order_end_in_the_same(exclusive: People) -> None:
    await exclusive.act(STRANGER, "join", by=CHIEF)
    await exclusive.act(STRANGER, "leave")
    await exclusive.act(11, "leave")
    await exclusive.act(11, "join")
    for body in reversed(await exclusive.updates()):
        assert await exclusive.deliver(body) == 200
    await exclusive.settle()
    assert await exclusive.members() == CLASS
    assert await exclusive.school.calls() == {}


async def test_our_own_changes_cause_no_read(exclusive: People) -> None:
    await exclusive.expect({CHIEF: "administrator", 10: "administrator", 20: "administrator"})
    await exclusive.school.chat("class:c-1", title="10г - Ученики")
    await exclusive.settle()
    await exclusive.hear()
    assert await exclusive.school.reads() == 0
    assert await exclusive.school.value("SELECT count(*) FROM webhook_hints") == 0


async def test_what_somebody_did_after_our_own_change_is_read(exclusive: People) -> None:
    await exclusive.expect({**CLASS, 13: "member"})
    await exclusive.settle()
    await exclusive.act(13, "remove", by=CHIEF)
    await exclusive.hear()
    assert await exclusive.members() == {**CLASS, 13: "member"}
    assert await exclusive.drift() == [("removed_by_administrator", 13, CHIEF, "put_back")]


async def test_a_chat_that_is_not_ours_is_nothing_to_us(exclusive: People) -> None:
    assert await exclusive.deliver(json.dumps(_update(exclusive, chat_id=-5)).encode()) == 200
    assert await exclusive.school.value("SELECT count(*) FROM webhook_hints") == 0


async def test_types_that_we_did_not_ask_for_are_taken_and_forgotten(exclusive: People) -> None:
    body = {"update_type": "message_created", "timestamp": 1, "message": {"text": "привет"}}
    assert await exclusive.deliver(json.dumps(body).encode()) == 200


BROKEN = [
    b"", b"{", b"[]", b"null", b"NaN", b'{"update_type": 1}', b"\xff\xfe", b"[" * 10_000,
    b'{"update_type": "user_added"}',
    b'{"update_type": "user_added", "timestamp": 1, "chat_id": "1", "user": {"user_id": 1}}',
    b'{"update_type": "bot_added", "timestamp": 1, "user": {"user_id": 1}}',
    b'{"update_type": "bot_removed", "timestamp": 1, "chat_id": 1.5}',
    b'{"update_type": "bot_removed", "timestamp": 1, "chat_id": true}',
    b'{"update_type": "bot_removed", "timestamp": 1, "chat_id": 9223372036854775808}',
]  # fmt: skip

PARTLY_READABLE: list[dict[str, object]] = [
    {"timestamp": 1e300},
    {"timestamp": 99999999999999999},
    {"timestamp": None},
    {"timestamp": "yesterday"},
    {"user": None},
    {"user": 5},
    {"user": []},
    {"user": {}},
    {"user": {"user_id": 0}},
    {"user": {"user_id": "7"}},
    {"inviter_id": -1},
    {"inviter_id": "x", "user": None, "timestamp": None},
    {"title": 5},
    {"something": {"new": [1]}},
]


async def test_what_is_no_update_is_a_bad_request(exclusive: People) -> None:
    for body in BROKEN:
        assert await exclusive.deliver(body) == 400, body


@pytest.mark.parametrize("body", BROKEN)
def test_what_cannot_be_read_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(UnreadableUpdate) as caught:
        read_update(body)
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("kind", HintKind)
async def test_an_update_of_ours_is_a_hint_whatever_else_of_it_cannot_be_read(
    exclusive: People, kind: HintKind
) -> None:
    for changed in PARTLY_READABLE:
        update = _update(exclusive, update_type=kind.value, **changed)
        await exclusive.school.forget_calls()
        # Or one that reads the same would be taken for a repetition.
        await exclusive.school.sql("DELETE FROM webhook_hints")
        assert await exclusive.deliver(json.dumps(update).encode()) == 200, changed
        await exclusive.settle()
        assert await exclusive.school.reads() == 2, changed
        assert await exclusive.members() == CLASS, changed


@pytest.mark.parametrize("kind", HintKind)
def test_an_update_needs_no_more_than_its_type_and_its_chat(kind: HintKind) -> None:
    body = json.dumps({"update_type": kind.value, "chat_id": -7}).encode()
    assert read_update(body) == Update(kind, MaxChatId(-7), None)


async def test_a_bot_that_gets_its_rights_back_is_told_and_goes_on(exclusive: People) -> None:
    await exclusive.bot(administrator=False)
    await exclusive.expect({CHIEF: "administrator", 10: "member"})
    await exclusive.settle()
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "parked"
    await exclusive.bot(administrator=True)
    told = _update(exclusive, update_type="bot_admin_permissions_changed", is_admin=True, user_id=1)
    del told["user"]
    assert await exclusive.deliver(json.dumps(told).encode()) == 200
    await exclusive.settle()
    assert await exclusive.members() == {CHIEF: "administrator", 10: "member"}


async def test_a_body_that_is_too_long_is_not_read(exclusive: People) -> None:
    assert await exclusive.deliver(b" " * (LONGEST_BODY + 1)) == 413


async def test_another_path_and_another_method_are_not_served(exclusive: People) -> None:
    headers = {"X-Max-Bot-Api-Secret": SECRET}
    assert (await exclusive.webhook.post("/other", headers=headers)).status_code == 404
    assert (await exclusive.webhook.get("/webhook", headers=headers)).status_code == 405


async def test_a_hint_from_while_a_chat_was_being_read_has_it_read_again(
    exclusive: People,
) -> None:
    await exclusive.act(STRANGER, "join")
    (body,) = await exclusive.updates()
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()")
    lease = await exclusive.store.claim()
    assert lease is not None
    await exclusive.store.load(lease)
    await exclusive.deliver(body)
    members = {MaxUserId(user): Role(role) for user, role in CLASS.items()}
    await exclusive.store.record_read(lease, Seen(members, "9г - Ученики"))
    work = await exclusive.store.load(lease)
    assert not isinstance(work, LeaseLost)
    await exclusive.store.finish(lease, work, Done(changed=False))
    await exclusive.time_passes("3 seconds")
    assert await exclusive.members() == CLASS


async def test_a_hint_that_a_clock_ahead_has_dated_later_has_its_chat_read_once_more_and_no_oftener(
    exclusive: People,
) -> None:
    await exclusive.act(STRANGER, "join")
    (body,) = await exclusive.updates()
    await exclusive.deliver(body)
    await exclusive.school.sql(
        "UPDATE webhook_hints SET received_at = clock_now() + interval '1 hour'"
    )
    for _ in range(5):
        await exclusive.time_passes("3 seconds")
    assert await exclusive.members() == CLASS
    assert await exclusive.school.reads() == 4
