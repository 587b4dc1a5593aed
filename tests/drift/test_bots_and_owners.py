"""Our bot is in no plan; other bots, and owners, are answered by the policy like anybody."""

from domain.obstacles import ObstacleKind
from projections.database import transaction
from projections.reports.obstacles import obstacles
from tests.drift.people import CHIEF, CLASS, People
from tests.reconcile.bench import BOT

OTHER_BOT = 77


async def _is_bot(people: People, account: int) -> None:
    await people.school.http.put(f"/sim/accounts/{account}", json={"is_bot": True})


async def _profile(people: People, person: str, account: int) -> None:
    await people.school.sql(f"""
        INSERT INTO fact_profiles VALUES ('{person}', {account}, 1, clock_now(), 'test', '{person}',
                                          't', 0, 0, clock_now())""")
    await people.school.sql(f"""
        INSERT INTO expected_members
        SELECT chat_id, '{person}', 'member', false, '[]', clock_now(), clock_now() FROM chats""")


async def test_another_bot_that_a_teacher_added_is_a_proposal_and_leaves_like_anybody(
    exclusive: People,
) -> None:
    await _is_bot(exclusive, OTHER_BOT)
    await exclusive.act(OTHER_BOT, "join", by=CHIEF)
    await exclusive.hear()
    assert await exclusive.members_with_bots() == {**CLASS, OTHER_BOT: "member"}
    await exclusive.time_passes("25 hours")
    assert await exclusive.members_with_bots() == CLASS
    assert await exclusive.drift() == [("added_by_administrator", OTHER_BOT, CHIEF, "gone")]


async def test_another_bot_that_came_by_link_leaves_at_once(exclusive: People) -> None:
    await _is_bot(exclusive, OTHER_BOT)
    await exclusive.act(OTHER_BOT, "join")
    await exclusive.hear()
    assert await exclusive.members_with_bots() == CLASS


async def test_additive_another_bot_stays_as_it_is(additive: People) -> None:
    await _is_bot(additive, OTHER_BOT)
    await additive.act(OTHER_BOT, "join")
    await additive.act(OTHER_BOT, "promote")
    await additive.hear()
    assert await additive.members_with_bots() == {**CLASS, OTHER_BOT: "administrator"}
    assert await additive.school.calls() == {}


async def test_a_human_owner_who_belongs_stays_and_costs_no_call(exclusive: People) -> None:
    path = f"/sim/chats/{exclusive.max_chat_id}/owner"
    await exclusive.school.http.put(path, json={"user_id": CHIEF})
    await exclusive.look()
    assert await exclusive.members() == CLASS
    assert await exclusive.school.calls() == {}


async def test_a_human_owner_who_does_not_belong_is_a_state_and_stops_nobody(
    exclusive: People,
) -> None:
    await exclusive.act(99, "join", by=CHIEF)
    path = f"/sim/chats/{exclusive.max_chat_id}/owner"
    await exclusive.school.http.put(path, json={"user_id": 99})
    await exclusive.expect({user: role for user, role in CLASS.items() if user != 12})
    await exclusive.school.sql("UPDATE chat_sync SET observed_at = NULL")
    await exclusive.settle()
    without = {user: role for user, role in CLASS.items() if user != 12}
    assert await exclusive.members() == {**without, 99: "administrator"}
    async with transaction(exclusive.school.engine) as connection:
        said = {each.kind: each for each in await obstacles(connection)}
    assert said[ObstacleKind.STUCK].detail == "remove: proto.payload"


async def test_a_profile_that_names_the_bots_own_account_is_a_state_and_touches_nobody(
    exclusive: People,
) -> None:
    await _profile(exclusive, "p-bot", BOT)
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    assert await exclusive.school.calls() == {}
    assert await exclusive.blocked() == {BOT: "own_account"}
    async with transaction(exclusive.school.engine) as connection:
        said = {each.kind: each for each in await obstacles(connection)}
    named = said[ObstacleKind.OWN_ACCOUNT]
    assert (named.count, named.about) == (1, ("p-bot",))
    assert named.since is not None


async def test_a_profile_that_named_the_bot_and_goes_takes_no_bot_along(
    exclusive: People,
) -> None:
    await _profile(exclusive, "p-bot", BOT)
    await exclusive.look()
    school = exclusive.school
    await school.sql("DELETE FROM expected_members WHERE person_id = 'p-bot'")
    await school.sql("UPDATE fact_profiles SET max_user_id = NULL WHERE person_id = 'p-bot'")
    # However it came to be known as a member.
    await exclusive.school.sql(f"""INSERT INTO observed_members
        SELECT chat_id, {BOT}, true, clock_now() FROM chats""")
    await exclusive.school.due(exclusive.chat)
    await exclusive.settle()
    assert await exclusive.school.calls() == {}
    assert BOT in await exclusive.members_with_bots(ours=True)
