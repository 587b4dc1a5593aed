"""States that are not errors: refused by one person, by one chat, or adding refused as such."""

import pytest

from domain.work import ChatWait, Done, Waiting
from gateway.client import Adding, MaxMessenger, MessengerConfig
from tests.drift.people import CHIEF, CLASS, People
from tests.reconcile.bench import TOKEN

ADD = "/partner/v1/chats/{chat_id}/members"
MEMBERS = "/chats/{chatId}/members"
MORE = {**CLASS, 20: "member", 21: "administrator"}


async def _calls(people: People, path: str, status: int) -> int:
    calls = (await people.school.http.get("/sim/stats")).json()["calls"]
    return sum(each["count"] for each in calls if (each["path"], each["status"]) == (path, status))


async def test_a_method_that_is_gone_turns_adding_off_at_once(exclusive: People) -> None:
    await exclusive.school.fault(method="POST", path=ADD, kind="status", status=405)
    await exclusive.act(99, "join")
    await exclusive.expect({user: role for user, role in MORE.items() if user != 12})
    await exclusive.hear()
    assert await exclusive.members() == {CHIEF: "administrator", 10: "member", 11: "member"}
    assert await exclusive.blocked() == {20: "invited", 21: "invited"}
    link = await exclusive.school.value("SELECT DISTINCT link FROM dashboard.blocked")
    assert str(link).startswith("https://")
    assert await _calls(exclusive, ADD, 405) == 1
    await exclusive.expect(MORE)
    await exclusive.settle()
    assert await _calls(exclusive, ADD, 405) == 1
    assert await exclusive.blocked() == {12: "invited", 20: "invited", 21: "invited"}


async def test_who_was_invited_and_is_seen_inside_gets_their_role(exclusive: People) -> None:
    await test_a_method_that_is_gone_turns_adding_off_at_once(exclusive)
    for account in (12, 20, 21):
        await exclusive.act(account, "join")
    await exclusive.hear()
    assert await exclusive.members() == MORE
    assert await exclusive.blocked() == {}
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_one_call_a_day_finds_out_whether_adding_works_again(exclusive: People) -> None:
    await exclusive.school.fault(method="POST", path=ADD, kind="status", status=405)
    await exclusive.expect(MORE)
    await exclusive.settle()
    await exclusive.time_passes("25 hours")
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    assert await _calls(exclusive, ADD, 405) == 2
    await exclusive.school.http.delete("/sim/faults")
    await exclusive.time_passes("25 hours")
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    assert await exclusive.members() == MORE
    assert await exclusive.school.value("SELECT off_since IS NULL FROM adding") is True


@pytest.mark.parametrize("status", [403, 404])
async def test_one_chat_that_refuses_is_that_chats_state(exclusive: People, status: int) -> None:
    await exclusive.school.fault(method="POST", path=ADD, kind="status", status=status)
    await exclusive.act(99, "join")
    await exclusive.expect(MORE)
    await exclusive.hear()
    await exclusive.school.hurry()
    await exclusive.settle()
    assert await exclusive.members() == CLASS
    assert await exclusive.blocked() == {20: "invited", 21: "invited"}
    assert await exclusive.school.value("SELECT off_since IS NULL FROM adding") is True


async def test_three_chats_that_refuse_in_a_row_turn_adding_off(exclusive: People) -> None:
    school = exclusive.school
    others = [await school.chat(f"class:c-{number}", f"{number}") for number in (2, 3, 4)]
    for number, chat in enumerate(others):
        await school.expect(chat, {100 + number: "member"})
    await exclusive.settle()
    await school.fault(method="POST", path=ADD, kind="status", status=403)
    for number, chat in enumerate(others):
        await school.expect(chat, {100 + number: "member", 200 + number: "member"})
        await exclusive.settle()
    assert await school.value("SELECT reason FROM adding") == "refused"
    await exclusive.expect(MORE)
    await exclusive.settle()
    assert await _calls(exclusive, ADD, 403) == 3


async def test_an_answer_that_nobody_was_added_is_believed_the_second_time(
    exclusive: People,
) -> None:
    await exclusive.school.fault(method="POST", path=ADD, kind="success_false")
    await exclusive.expect(MORE)
    await exclusive.settle()
    for _ in range(3):
        await exclusive.time_passes("1 minute")
    assert await _calls(exclusive, ADD, 200) == 1 + 2 * 2  # together, then twice to each
    assert await exclusive.blocked() == {20: "invited", 21: "invited"}


async def test_where_people_are_only_invited_nobody_is_added(exclusive: People) -> None:
    assert await exclusive.store.configure_adding(invites=True)
    await exclusive.expect(MORE)
    await exclusive.settle()
    await exclusive.time_passes("9 days")
    assert await exclusive.members() == CLASS
    assert await exclusive.blocked() == {20: "invited", 21: "invited"}
    assert await exclusive.school.calls() == {}
    assert not await exclusive.store.configure_adding(invites=False)
    await exclusive.settle()
    assert await exclusive.members() == MORE


