"""A closing class is frozen, not emptied: who is not expected leaves, and nobody gains anything."""

import pytest

from domain.ids import ChatId
from tests.reconcile.bench import Bench

CLASS = {1: "administrator", 10: "member", 11: "member"}

_ORIGIN = "1, clock_now(), 'test', '1', 't', 0, 0, clock_now()"


async def _closed(school: Bench) -> ChatId:
    """A chat that was made, and closed since."""
    chat = await school.chat("class:c-1")
    await school.expect(chat, CLASS)
    await school.settle()
    await school.sql("UPDATE chats SET frozen = true")
    await school.forget_calls()
    return chat


async def test_whoever_is_expected_stays_and_nothing_is_called(school: Bench) -> None:
    chat = await _closed(school)
    await school.due(chat)
    await school.settle()
    assert await school.members() == CLASS
    assert await school.calls() == {}


@pytest.mark.parametrize(
    ("expected", "stay"),
    [
        ({1: "administrator", 11: "member"}, {1: "administrator", 11: "member"}),
        ({1: "member", 10: "member", 11: "member"}, dict.fromkeys((1, 10, 11), "member")),
        ({**CLASS, 12: "member"}, CLASS),
        ({**CLASS, 10: "administrator"}, CLASS),
    ],
    ids=["not expected", "a member now", "a newcomer", "an administrator now"],
)
async def test_what_is_not_expected_is_taken_and_nothing_is_given(
    school: Bench, expected: dict[int, str], stay: dict[int, str]
) -> None:
    chat = await _closed(school)
    await school.expect(chat, expected)
    await school.settle()
    assert await school.members() == stay
    await school.due(chat)
    await school.settle()
    assert await school.value("SELECT count(*) FROM chat_sync WHERE due_at IS NOT NULL") == 0


async def test_who_unlinked_leaves(school: Bench) -> None:
    chat = await _closed(school)
    await school.sql("UPDATE fact_profiles SET max_user_id = NULL WHERE max_user_id = 10")
    await school.due(chat)
    await school.settle()
    assert await school.members() == {1: "administrator", 11: "member"}
