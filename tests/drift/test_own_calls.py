"""What a call of ours explains is no wider than its effect, and ends when the chat is read."""

import json

import pytest

from domain.ids import MaxUserId
from domain.plan import Remove
from domain.work import Applied, LeaseLost, Work
from tests.drift.people import CHIEF, CLASS, People
from tests.reconcile.bench import BOT

ADD = "/partner/v1/chats/{chat_id}/members"
MEMBERS = "/chats/{chatId}/members"


async def _just_made(people: People) -> None:
    """The chat is made a moment ago, and what MAX tells of that has come."""
    await people.expect(CLASS)
    await people.settle()
    (chat,) = await people.school.chats()
    people.max_chat_id = int(str(chat["chat_id"]))
    await people.hear()
    await people.school.forget_calls()


async def test_who_leaves_just_after_the_chat_was_made_is_seen_to_have_left(
    fresh: People,
) -> None:
    await _just_made(fresh)
    await fresh.act(CHIEF, "leave")
    await fresh.hear()
    assert await fresh.drift() == [("left", CHIEF, None, None)]
    assert await fresh.blocked() == {CHIEF: "left"}


async def test_a_teacher_who_left_just_after_that_and_comes_by_link_is_administrator_again(
    fresh: People,
) -> None:
    await test_who_leaves_just_after_the_chat_was_made_is_seen_to_have_left(fresh)
    await fresh.act(CHIEF, "join")
    await fresh.hear()
    assert await fresh.members() == CLASS
    assert await fresh.school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_who_leaves_and_comes_back_before_anybody_looked_gets_their_role_again(
    fresh: People,
) -> None:
    await _just_made(fresh)
    await fresh.act(CHIEF, "leave")
    await fresh.act(CHIEF, "join")
    await fresh.hear()
    assert await fresh.members() == CLASS


@pytest.mark.parametrize("by", [None, 10])
async def test_somebody_whom_we_took_out_and_who_comes_back_is_noticed(
    exclusive: People, by: int | None
) -> None:
    without = {user: role for user, role in CLASS.items() if user != 11}
    await exclusive.expect(without)
    await exclusive.settle()
    await exclusive.hear()
    await exclusive.act(11, "join", by=by)
    await exclusive.hear()
    assert await exclusive.members() == without


async def test_a_title_that_somebody_gives_just_after_we_gave_ours_is_set_right(
    exclusive: People,
) -> None:
    await exclusive.school.chat("class:c-1", "10г - Ученики")
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    await exclusive.rename("Мы", 10)
    await exclusive.hear()
    assert (await exclusive.school.chats())[0]["title"] == "10г - Ученики"


async def test_updates_about_all_that_we_did_cause_no_read_whatever_time_they_come(
    fresh: People,
) -> None:
    await fresh.expect(CLASS)
    await fresh.settle()
    (chat,) = await fresh.school.chats()
    fresh.max_chat_id = int(str(chat["chat_id"]))
    await fresh.expect({**CLASS, 12: "administrator", 20: "member", 10: "member"})
    await fresh.settle()
    await fresh.hear()
    assert await fresh.school.reads() == 0


async def _given_up(crowd: People, method: str, path: str, wanted: dict[int, str]) -> None:
    """A call for these members is lost on its way, and then the class is wanted again."""
    await crowd.school.fault(method=method, path=path, kind="drop", count=1)
    await crowd.expect(wanted)
    await crowd.settle()
    await crowd.expect(CLASS)
    for _ in range(2):  # read, and read once more
        await crowd.time_passes("2 minutes")


async def test_an_add_that_takes_effect_after_everybody_gave_up_on_it_is_put_right(
    exclusive: People,
) -> None:
    school = exclusive.school
    await _given_up(exclusive, "POST", ADD, {**CLASS, 50: "member"})
    school.simulator.world.chats.enter(exclusive.max_chat_id, 50, BOT)  # only now
    await exclusive.hear()
    assert await exclusive.members() == CLASS


async def test_a_removal_that_takes_effect_after_everybody_gave_up_on_it_is_put_right(
    exclusive: People,
) -> None:
    school = exclusive.school
    without = {user: role for user, role in CLASS.items() if user != 11}
    await _given_up(exclusive, "DELETE", MEMBERS, without)
    assert await exclusive.members() == CLASS
    school.simulator.world.chats.remove(exclusive.max_chat_id, 11, BOT)
    await exclusive.hear()
    assert await exclusive.members() == CLASS


async def test_a_late_effect_of_which_nobody_tells_is_found_within_hours(
    exclusive: People,
) -> None:
    school = exclusive.school
    await _given_up(exclusive, "POST", ADD, {**CLASS, 50: "member"})
    school.simulator.world.chats.enter(exclusive.max_chat_id, 50, BOT)
    await exclusive.updates()
    assert await exclusive.sweep.look() == 0
    for wait in ("4 minutes", "30 minutes", "5 hours"):
        await exclusive.time_passes(wait)
        assert await exclusive.sweep.look() == 1
        await exclusive.settle()
        assert await exclusive.members() == CLASS
    await exclusive.time_passes("5 hours")
    assert await exclusive.sweep.look() == 0


async def test_a_lost_holder_who_settles_after_its_successors_read_has_the_chat_read_again(
    exclusive: People,
) -> None:
    school = exclusive.school
    await exclusive.expect({user: role for user, role in CLASS.items() if user != 11})
    lost = await school.store.claim()
    assert lost is not None
    work = await school.store.load(lost)
    assert isinstance(work, Work)
    action = Remove(MaxUserId(11))
    await school.store.admit(lost, work, [action])
    intent = await school.store.intend(lost, work, action)
    assert isinstance(intent, int)
    await school.sql("UPDATE chat_sync SET lease_until = clock_now(), due_at = clock_now()")
    await exclusive.expect(CLASS)
    await exclusive.settle()  # the successor reads, and all is as it should be
    assert await school.value("SELECT state FROM dashboard.chats") == "pending"
    await school.sql("UPDATE chat_sync SET reread_at = NULL, due_at = NULL")
    school.simulator.world.chats.remove(exclusive.max_chat_id, 11, BOT)
    await school.store.settle(lost, work, intent, action, Applied({}))
    assert isinstance(await school.store.load(lost), LeaseLost)
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_an_update_is_explained_by_a_call_of_its_own_time_only(exclusive: People) -> None:
    await exclusive.expect({**CLASS, 50: "member"})
    await exclusive.settle()
    await exclusive.updates()
    moment = await exclusive.school.value("SELECT extract(epoch FROM clock_now())::bigint * 1000")
    assert isinstance(moment, int)
    update = {
        "update_type": "user_added", "timestamp": moment + 120_000, "inviter_id": None,
        "chat_id": exclusive.max_chat_id, "user": {"user_id": 50},
    }  # fmt: skip
    assert await exclusive.deliver(json.dumps(update).encode()) == 200
    await exclusive.settle()
    assert await exclusive.school.reads() == 2
