"""Somebody whom a chat administrator added inside MAX stays a day, or as long as staff wants."""

from domain.ids import MaxUserId
from projections.database import transaction
from projections.guard import kept_accounts
from tests.drift.people import CHIEF, CLASS, People

GUEST = 99
WITH_GUEST = {**CLASS, GUEST: "member"}


async def _proposed(people: People) -> None:
    await people.act(GUEST, "join", by=CHIEF)
    await people.hear()
    assert await people.members() == WITH_GUEST


async def test_a_guest_who_is_kept_stays(exclusive: People) -> None:
    await _proposed(exclusive)
    async with transaction(exclusive.school.engine) as connection:
        done = await kept_accounts.keep(connection, exclusive.chat, MaxUserId(GUEST), "s-admin")
    assert done is kept_accounts.Keeping.KEPT
    await exclusive.settle()
    await exclusive.time_passes("9 days")
    assert await exclusive.members() == WITH_GUEST
    assert await exclusive.drift() == [("added_by_administrator", GUEST, CHIEF, "kept")]
    assert await exclusive.school.calls() == {}
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_who_is_not_in_the_chat_cannot_be_kept_there(exclusive: People) -> None:
    async with transaction(exclusive.school.engine) as connection:
        done = await kept_accounts.keep(connection, exclusive.chat, MaxUserId(GUEST), "s-admin")
    assert done is kept_accounts.Keeping.NOT_THERE
    assert await exclusive.school.value("SELECT count(*) FROM dashboard.kept") == 0
    await _proposed(exclusive)
    for expected in (kept_accounts.Keeping.KEPT, kept_accounts.Keeping.ALREADY):
        async with transaction(exclusive.school.engine) as connection:
            done = await kept_accounts.keep(connection, exclusive.chat, MaxUserId(GUEST), "s-admin")
        assert done is expected
    shown = "SELECT concat_ws(' ', max_user_id, author, present, state) FROM dashboard.kept"
    assert await exclusive.school.value(shown) == "99 s-admin t kept"


async def test_a_guest_who_is_kept_no_longer_leaves(exclusive: People) -> None:
    await test_a_guest_who_is_kept_stays(exclusive)
    async with transaction(exclusive.school.engine) as connection:
        assert await kept_accounts.release(connection, exclusive.chat, MaxUserId(GUEST), "s-admin")
    await exclusive.settle()
    assert await exclusive.members() == CLASS


async def test_a_guest_who_becomes_expected_stays(exclusive: People) -> None:
    await _proposed(exclusive)
    await exclusive.expect(WITH_GUEST)
    await exclusive.settle()
    await exclusive.time_passes("2 days")
    assert await exclusive.members() == WITH_GUEST
    assert await exclusive.drift() == [("added_by_administrator", GUEST, CHIEF, "expected")]


async def test_a_guest_who_leaves_alone_ends_the_proposal(exclusive: People) -> None:
    await _proposed(exclusive)
    await exclusive.act(GUEST, "leave")
    await exclusive.hear()
    assert await exclusive.drift() == [("added_by_administrator", GUEST, CHIEF, "gone")]
    assert await exclusive.school.calls() == {}
    assert await exclusive.school.value("SELECT state FROM dashboard.chats") == "converged"


async def test_the_teacher_cannot_keep_by_adding_again_and_again_unseen(
    exclusive: People,
) -> None:
    await _proposed(exclusive)
    await exclusive.time_passes("25 hours")
    assert await exclusive.members() == CLASS
    await _proposed(exclusive)
    shown = "SELECT count(*) FROM dashboard.drift WHERE kind = 'added_by_administrator'"
    assert await exclusive.school.value(shown) == 2


async def test_a_proposal_that_ends_while_ingest_is_behind_ends_later(exclusive: People) -> None:
    await _proposed(exclusive)
    await exclusive.school.sql("UPDATE drift SET due_at = clock_now()")
    await exclusive.school.hurry()
    await exclusive.school.settle(removals_wait=True)
    assert await exclusive.members() == WITH_GUEST
    await exclusive.school.hurry()
    await exclusive.settle()
    assert await exclusive.members() == CLASS
