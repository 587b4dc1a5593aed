"""The verifier: what was published, judged by the oracle, against what is there.

It shares no code with the engine. ``check`` looks at the messenger's own truth and at
``dashboard.memberships``; everything that is not as it should be is told at once.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.oracle import naive
from tests.system.stack import Stack

Accounts = dict[int, str]

WORKERS = 8
"""Calls that one engine has under way at most, by the settings' default."""

READ_ANEW_SECONDS = 30.0
"""So long a chat may be under way because it is read anew."""

_ASKED_FOR = """
    SELECT sum(due_generation) AS ever,
           count(*) FILTER (WHERE due_at <= clock_now() OR lease_until > clock_now()) AS now
      FROM chat_sync"""


async def check(stack: Stack) -> None:
    """The messenger has exactly whom the published events say, and the views say so too."""
    expected = naive.chats(stack.published, datetime.now(UTC))
    faults = [*_in_messenger(expected, await stack.chats()), *await _at_rest(expected, stack)]
    assert not faults, "\n".join(faults[:40])


def deliverable(stack: Stack) -> dict[str, Accounts]:
    """Who should be in each chat that is kept in step and has anybody."""
    expected = naive.chats(stack.published, datetime.now(UTC))
    return {
        chat_id: chat.accounts
        for chat_id, chat in expected.items()
        if chat.accounts and not chat.frozen
    }


async def check_no_call_was_repeated(stack: Stack, kills: int | None = None) -> None:
    """Only a create whose answer was lost may be called again, and then finds its chat there.

    ``kills``: how many answers can have been lost by them, at one for each worker of theirs.
    """
    idle = (await stack.stats())["without_effect"]
    assert {kind: count for kind, count in idle.items() if count and kind != "create"} == {}
    lost = await stack.value(
        """SELECT count(*) FROM intents WHERE action = 'create'
              AND (outcome IN ('repeated', 'read back') OR outcome LIKE 'unknown%')"""
    )
    assert idle["create"] <= lost
    if kills is not None:
        assert idle["create"] <= kills * WORKERS


def _in_messenger(expected: Mapping[str, naive.Chat], chats: list[dict[str, Any]]) -> list[str]:
    ours = Counter(chat["external_id"].rpartition("#")[0] for chat in chats)
    faults = [f"{chat_id} is there {count} times" for chat_id, count in ours.items() if count > 1]
    faults += [f"{chat_id} should not be there" for chat_id in ours.keys() - expected.keys()]
    there = {chat["external_id"].rpartition("#")[0]: chat for chat in chats}
    for chat_id, chat in expected.items():
        if chat.frozen:
            continue
        if chat_id not in there:
            if chat.accounts:
                faults.append(f"{chat_id} is missing")
            continue
        faults += _differences(chat_id, chat.accounts, _accounts(there[chat_id]))
        if there[chat_id]["title"] != chat.title:
            faults.append(f"{chat_id} has another title")
    return faults


def _accounts(chat: dict[str, Any]) -> Accounts:
    return {
        member["user_id"]: naive.ADMINISTRATOR if member["is_admin"] else naive.MEMBER
        for member in chat["members"]
        if not member["is_bot"]
    }


def _differences(chat_id: str, wanted: Accounts, found: Accounts) -> list[str]:
    return [
        f"{chat_id}: {account} is {found.get(account)} and should be {wanted.get(account)}"
        for account in sorted(wanted.keys() | found.keys())
        if wanted.get(account) != found.get(account)
    ]


async def _at_rest(expected: Mapping[str, naive.Chat], stack: Stack) -> list[str]:
    """What the views say wrongly while no chat is being read.

    The sweep reads a chat anew some time after a call without an answer, and until it has been
    read the chat is ``pending``: that is no fault, unless it stays so.
    """
    deadline = asyncio.get_running_loop().time() + READ_ANEW_SECONDS
    while True:
        before = await stack.rows(_ASKED_FOR)
        faults = [*await _in_view(expected, stack), *await _states(stack)]
        after = await stack.rows(_ASKED_FOR)
        late = asyncio.get_running_loop().time() > deadline
        if not faults or late or (before == after and not after[0].now):
            return faults
        await asyncio.sleep(0.05)


async def _in_view(expected: Mapping[str, naive.Chat], stack: Stack) -> list[str]:
    rows = await stack.rows("SELECT chat_id, person_id, role, state FROM dashboard.memberships")
    frozen = {chat_id for chat_id, chat in expected.items() if chat.frozen}
    wanted = {
        (chat_id, person, role)
        for chat_id, chat in expected.items()
        for person, role in chat.members.items()
    }
    found = {(row.chat_id, row.person_id, row.role) for row in rows if row.state != "to_remove"}
    faults = [f"the view lacks {row}" for row in sorted(wanted - found)]
    faults += [f"the view has {row} too much" for row in sorted(found - wanted)]
    waiting = [row for row in rows if row.state not in {"present", "no_profile"}]
    faults += [f"{tuple(row)} waits" for row in waiting if row.chat_id not in frozen]
    return faults


async def _states(stack: Stack) -> list[str]:
    rows = await stack.rows(
        """SELECT chat_id, state FROM dashboard.chats
            WHERE state NOT IN ('converged', 'frozen', 'not_created')"""
    )
    return [f"{row.chat_id} is {row.state}" for row in rows]
