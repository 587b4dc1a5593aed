"""A chat with no room: who waits outside is counted and dated, and everything else goes on."""

from collections.abc import AsyncIterator

import pytest

from domain.ids import MaxUserId
from domain.plan import Add
from domain.refusals import AddFailure
from gateway import errors
from gateway.refusals import refusal_of
from simulator.config import NoRoom, SimulatorConfig
from tests.reconcile.bench import TOKEN, Bench, bench

ROOM = 4
CLASS = {1: "administrator", 10: "member", 11: "member"}
CROWD = {**CLASS, 2: "administrator", 12: "member", 13: "member", 14: "member"}
WAITING = """SELECT coalesce(string_agg(max_user_id::text, ' ' ORDER BY max_user_id), '')
              FROM dashboard.blocked WHERE state = 'chat_full' AND since <= clock_now()
               AND retry_at BETWEEN clock_now() + interval '23 hours'
                                AND clock_now() + interval '25 hours'"""
BLOCKED = "SELECT count(*) FROM dashboard.blocked"


@pytest.fixture(params=[*NoRoom])
async def small(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """A messenger whose chats hold four people, whichever way it says so."""
    config = SimulatorConfig(
        token=TOKEN, requests_per_second=100_000, max_members=ROOM, no_room=request.param
    )
    async with bench(database_url, config) as made:
        yield made


async def _crowded(school: Bench) -> None:
    """Three are in, and four more belong in the chat, one of them to administer it."""
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.expect(chat, CROWD)
    await school.settle()


async def _leaves(school: Bench, account: int) -> None:
    """By themselves, long after we did anything in the chat."""
    await school.sql("UPDATE intents SET committed_at = committed_at - interval '1 hour'")
    (chat,) = await school.chats()
    path = f"/sim/chats/{chat['chat_id']}/people/{account}"
    assert (await school.http.post(path, json={"action": "leave"})).status_code == 200


async def test_who_finds_no_room_waits_and_an_administrator_comes_first(small: Bench) -> None:
    await _crowded(small)
    assert await small.members() == {**CLASS, 2: "administrator"}
    assert await small.value(WAITING) == "12 13 14"
    assert await small.value(BLOCKED) == 3
    assert await small.value("SELECT off_since IS NULL FROM adding") is True


async def test_a_full_chat_keeps_nobody_busy(small: Bench) -> None:
    await _crowded(small)
    await small.forget_calls()
    await small.settle()
    assert await small.calls() == {}
    busy = "SELECT count(*) FROM chat_sync WHERE due_at < clock_now() + interval '23 hours'"
    assert await small.value(busy) == 0
    assert await small.value("SELECT count(*) FROM intents WHERE settled_at IS NULL") == 0


async def test_what_else_is_to_be_done_in_a_full_chat_is_done(small: Bench) -> None:
    await _crowded(small)
    chat = await small.chat("class:c-1", "10г - Ученики")
    await small.expect(chat, {**CROWD, 10: "administrator", 15: "member"})
    await small.settle()
    assert await small.members("10г - Ученики") == {
        **CLASS, 2: "administrator", 10: "administrator"
    }  # fmt: skip
    assert await small.value(WAITING) == "12 13 14 15"


async def test_when_somebody_is_removed_the_next_comes_in_at_once(small: Bench) -> None:
    await _crowded(small)
    chat = await small.chat("class:c-1")
    await small.sql("DELETE FROM expected_members WHERE person_id = 'p-000010'")
    await small.due(chat)
    await small.settle()
    assert await small.members() == {
        1: "administrator", 2: "administrator", 11: "member", 12: "member"
    }  # fmt: skip
    assert await small.value(WAITING) == "13 14"


async def test_when_somebody_leaves_by_themselves_the_next_comes_in_at_once(small: Bench) -> None:
    await _crowded(small)
    await _leaves(small, 11)
    await small.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()")
    await small.settle()
    assert await small.members() == {
        1: "administrator", 2: "administrator", 10: "member", 12: "member"
    }  # fmt: skip
    assert await small.value(WAITING) == "13 14"


async def test_a_read_that_finds_everybody_tries_nobody(small: Bench) -> None:
    await _crowded(small)
    await small.forget_calls()
    await small.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()")
    await small.settle()
    assert await small.calls() == {}
    assert await small.value(WAITING) == "12 13 14"


async def test_who_waits_for_room_is_tried_once_a_day(small: Bench) -> None:
    await _crowded(small)
    await _leaves(small, 11)  # and nobody tells us
    await small.hurry()
    await small.settle()
    assert await small.value(WAITING) == "12 13 14"
    await small.sql("UPDATE blocked_accounts SET retry_at = clock_now()")
    await small.hurry()
    await small.settle()
    assert await small.members() == {
        1: "administrator", 2: "administrator", 10: "member", 12: "member"
    }  # fmt: skip
    assert await small.value(WAITING) == "13 14"


async def test_a_chat_is_made_with_as_many_as_it_holds(small: Bench) -> None:
    chat = await small.chat("class:c-1")
    await small.expect(chat, CROWD)
    await small.settle()
    assert await small.members() == {
        1: "administrator", 2: "administrator", 10: "member", 11: "member"
    }  # fmt: skip
    assert await small.value(WAITING) == "12 13 14"


ADD = Add((MaxUserId(1), MaxUserId(2)))


@pytest.mark.parametrize(
    "error",
    [
        errors.Refused("add", 400, "chat.full", ""),
        errors.Refused("add", 400, "proto.payload", "a chat holds at most 500 people"),
        errors.Refused("add", 409, "", "participants limit exceeded"),
        errors.Unsuccessful("add", "success: false, the chat is full"),
        errors.Unsuccessful("add", "success: false, too many participants"),
    ],
    ids=str,
)
def test_that_a_chat_is_full_is_known_by_its_code_or_by_plain_words(
    error: errors.GatewayError,
) -> None:
    refusal = refusal_of(ADD, error)
    assert refusal is not None
    assert refusal.why is AddFailure.FULL


@pytest.mark.parametrize(
    "error",
    [
        errors.Refused("add", 400, "proto.payload", "users were not successfully read"),
        errors.Refused("add", 400, "proto.payload", "at most 100 ids"),
        errors.Unsuccessful("add", "success: false, not all was carefully done"),
        errors.Unavailable("add", "the queue is full"),
    ],
    ids=str,
)
def test_other_refusals_are_not_taken_for_a_full_chat(error: errors.GatewayError) -> None:
    refusal = refusal_of(ADD, error)
    assert refusal is None or refusal.why is not AddFailure.FULL
