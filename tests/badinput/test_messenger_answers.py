"""The messenger's bad answers, each to every call of a chat's life: at the end it is right.

A chat is made, people come and leave, one rises, the title changes, all while one kind of
fault strikes. Nobody who was never expected is ever in it, no second chat is made, and once
the fault is gone the chat is as it should be.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from domain.ids import ChatId
from tests.reconcile.bench import Bench, bench

ADMIN, MEMBER = "administrator", "member"
FIRST = {1: ADMIN, 10: MEMBER, 11: MEMBER}
SECOND = {1: ADMIN, 2: ADMIN, 10: MEMBER, 12: MEMBER, 13: MEMBER}
LAST = {2: ADMIN, 10: ADMIN, 12: MEMBER}
EVER = {**FIRST, **SECOND, **LAST}

_TOMORROW = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)


def _too_many(wait: str) -> dict[str, Any]:
    return {"kind": "status", "status": 429, "headers": {"Retry-After": wait}}


FAULTS: dict[str, dict[str, Any]] = {
    "429, in seconds": _too_many("900"),
    "429, at a date": _too_many(_TOMORROW),
    "429, in -1 s": _too_many("-1"),
    "429, in 10⁹ s": _too_many("1000000000"),
    "429, in words": _too_many("soon"),
    "500 after the effect": {"kind": "status_after_effect", "status": 500},
    "502 before the effect": {"kind": "status", "status": 502},
    "dropped after the effect": {"kind": "drop_after_effect"},
    "success: false": {"kind": "success_false"},
    "null failed_user_ids": {"kind": "null_failed_ids"},
    "partial": {"kind": "partial"},
    "HTML with 200": {"kind": "html"},
    "truncated JSON": {"kind": "truncated"},
    "cyclic marker": {"kind": "cyclic_marker"},
    "stale read": {"kind": "stale_read"},
}


@pytest.fixture
async def school(database_url: str) -> AsyncIterator[Bench]:
    """Real PostgreSQL, and a messenger over a socket."""
    async with bench(database_url) as made:
        yield made


async def hurry(school: Bench) -> None:
    """Let every wait pass at once: of the queue, of the budget, of who refused."""
    await school.sql("UPDATE call_pause SET until = '-infinity'")
    await school.sql("UPDATE blocked_accounts SET retry_at = clock_now()")
    await school.sql("UPDATE setbacks SET retry_at = clock_now() WHERE retry_at IS NOT NULL")
    await school.sql("UPDATE chat_sync SET reread_at = clock_now() WHERE reread_at IS NOT NULL")
    await school.hurry()


async def until_calm(school: Bench, chat: ChatId) -> None:
    """Look at the chat over and over, as days would pass."""
    for _ in range(6):
        await hurry(school)
        await school.due(chat)
        await school.settle()
        await nobody_wrong(school)


async def nobody_wrong(school: Bench) -> None:
    """At most one chat, and nobody in it who was never expected."""
    chats: list[dict[str, Any]] = await school.chats()
    assert len(chats) <= 1
    for chat in chats:
        people = {each["user_id"] for each in chat["members"] if not each["is_bot"]}
        assert people <= EVER.keys()


async def live(school: Bench, chat: ChatId, fault: dict[str, Any]) -> None:
    """A chat's life under this fault, which strikes every call in turn for a while."""
    for number, expected in enumerate((FIRST, SECOND, LAST)):
        await school.chat(chat, f"9г - Ученики {number}")
        await school.fault(method="*", path="*", count=3, **fault)
        await school.expect(chat, expected)
        await until_calm(school, chat)
        await school.http.delete("/sim/faults")


@pytest.mark.parametrize("name", FAULTS)
async def test_a_chat_is_right_once_the_fault_is_gone(school: Bench, name: str) -> None:
    chat = await school.chat("class:c-1")
    await live(school, chat, FAULTS[name])
    # A stale or partial read is believed until the next look; that comes by itself.
    await school.sql("UPDATE chat_sync SET observed_at = NULL")
    await until_calm(school, chat)
    assert await school.members("9г - Ученики 2") == LAST
    assert await school.value("SELECT state FROM dashboard.chats") == "converged"
    await school.forget_calls()
    await until_calm(school, chat)
    assert await school.calls() == {}


async def test_a_bot_that_is_no_administrator_any_more_parks_the_chat(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, FIRST)
    await school.settle()
    [made] = await school.chats()
    address = f"/sim/chats/{made['chat_id']}/bot"
    await school.http.put(address, json={"administrator": False, "member": True})
    await school.expect(chat, LAST)
    await school.settle()
    # The partner contract still lets people in; what is the bot's to do waits.
    assert await school.members() == {**FIRST, 2: MEMBER, 12: MEMBER}
    assert await school.value("SELECT state FROM dashboard.chats") == "parked"
    await school.http.put(address, json={"administrator": True, "member": True})
    await until_calm(school, chat)
    assert await school.members() == LAST


async def test_ids_of_chats_are_negative_and_kept_whole(school: Bench) -> None:
    chat = await school.chat("class:c-1")
    await school.expect(chat, FIRST)
    await school.settle()
    [made] = await school.chats()
    assert made["chat_id"] == await school.value("SELECT max_chat_id FROM dashboard.chats")
    assert await school.value("SELECT max_chat_id < -(2::bigint ^ 31) FROM dashboard.chats")
