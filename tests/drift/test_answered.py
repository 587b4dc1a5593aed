"""Answered is not seen: it is said, swept first, and believed no longer when reads refute it."""

import pytest

from domain.obstacles import Obstacle, ObstacleKind
from projections.database import transaction
from projections.reports.obstacles import obstacles
from projections.reports.status import status
from tests.drift.people import CHIEF, CLASS, People

ADD = "/partner/v1/chats/{chat_id}/members"
MEMBERS = "/chats/{chatId}/members"
RESTS = "SELECT count(*) FROM dashboard.chats WHERE answered_since IS NOT NULL"


async def _said(people: People) -> Obstacle | None:
    async with transaction(people.school.engine) as connection:
        found = {each.kind: each for each in await obstacles(connection)}
    return found.get(ObstacleKind.ANSWERS_REFUTED)


async def test_a_chat_says_that_it_rests_on_answers_until_it_is_read(exclusive: People) -> None:
    assert await exclusive.school.value(RESTS) == 1
    async with transaction(exclusive.school.engine) as connection:
        assert (await status(connection)).answered_only == 1
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"
    await exclusive.look()
    assert await exclusive.school.value(RESTS) == 0
    await exclusive.expect({**CLASS, 30: "member"})
    await exclusive.settle()
    assert await exclusive.school.value(RESTS) == 1


async def test_the_sweep_reads_first_what_was_only_answered(exclusive: People) -> None:
    school = exclusive.school
    chats = [exclusive.chat]
    for number in range(2, 8):
        chats.append(await school.chat(f"class:c-{number}", f"{number}"))
        await school.expect(chats[-1], {CHIEF: "administrator", 100 + number: "member"})
    await exclusive.settle()
    await school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()")
    await exclusive.settle()  # all are read
    answered = chats[4]
    await school.expect(answered, {CHIEF: "administrator", 105: "member", 200: "member"})
    await exclusive.settle()
    await exclusive.time_passes("8 days")
    await school.sql("UPDATE chat_sync SET known_at = known_at - interval '1 day'"
                     f" WHERE chat_id <> '{answered}'")  # fmt: skip
    await exclusive.sweep.look()
    lease = await school.store.claim()
    picked = set()
    while lease is not None:
        picked.add(lease.chat_id)
        lease = await school.store.claim()
    assert answered in picked
    assert len(picked) == 4


async def _chats(people: People, count: int) -> None:
    for number in range(2, 2 + count):
        chat = await people.school.chat(f"class:c-{number}", f"{number}")
        await people.school.expect(chat, {CHIEF: "administrator", 100 + number: "member"})
    await people.settle()


async def _more_in_each(people: People, count: int, *, without: bool = False) -> None:
    """Each chat is to get one more, or to lose one; then an hour later it is read."""
    for number in range(2, 2 + count):
        members = {CHIEF: "administrator", 100 + number: "member", 200 + number: "member"}
        if without:
            members = {CHIEF: "administrator"}
        await people.school.expect(
            await people.school.chat(f"class:c-{number}", f"{number}"), members
        )
        await people.settle()
    await people.time_passes("1 hour")
    await people.school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()"
                            " WHERE chat_id <> 'class:c-1'")  # fmt: skip
    await people.settle()


@pytest.mark.parametrize("without", [False, True])
async def test_answers_that_reads_refute_in_chat_after_chat_are_a_state_of_the_installation(
    exclusive: People,
    without: bool,  # noqa: FBT001 - a parameter
) -> None:
    await _chats(exclusive, 3)
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()")
    await exclusive.settle()
    method, path = ("DELETE", MEMBERS) if without else ("POST", ADD)
    await exclusive.school.fault(method=method, path=path, kind="ignored")
    await _more_in_each(exclusive, 2, without=without)
    assert await _said(exclusive) is None
    await _more_in_each(exclusive, 3, without=without)
    said = await _said(exclusive)
    assert said is not None
    assert (said.count, set(said.about)) == (3, {"class:c-2", "class:c-3", "class:c-4"})
    assert said.since is not None
    await exclusive.school.http.delete("/sim/faults")
    second = await exclusive.school.chat("class:c-2", "2")
    await exclusive.school.expect(second, {CHIEF: "administrator", 102: "member", 300: "member"})
    await exclusive.settle()
    await exclusive.time_passes("1 hour")
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()"
                               " WHERE chat_id = 'class:c-2'")  # fmt: skip
    await exclusive.settle()
    assert await _said(exclusive) is None


async def test_people_who_leave_at_once_prove_nothing_about_answers(exclusive: People) -> None:
    await _chats(exclusive, 4)
    await exclusive.updates()
    for number in range(2, 6):
        (chat,) = [c for c in await exclusive.school.chats() if c["title"] == str(number)]
        exclusive.max_chat_id = int(str(chat["chat_id"]))
        await exclusive.act(100 + number, "leave")
    await exclusive.hear()
    assert await _said(exclusive) is None


async def test_reads_that_lag_behind_the_calls_prove_nothing_about_answers(
    exclusive: People,
) -> None:
    await _chats(exclusive, 3)
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()")
    await exclusive.settle()
    for number in range(2, 5):
        chat = await exclusive.school.chat(f"class:c-{number}", f"{number}")
        more = {CHIEF: "administrator", 100 + number: "member", 200 + number: "member"}
        await exclusive.school.expect(chat, more)
        await exclusive.settle()
        for path in ("/chats/{chatId}", MEMBERS):
            await exclusive.school.fault(method="GET", path=path, kind="stale_read", count=1)
        await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, due_at = clock_now()"
                                   f" WHERE chat_id = '{chat}'")  # fmt: skip
        await exclusive.settle()
        assert await _said(exclusive) is None
