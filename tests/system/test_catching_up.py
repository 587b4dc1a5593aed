"""Started on topics that already hold a year: catch up, then act."""

import asyncio
from random import Random

import pytest

from domain.actions import minimal_calls
from domain.expected import Role
from domain.ids import MaxUserId
from rollcall.publish import local_today
from simulator.changes import Change, MemberRemoved, MembersAdded
from tests.system.histories import Later, region
from tests.system.stack import Stack
from tests.system.verifier import check, deliverable


class Log:
    """Who was ever added to, and removed from, which chat of the messenger."""

    def __init__(self, school: Stack) -> None:
        self._world = school.simulator.world
        self.added: set[tuple[int, int]] = set()
        self.removed: set[tuple[int, int]] = set()
        self._world.observe(self._seen)

    def _seen(self, change: Change) -> None:
        match change:
            case MembersAdded(chat_id=chat_id, user_ids=user_ids):
                self.added |= {(chat_id, user_id) for user_id in user_ids}
            case MemberRemoved(chat_id=chat_id, user_id=user_id):
                self.removed.add((chat_id, user_id))
            case _:
                return


@pytest.mark.timeout(180)
async def test_nobody_is_added_whom_a_later_record_takes_out_again(
    school: Stack, seed: int
) -> None:
    log = Log(school)
    events = region(180, seed % 1000, local_today())
    later = list(Later(events, Random(seed), local_today()).changes(600))
    await school.publish([*events, *later])
    first, second = await school.run(), await school.run()
    await school.acting()
    await school.settled()
    await check(school)

    there = {
        (chat["chat_id"], member["user_id"])
        for chat in await school.chats()
        for member in chat["members"]
        if not member["is_bot"]
    }
    assert log.added == there
    assert log.removed == set()
    wanted = [
        {MaxUserId(account): Role(role) for account, role in accounts.items()}
        for accounts in deliverable(school).values()
    ]
    calls = await school.changing()
    assert sum(calls.values()) == minimal_calls(wanted)
    assert (await school.stats())["reads"] == 0
    assert [await first.terminate(), await second.terminate()] == [0, 0]
    assert school.programs.tracebacks() == []


@pytest.mark.timeout(180)
async def test_the_verifier_sees_one_stranger_and_one_wrong_role(school: Stack, seed: int) -> None:
    await school.publish(region(90, seed % 1000, local_today()))
    engine = await school.run()
    await school.acting()
    await school.settled()
    await engine.terminate()
    await check(school)
    chat = next(chat for chat in await school.chats() if len(chat["members"]) > 3)
    person = next(m["user_id"] for m in chat["members"] if not (m["is_admin"] or m["is_bot"]))
    people = f"/sim/chats/{chat['chat_id']}/people"
    for user_id, action, back in ((1, "join", "leave"), (person, "promote", "demote")):
        await school.http.post(f"{people}/{user_id}", json={"action": action})
        with pytest.raises(AssertionError, match=f"{user_id} is "):
            await check(school)
        await school.http.post(f"{people}/{user_id}", json={"action": back})
    await check(school)
    await _read_anew(school, str(chat["external_id"]).rpartition("#")[0])


async def _read_anew(school: Stack, chat_id: str) -> None:
    """A chat that is about to be read is waited for; one that is pending for nothing is not."""
    about = f"WHERE chat_id = '{chat_id}' RETURNING observed_at"
    ((seen,),) = await school.rows(f"SELECT observed_at FROM chat_sync WHERE chat_id = '{chat_id}'")
    await school.rows(f"UPDATE chat_sync SET observed_at = NULL, due_at = clock_now() {about}")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(check(school), 3)
    await school.rows(f"UPDATE chat_sync SET due_at = NULL {about}")
    with pytest.raises(AssertionError, match=f"{chat_id} is pending"):
        await check(school)
    await school.rows(f"UPDATE chat_sync SET observed_at = '{seen.isoformat()}' {about}")
    await check(school)
