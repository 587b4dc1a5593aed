"""Proven strangers leave by a lane of their own; whoever may be one of ours is counted."""

from projections.database import transaction
from projections.guard import held_plans, plan_decisions
from tests.drift.people import CHIEF, People

CROWD = {CHIEF: "administrator", **dict.fromkeys(range(10, 30), "member")}
HELD = "SELECT count(*) FROM held_plans WHERE state = 'held'"


async def _come_and_go(people: People, accounts: range) -> None:
    for account in accounts:
        await people.act(account, "join")
    await people.hear()


async def test_strangers_who_were_seen_to_arrive_use_up_no_limit(exclusive: People) -> None:
    await exclusive.expect(CROWD)
    await exclusive.settle()
    for wave in range(3):
        await _come_and_go(exclusive, range(100 + 10 * wave, 104 + 10 * wave))
        assert await exclusive.members() == CROWD
    await exclusive.expect({user: role for user, role in CROWD.items() if user not in (28, 29)})
    await exclusive.settle()
    assert await exclusive.school.value(HELD) == 0
    assert (
        await exclusive.school.value("SELECT count(*) FROM removal_reservations WHERE counts") == 2
    )


async def test_more_strangers_at_once_than_a_fifth_wait_for_a_person(exclusive: People) -> None:
    await exclusive.expect(CROWD)
    await exclusive.settle()
    await _come_and_go(exclusive, range(100, 110))
    assert len(await exclusive.members()) == len(CROWD) + 10
    assert await exclusive.school.value("SELECT scope FROM held_plans") == "strangers"


async def test_one_who_was_ours_once_is_no_stranger(exclusive: People) -> None:
    await exclusive.expect({user: role for user, role in CROWD.items() if user > 12 or user == 1})
    await exclusive.settle()
    await exclusive.time_passes("25 hours")
    await _come_and_go(exclusive, range(10, 12))
    causes = (
        "SELECT string_agg(DISTINCT cause, ' ') FROM removal_reservations WHERE max_user_id < 12"
    )
    assert await exclusive.school.value(causes) == "not_expected"


async def test_who_was_there_at_a_first_read_is_not_proven(exclusive: People) -> None:
    await exclusive.act(99, "join")
    await exclusive.updates()
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL, known_at = NULL")
    await exclusive.look()
    assert await exclusive.school.value("SELECT cause FROM removal_reservations") == "not_expected"


async def test_an_approval_lets_no_crowd_of_strangers_go_that_it_did_not_show(
    exclusive: People,
) -> None:
    await exclusive.expect(CROWD)
    await exclusive.settle()
    await exclusive.expect({user: role for user, role in CROWD.items() if user < 20})
    await exclusive.settle()
    async with transaction(exclusive.school.engine) as connection:
        (plan,) = await held_plans.listing(connection)
        await plan_decisions.approve(connection, plan.hash, "ivanova", 24)
    await _come_and_go(exclusive, range(100, 110))
    approved = {user for user in CROWD if user < 20}
    assert (await exclusive.members()).keys() == {*approved, *range(100, 110)}


async def test_a_mass_of_our_own_that_waits_keeps_no_stranger_and_the_reverse(
    exclusive: People,
) -> None:
    await exclusive.expect(CROWD)
    await exclusive.settle()
    few = {user: role for user, role in CROWD.items() if user < 20}
    await exclusive.expect(few)
    await exclusive.settle()
    await _come_and_go(exclusive, range(100, 102))
    assert await exclusive.members() == CROWD
    await exclusive.expect({user: role for user, role in CROWD.items() if user != 29})
    await _come_and_go(exclusive, range(100, 110))
    assert 29 not in await exclusive.members()
    assert len(await exclusive.members()) == len(CROWD) - 1 + 10
