"""Refusals are states with a date: one blocked person never stops a chat."""

from datetime import timedelta

from domain.work import ChatWait, RetryAfter, Waiting
from gateway.reconcile import Halted
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member", 11: "member"}


async def test_one_who_refuses_does_not_keep_the_others_out(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.refuse(11, "privacy")
    await school.expect(chat, CLASS)
    await school.settle()
    assert await school.members() == {1: "administrator", 10: "member"}
    blocked = await school.value("SELECT reason FROM blocked_accounts WHERE max_user_id = 11")
    assert blocked == "add.participant.privacy"
    assert await school.value("SELECT due_at - clock_now() FROM chat_sync") > timedelta(hours=23)  # type: ignore[operator]
    state = "SELECT state FROM dashboard.memberships WHERE max_user_id = 11"
    assert await school.value(state) == "blocked"


async def test_who_refused_is_tried_again_when_the_date_comes(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.refuse(11, "not_found")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.refuse(11, None)
    await school.sql("UPDATE blocked_accounts SET retry_at = clock_now()")
    await school.hurry()
    await school.settle()
    assert await school.members() == CLASS
    assert await school.value("SELECT count(*) FROM blocked_accounts") == 0
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_an_administrator_who_refuses_is_not_promoted(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.refuse(2, "privacy")
    await school.expect(chat, {**CLASS, 2: "administrator", 12: "member"})
    await school.settle()
    assert await school.members() == {**CLASS, 12: "member"}
    assert "promote" not in await school.calls()


async def test_a_token_that_is_not_valid_halts(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.http.put("/sim/token", json={"valid": False})
    lease = await school.store.claim()
    assert lease is not None
    assert isinstance(await school.reconcile(lease), Halted)
    await school.http.put("/sim/token", json={"valid": True})
    await school.hurry()
    await school.settle()
    assert await school.members() == CLASS


async def test_a_bot_without_rights_parks_that_chat_alone(school: Bench) -> None:
    first = await school.chat("class:c-1", "first")
    second = await school.chat("class:c-2", "second")
    await school.expect(first, CLASS)
    await school.expect(second, CLASS)
    await school.settle()
    ids = {chat["title"]: chat["chat_id"] for chat in await school.chats()}
    await school.http.put(f"/sim/chats/{ids['first']}/bot", json={"administrator": False})
    for chat in (first, second):
        await school.expect(chat, {1: "administrator", 10: "member"})
    school.outcomes.clear()
    await school.settle()
    assert Waiting(ChatWait.PARKED) in school.outcomes
    assert await school.members("second") == {1: "administrator", 10: "member"}
    parked = "SELECT title FROM dashboard.chats WHERE state = 'parked'"
    assert await school.value(parked) == "first"


async def test_429_is_waited_out_and_changes_nothing_else(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.fault(
        method="POST", path="/partner/v1/chats", kind="status", status=429,
        headers={"Retry-After": "3"}, count=1,
    )  # fmt: skip
    await school.expect(chat, CLASS)
    await school.settle()
    assert school.outcomes == [RetryAfter("429", 3.0)]
    assert await school.value("SELECT until > clock_now() FROM call_pause") is True
    await school.sql("UPDATE call_pause SET until = NULL")
    await school.hurry()
    await school.settle()
    assert await school.members() == CLASS
