"""What people do in a chat that has closed: who comes leaves, and nobody is put back."""

from domain.drift import Policy
from tests.drift.people import CHIEF, CLASS, People

STRANGER = 99


async def _close(people: People) -> None:
    await people.school.sql("UPDATE chats SET frozen = true")


async def test_whoever_joins_a_closed_chat_by_its_link_leaves_linked_or_not(
    exclusive: People,
) -> None:
    await _close(exclusive)
    await exclusive.school.sql(
        "INSERT INTO fact_profiles VALUES ('p-99', 99, 1, now(), 't', 'e', 't', 0, 0, now())"
    )
    for account in (98, STRANGER):
        await exclusive.act(account, "join")
    await exclusive.hear()
    assert await exclusive.members() == CLASS
    assert await exclusive.drift() == [
        ("added", 98, None, "gone"),
        ("added", STRANGER, None, "gone"),
    ]


async def test_who_was_due_to_leave_when_the_chat_closed_leaves(exclusive: People) -> None:
    await exclusive.act(STRANGER, "join", by=CHIEF)
    await exclusive.hear()
    await _close(exclusive)
    await exclusive.time_passes("25 hours")
    assert await exclusive.members() == CLASS


async def test_who_is_promoted_in_a_closed_chat_is_demoted(exclusive: People) -> None:
    await _close(exclusive)
    await exclusive.act(10, "promote")
    await exclusive.look()
    assert await exclusive.members() == CLASS


async def test_who_leaves_a_closed_chat_is_not_put_back(exclusive: People) -> None:
    await _close(exclusive)
    await exclusive.act(10, "leave")
    await exclusive.hear()
    await exclusive.time_passes("9 days")
    assert await exclusive.members() == {user: role for user, role in CLASS.items() if user != 10}
    assert [row[3] for row in await exclusive.drift()] == ["recorded"]


async def test_a_closed_chat_that_is_only_observed_is_left_alone(observed: People) -> None:
    assert observed.policy is Policy.OBSERVE
    await _close(observed)
    await observed.act(STRANGER, "join")
    await observed.hear()
    assert await observed.members() == {**CLASS, STRANGER: "member"}
