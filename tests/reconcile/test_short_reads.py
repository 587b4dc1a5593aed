"""A read that lists fewer people than the chat counts shows who is in, and nobody's absence."""

import pytest

from domain.ids import ChatId
from domain.obstacles import ObstacleKind
from domain.work import ChatWait, RetryAfter, Waiting
from projections.database import transaction
from projections.reports.obstacles import obstacles
from tests.reconcile.bench import Bench

CHAT = "/chats/{chatId}"
MEMBERS = "/chats/{chatId}/members"
CLASS = {1: "administrator", **dict.fromkeys(range(10, 20), "member")}


async def _class(school: Bench) -> ChatId:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("UPDATE intents SET committed_at = committed_at - interval '1 hour'")
    await school.forget_calls()
    return chat


async def _made(school: Bench) -> int:
    (made,) = await school.chats()
    return int(str(made["chat_id"]))


async def _look(school: Bench, chat: ChatId) -> None:
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await school.due(chat)
    school.outcomes.clear()
    await school.settle()


@pytest.mark.parametrize("fault", [(CHAT, "miscount"), (MEMBERS, "cyclic_marker")])
async def test_who_is_seen_and_does_not_belong_leaves_though_more_are_counted_for_ever(
    school: Bench, fault: tuple[str, str]
) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=fault[0], kind=fault[1])
    school.simulator.world.chats.enter(await _made(school), 77, None)
    await school.expect(chat, {user: role for user, role in CLASS.items() if user != 10})
    await _look(school, chat)
    assert await school.members() == {user: role for user, role in CLASS.items() if user != 10}


async def test_nobody_is_taken_for_absent_by_a_partial_read(school: Bench) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=MEMBERS, kind="partial")
    await school.fault(method="GET", path=CHAT, kind="miscount")
    for _ in range(4):
        await _look(school, chat)
    assert await school.members() == CLASS
    assert await school.calls() == {}
    assert await school.value("SELECT count(*) FROM drift") == 0
    assert await school.value("SELECT count(*) FROM observed_members") == len(CLASS)


async def test_newcomers_come_in_though_more_are_counted(school: Bench) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=CHAT, kind="miscount")
    await _look(school, chat)
    await school.expect(chat, {**CLASS, 30: "member", 10: "administrator"})
    await school.settle()
    assert await school.members() == {**CLASS, 30: "member", 10: "administrator"}


async def test_it_is_read_again_soon_and_then_once_a_day_and_is_named_with_since_when(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=CHAT, kind="miscount")
    await _look(school, chat)
    for _ in range(3):
        await school.hurry()
        await school.settle()
    assert [type(each) for each in school.outcomes] == [RetryAfter, RetryAfter, RetryAfter, Waiting]
    assert school.outcomes[-1] == Waiting(ChatWait.SHORT_READ)
    assert await school.reads() == 2 * 4
    async with transaction(school.engine) as connection:
        (said,) = await obstacles(connection)
    assert (said.kind, said.count, said.about) == (ObstacleKind.SHORT_READ, 1, (chat,))
    assert said.since is not None
    assert await school.value("SELECT state FROM dashboard.chats") == "pending"
    await school.http.delete("/sim/faults")
    await school.hurry()
    await school.settle()
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_who_left_while_reads_were_partial_is_seen_to_have_left_when_they_are_whole(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=CHAT, kind="miscount")
    school.simulator.world.chats.remove(await _made(school), 10, None)
    await _look(school, chat)
    assert await school.value("SELECT count(*) FROM drift") == 0
    await school.http.delete("/sim/faults")
    await _look(school, chat)
    assert await school.value("SELECT concat_ws(' ', kind, max_user_id) FROM drift") == "left 10"


async def test_a_stranger_who_came_while_reads_were_partial_was_seen_to_arrive(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=CHAT, kind="miscount")
    school.simulator.world.chats.enter(await _made(school), 77, None)
    await _look(school, chat)
    kinds = "SELECT concat_ws(' ', kind, max_user_id, resolution) FROM drift"
    assert await school.value(kinds) == "added 77 gone"
    assert await school.value("SELECT cause FROM removal_reservations") == "stranger"


async def test_a_call_without_an_answer_is_not_taken_for_undone_by_a_partial_read(
    school: Bench,
) -> None:
    chat = await _class(school)
    await school.fault(method="GET", path=CHAT, kind="miscount")
    await school.fault(method="DELETE", path=MEMBERS, kind="drop_after_effect", count=1)
    await school.expect(chat, {user: role for user, role in CLASS.items() if user != 10})
    await school.settle()
    await school.hurry()
    await school.settle()
    assert (await school.calls())["remove"] >= 1
    assert await school.value("SELECT count(*) FROM intents WHERE settled_at IS NULL") == 0
    assert await school.value("SELECT count(*) FROM removal_reservations WHERE counts") == 1
