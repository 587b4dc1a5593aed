"""What each changing call puts on the wire, and what it makes of the answers."""

import pytest

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway import errors
from gateway.ports import AddFailure, Created
from gateway.subscriptions import Subscription
from tests.gateway.client.scripted import answer, bench, problem, raw

CHAT, USER = MaxChatId(-70), MaxUserId(5)
OK = answer({"success": True})
NO = answer({"success": False, "message": "too many administrators"})


async def test_a_removal_names_one_user() -> None:
    async with bench(OK) as on:
        await on.messenger.remove(CHAT, USER, Lane.SAFETY)
        assert on.asked == ["DELETE /chats/-70/members?user_id=5"]
        assert on.server.seen[0].headers["authorization"] == "bot-token"
        assert on.ledger.granted == [Lane.SAFETY]


async def test_many_are_promoted_in_one_call_with_every_right_of_a_group_chat() -> None:
    async with bench(OK) as on:
        await on.messenger.promote(CHAT, [MaxUserId(1), MaxUserId(2)], Lane.LIVE)
        rights = [
            "read_all_messages", "add_remove_members", "add_admins", "change_chat_info",
            "pin_message", "write", "can_call", "edit_link",
        ]  # fmt: skip
        assert on.asked == ["POST /chats/-70/members/admins"]
        assert on.server.seen[0].json == {
            "admins": [
                {"user_id": 1, "permissions": rights},
                {"user_id": 2, "permissions": rights},
            ]
        }


async def test_a_demotion_names_one_administrator() -> None:
    async with bench(OK) as on:
        await on.messenger.demote(CHAT, USER, Lane.LIVE)
        assert on.asked == ["DELETE /chats/-70/members/admins/5"]


async def test_a_title_is_set_whatever_characters_it_has() -> None:
    title = '9г — "Ученики" 🙂\u202e\ud800\r\n'
    async with bench(answer({"chat_id": CHAT, "title": "cut by the messenger"})) as on:
        await on.messenger.rename(CHAT, title, Lane.LIVE)
        assert on.asked == ["PATCH /chats/-70"]
        assert on.server.seen[0].json == {"title": title}


@pytest.mark.parametrize("title", ["", "я" * 201])
async def test_a_title_past_the_limits_is_refused_without_being_sent(title: str) -> None:
    async with bench() as on:
        with pytest.raises(errors.Refused):
            await on.messenger.rename(CHAT, title, Lane.LIVE)
        with pytest.raises(errors.Refused):
            await on.messenger.create("x:1", title, "class", [], [], Lane.LIVE)
        assert on.asked == []


@pytest.mark.parametrize("count", [0, 51])
async def test_promoting_nobody_or_more_than_fifty_is_refused_without_being_sent(
    count: int,
) -> None:
    async with bench() as on:
        with pytest.raises(errors.Refused):
            await on.messenger.promote(CHAT, [USER] * count, Lane.LIVE)
        assert on.asked == []


async def test_success_false_leaves_the_outcome_unknown_since_some_may_have_been_served() -> None:
    async with bench(NO, NO, NO, NO, NO) as on:
        with pytest.raises(errors.OutcomeUnknown, match="too many administrators"):
            await on.messenger.promote(CHAT, [USER], Lane.LIVE)
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.remove(CHAT, USER, Lane.LIVE)
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.rename(CHAT, "9г", Lane.LIVE)
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.create("x:1", "9г", "class", [], [], Lane.LIVE)
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.delete(CHAT, Lane.LIVE)


async def test_a_rename_answered_about_another_chat_has_an_unknown_outcome() -> None:
    async with bench(answer({"chat_id": -71})) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.rename(CHAT, "9г", Lane.LIVE)


async def test_a_chat_is_created_with_its_people_in_one_call() -> None:
    made = {
        "chat_id": -90,
        "link": "https://max.ru/join/x",
        "created": True,
        "failed_user_ids": None,
        "failed_user_details": [{"error_code": "add.participant.privacy", "user_ids": [2]}],
    }
    async with bench(answer(made)) as on:
        created = await on.messenger.create(
            "school-1:class:9g#0", "9г - Ученики", "class", [MaxUserId(1), MaxUserId(2)],
            [MaxUserId(1)], Lane.LIVE,
        )  # fmt: skip
        assert created == Created(
            MaxChatId(-90),
            "https://max.ru/join/x",
            created=True,
            failed={MaxUserId(2): AddFailure.PRIVACY},
        )
        assert on.asked == ["POST /partner/v1/chats"]
        assert on.server.seen[0].headers["authorization"] == "partner-token"
        assert on.server.seen[0].json == {
            "external_id": "school-1:class:9g#0",
            "title": "9г - Ученики",
            "kind": "class",
            "user_ids": [1, 2],
            "admin_ids": [1],
        }


async def test_a_create_may_be_repeated_and_finds_its_chat() -> None:
    found = answer({"chat_id": -90, "link": None, "created": False})
    async with bench(raw(b"<html>", 502), found) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.create("x:1", "9г", "class", [], [], Lane.LIVE)
        created = await on.messenger.create("x:1", "9г", "class", [], [], Lane.LIVE)
        assert created == Created(MaxChatId(-90), None, created=False, failed={})


async def test_a_create_past_the_limits_is_refused_without_being_sent() -> None:
    async with bench() as on:
        people = [MaxUserId(n) for n in range(1, 102)]
        with pytest.raises(errors.Refused):
            await on.messenger.create("x:1", "9г", "class", people, [], Lane.LIVE)
        with pytest.raises(errors.Refused):
            await on.messenger.create("x:1", "9г", "class", [], people[:51], Lane.LIVE)
        assert on.asked == []


@pytest.mark.parametrize(
    "step",
    [
        OK,
        answer({}),
        raw(b""),
        raw(b"", 204),
        problem(404, "chat.not.found", "No such chat"),
        problem(410, "chat.deleted"),
    ],
)
async def test_a_chat_that_is_deleted_or_was_not_there_counts_as_deleted(step: bytes) -> None:
    async with bench(step) as on:
        await on.messenger.delete(CHAT, Lane.LIVE)
        assert on.asked == ["DELETE /partner/v1/chats/-70"]


async def test_a_404_that_is_not_the_messengers_does_not_count_as_deleted() -> None:
    async with bench(raw(b"<html>nginx</html>", 404)) as on:
        with pytest.raises(errors.OutcomeUnknown):
            await on.messenger.delete(CHAT, Lane.LIVE)


async def test_webhooks_are_listed_set_and_ended() -> None:
    url = "https://school.example/hook?a=1"
    listed = {"subscriptions": [{"url": url, "time": 1, "update_types": ["bot_added"]}]}
    async with bench(answer(listed), OK, OK) as on:
        hooks = on.messenger.subscriptions
        assert await hooks.present(Lane.LIVE) == (Subscription(url, ("bot_added",)),)
        await hooks.subscribe(url, ["bot_added"], "secret-1", Lane.LIVE)
        await hooks.unsubscribe(url, Lane.LIVE)
        assert on.asked == [
            "GET /subscriptions",
            "POST /subscriptions",
            "DELETE /subscriptions?url=https%3A%2F%2Fschool.example%2Fhook%3Fa%3D1",
        ]
        assert on.server.seen[1].json == {
            "url": url,
            "update_types": ["bot_added"],
            "secret": "secret-1",
        }
