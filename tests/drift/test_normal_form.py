"""What the messenger makes of our value counts as equal, and setting right has a bound."""

from collections.abc import AsyncIterator

import pytest

from domain.obstacles import Obstacle, ObstacleKind
from projections.database import transaction
from projections.reports.obstacles import obstacles
from simulator.config import SimulatorConfig
from tests.drift.people import CHIEF, CLASS, People, people
from tests.reconcile.bench import TOKEN

CHAT = "/chats/{chatId}"
ADMIN = "/chats/{chatId}/members/admins/{userId}"
TITLE = "9г - Ученики"


@pytest.fixture
async def trimming(database_url: str) -> AsyncIterator[People]:
    """A messenger that trims titles."""
    config = SimulatorConfig(token=TOKEN, requests_per_second=100_000, trims_titles=True)
    async with people(database_url, config=config) as made:
        await made.begin()
        yield made


async def _title(crowd: People) -> object:
    (chat,) = await crowd.school.chats()
    return chat["title"]


async def _obstacles(crowd: People) -> dict[ObstacleKind, Obstacle]:
    """But for our own events: nobody publishes them here, and days go by."""
    async with transaction(crowd.school.engine) as connection:
        found = {each.kind: each for each in await obstacles(connection)}
    return {kind: each for kind, each in found.items() if kind is not ObstacleKind.UNPUBLISHED}


async def _state(crowd: People) -> object:
    return await crowd.school.value("SELECT state FROM dashboard.chats")


async def test_a_title_that_the_messenger_trims_is_given_once(trimming: People) -> None:
    await trimming.school.chat("class:c-1", "  10г  - Ученики ")
    await trimming.school.due(trimming.chat)
    await trimming.settle()
    for _ in range(5):
        await trimming.hear()
        await trimming.look()
    assert await _title(trimming) == "10г - Ученики"
    assert await trimming.school.calls() == {"rename": 1}
    assert await trimming.drift() == []
    assert await _state(trimming) == "converged"


async def test_a_chat_that_was_made_under_a_trimmed_title_costs_no_more_call(
    trimming: People,
) -> None:
    school = trimming.school
    chat = await school.chat("class:c-2", " 7а ")
    await school.expect(chat, {CHIEF: "administrator", 50: "member"})
    await trimming.settle()
    for _ in range(4):
        await school.sql("UPDATE chat_sync SET observed_at = NULL")
        await school.due(chat)
        await trimming.settle()
    assert await school.calls() == {"create": 1}


async def test_somebody_who_changes_a_trimmed_title_is_set_right_as_ever(
    trimming: People,
) -> None:
    await test_a_title_that_the_messenger_trims_is_given_once(trimming)
    await trimming.time_passes("1 hour")
    await trimming.rename("Мы", 10)
    await trimming.hear()
    assert await _title(trimming) == "10г - Ученики"
    assert await trimming.drift() == [("title_changed", None, 10, "set_right")]


async def test_another_title_of_ours_is_given_though_the_last_was_trimmed(
    trimming: People,
) -> None:
    await test_a_title_that_the_messenger_trims_is_given_once(trimming)
    await trimming.school.chat("class:c-1", "10г - Ученики")
    await trimming.school.due(trimming.chat)
    await trimming.settle()
    await trimming.school.chat("class:c-1", "11г")
    await trimming.school.due(trimming.chat)
    await trimming.settle()
    assert await _title(trimming) == "11г"


async def test_a_title_that_is_kept_against_us_is_set_right_three_times_a_day(
    exclusive: People,
) -> None:
    await exclusive.rename("Мы", 10)
    await exclusive.school.fault(method="PATCH", path=CHAT, kind="ignored")
    for _ in range(8):
        await exclusive.hear()
        await exclusive.look()
    assert await exclusive.school.calls() == {"rename": 3}
    said = (await _obstacles(exclusive))[ObstacleKind.UNDONE]
    assert (said.count, said.about, said.detail) == (1, (exclusive.chat,), "rename")
    assert said.since is not None
    assert await _state(exclusive) == "pending"
    await exclusive.school.http.delete("/sim/faults")
    await exclusive.time_passes("25 hours")
    assert await _title(exclusive) == TITLE
    assert await _obstacles(exclusive) == {}
    assert await _state(exclusive) == "converged"


@pytest.mark.parametrize("action", ["promote", "demote"])
async def test_a_role_that_another_bot_changes_back_again_and_again_has_a_bound(
    exclusive: People, action: str
) -> None:
    account = 11 if action == "promote" else CHIEF
    for _ in range(6):
        await exclusive.act(account, action) if await _role_is_right(exclusive, account) else None
        await exclusive.look()
    undone = "demote" if action == "promote" else "promote"
    assert await exclusive.school.calls() == {undone: 3}
    said = (await _obstacles(exclusive))[ObstacleKind.UNDONE]
    assert (said.count, said.detail) == (1, undone)
    await exclusive.time_passes("25 hours")
    assert await exclusive.members() == CLASS
    assert await _obstacles(exclusive) == {}


async def _role_is_right(crowd: People, account: int) -> bool:
    return (await crowd.members())[account] == CLASS[account]


async def test_one_role_that_is_changed_back_keeps_no_other_from_being_set_right(
    exclusive: People,
) -> None:
    for _ in range(6):
        if (await exclusive.members())[11] == "member":
            await exclusive.act(11, "promote")
        await exclusive.look()
    await exclusive.act(12, "promote")
    await exclusive.act(CHIEF, "demote")
    await exclusive.look()
    assert await exclusive.members() == {**CLASS, 11: "administrator"}


async def test_titles_of_ours_that_change_often_are_all_given(exclusive: People) -> None:
    for number in range(6):
        await exclusive.school.chat("class:c-1", f"{number}г")
        await exclusive.school.due(exclusive.chat)
        await exclusive.settle()
    assert await exclusive.school.calls() == {"rename": 6}


async def test_a_title_that_no_database_takes_is_set_right(exclusive: People) -> None:
    await exclusive.rename("9г\x00- Ученики", 10)
    await exclusive.look()
    assert await _title(exclusive) == TITLE
    assert await _state(exclusive) == "converged"