async def test_where_people_are_only_invited_a_chat_is_made_for_its_link(
    exclusive: People,
) -> None:
    school = exclusive.school
    url = school.simulator.base_url
    config = MessengerConfig(url, url, TOKEN, TOKEN, adding=Adding.INVITE)
    messenger = MaxMessenger(config, school.budget)
    school.reconciler = school.reconciler_of(messenger)
    await exclusive.store.configure_adding(invites=True)
    chat = await school.chat("class:c-2", "10б")
    await school.expect(chat, {CHIEF: "administrator", 30: "member"})
    await exclusive.settle()
    assert await school.members("10б") == {}
    assert await exclusive.blocked() == {CHIEF: "invited", 30: "invited"}
    (made,) = [each for each in await school.chats() if each["title"] == "10б"]
    exclusive.max_chat_id = int(str(made["chat_id"]))
    for account in (CHIEF, 99):
        await exclusive.act(account, "join")
    await exclusive.hear()
    assert await school.members("10б") == {CHIEF: "administrator"}
    assert await exclusive.blocked() == {30: "invited"}
    assert await school.calls() == {"create": 1, "remove": 1, "promote": 1}
    await messenger.aclose()


async def test_privacy_and_not_found_are_states_and_the_others_come_in(exclusive: People) -> None:
    await exclusive.school.refuse(20, "privacy")
    await exclusive.school.refuse(21, "not_found")
    await exclusive.expect({**MORE, 22: "member"})
    await exclusive.settle()
    assert await exclusive.members() == {**CLASS, 22: "member"}
    assert await exclusive.blocked() == {20: "privacy", 21: "not_found"}


async def test_who_was_refused_and_comes_by_link_is_inside(exclusive: People) -> None:
    await test_privacy_and_not_found_are_states_and_the_others_come_in(exclusive)
    await exclusive.act(20, "join")
    await exclusive.hear()
    assert await exclusive.members() == {**CLASS, 20: "member", 22: "member"}
    assert await exclusive.blocked() == {21: "not_found"}
    assert await exclusive.drift() == []


async def test_a_profile_linked_anew_is_tried_at_once(exclusive: People) -> None:
    await exclusive.school.refuse(20, "privacy")
    await exclusive.expect({**CLASS, 20: "member"})
    await exclusive.settle()
    await exclusive.school.refuse(20, None)
    await exclusive.time_passes("1 minute")
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    assert await exclusive.members() == CLASS
    await exclusive.school.sql(
        "UPDATE fact_profiles SET known_since = clock_now() WHERE max_user_id = 20"
    )
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    assert await exclusive.members() == {**CLASS, 20: "member"}


async def test_one_who_is_blocked_and_expected_no_more_keeps_nothing_busy(
    exclusive: People,
) -> None:
    await exclusive.school.refuse(20, "privacy")
    await exclusive.expect({**CLASS, 20: "member"})
    await exclusive.settle()
    await exclusive.expect(CLASS)
    await exclusive.settle()
    await exclusive.time_passes("25 hours")
    exclusive.school.outcomes.clear()
    await exclusive.settle()
    assert exclusive.school.outcomes == []
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_nobody_linked_is_a_state_with_a_date(exclusive: People) -> None:
    await exclusive.school.sql("UPDATE fact_profiles SET max_user_id = NULL WHERE max_user_id = 12")
    assert await exclusive.blocked() == {None: "no_profile"}
    assert await exclusive.school.value("SELECT since IS NOT NULL FROM dashboard.blocked") is True


async def test_refused_without_a_reason_is_settled_by_reading(exclusive: People) -> None:
    await exclusive.act(20, "join")
    await exclusive.updates()
    await exclusive.school.fault(method="POST", path=ADD, kind="partial", count=1)
    await exclusive.expect({**CLASS, 19: "member", 20: "member"})
    await exclusive.settle()
    assert await exclusive.members() == {**CLASS, 19: "member", 20: "member"}
    assert await exclusive.blocked() == {}
    assert await exclusive.school.calls() == {"add": 1}
    assert await exclusive.school.reads() == 2


async def test_a_chat_without_rights_is_parked_and_nobody_else(exclusive: People) -> None:
    await exclusive.bot(administrator=False)
    await exclusive.expect({CHIEF: "administrator", 10: "member"})
    await exclusive.settle()
    assert exclusive.school.outcomes[-1:] == [Waiting(ChatWait.PARKED)]
    assert await exclusive.drift() == [("bot_lost", None, None, None)]
    await exclusive.bot(administrator=True)
    await exclusive.time_passes("25 hours")
    assert exclusive.school.outcomes[-1:] == [Done(changed=True)]
    assert await exclusive.drift() == [("bot_lost", None, None, "bot_back")]
