"""What the guard counts besides memberships: people who unlink, one who flaps, lost rights."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from domain.guard import GuardLimits
from domain.ids import ChatId
from domain.obstacles import ObstacleKind
from domain.seasons import GuardPolicy
from projections.database import transaction
from projections.reports.obstacles import obstacles
from tests.reconcile.town import HOUR, Town, accounts, town

FAR = 10**6
PEOPLE = accounts(30)
WIDE = GuardLimits(chat_floor=FAR, school_floor=FAR, total_floor=FAR)


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Town]:
    """Schools with the usual limits."""
    async with town(database_url) as made:
        yield made


async def unlink(place: Town, some: list[int], *chats: ChatId) -> None:
    for account in some:
        await place.unlink(account)
    await place.due(*chats)
    await place.work()


async def test_more_people_of_a_school_than_ten_who_unlink_within_an_hour_wait(
    place: Town,
) -> None:
    chat = await place.chat("9g", PEOPLE)
    await unlink(place, PEOPLE[:11], chat)
    assert await place.present(chat) == set(PEOPLE)
    held = await place.the_held()
    assert (held.scope, held.removal_limit, held.would_be) == ("unlink_school", 10, 11)
    assert held.removals == 0
    kinds = "SELECT string_agg(kind, ' ') FROM (SELECT scope AS kind FROM held_plans) k"
    assert await place.value(kinds) == "unlink_school"
    await place.approve(held.school_hash or "")
    await place.work()
    assert await place.present(chat) == set(PEOPLE[11:])


async def test_people_count_once_in_however_many_chats_they_are(place: Town) -> None:
    made = [await place.chat(f"{n}", PEOPLE) for n in range(4)]
    await unlink(place, PEOPLE[:10], *made)
    assert [len(await place.present(chat)) for chat in made] == [20] * 4
    assert await place.held() == []


async def test_a_crowd_that_unlinks_waits_however_much_time_passes(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await unlink(place, PEOPLE[:29], chat)
    for _ in range(3):
        await place.wait(25 * HOUR)
        await place.due(chat)
        await place.work()
    assert await place.present(chat) == set(PEOPLE)


async def test_one_person_who_unlinks_while_a_crowd_waits_leaves_at_once(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await unlink(place, PEOPLE[:12], chat)
    await place.wait(2 * HOUR)
    await unlink(place, PEOPLE[12:13], chat)
    assert await place.present(chat) == {*PEOPLE[:12], *PEOPLE[13:]}
    assert len((await place.the_held()).people) == 12


async def test_one_person_who_unlinks_is_never_held_whatever_the_settings(
    database_url: str,
) -> None:
    none = replace(
        WIDE,
        unlink_school_floor=0,
        unlink_school_share=0.0,
        unlink_total_floor=0,
        unlink_total_share=0.0,
    )
    async with town(database_url, GuardPolicy(none)) as place:
        made = [await place.chat(f"{n}", PEOPLE) for n in range(3)]
        await unlink(place, PEOPLE[:1], *made)
        assert [len(await place.present(chat)) for chat in made] == [29] * 3
        await unlink(place, PEOPLE[1:2], *made)
        assert [len(await place.present(chat)) for chat in made] == [29] * 3


async def test_people_of_all_schools_who_unlink_have_a_limit_together(database_url: str) -> None:
    limits = GuardLimits(unlink_total_floor=7)
    async with town(database_url, GuardPolicy(limits)) as place:
        made = [await place.chat(f"{n}", accounts(20, 100 * n + 100), f"s-{n}") for n in range(4)]
        some = [account for n in range(4) for account in accounts(2, 100 * n + 100)]
        await unlink(place, some, *made)
        assert {each.scope for each in await place.held()} == {"unlink_total"}
        assert len(place.messenger.removed) == 0


async def test_an_old_account_of_which_nobody_heard_makes_no_crowd(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    for account in PEOPLE:
        await place.unlink(account + 5000)
    await place.sql(
        """INSERT INTO fact_history (kind, key, version, at, source, event_id, body, topic, part,
                  off, known_since, superseded_at)
           SELECT 'profiles', person_id, 0, at, source, event_id,
                  jsonb_build_object('person_id', person_id, 'max_user_id', max_user_id + 5000),
                  topic, part, off, known_since, clock_now() FROM fact_profiles"""
    )
    await unlink(place, PEOPLE[:1], chat)
    assert await place.present(chat) == set(PEOPLE[1:])


async def flap(place: Town, chat: ChatId, times: int) -> None:
    for _ in range(times):
        await place.leave(chat, PEOPLE[:1])
        await place.work()
        await place.join(chat, PEOPLE[:1])
        await place.work()


async def test_who_is_taken_out_for_the_third_time_within_an_hour_waits(
    database_url: str,
) -> None:
    async with town(database_url, GuardPolicy(WIDE)) as place:
        chat = await place.chat("9g", PEOPLE)
        await flap(place, chat, 2)
        await place.leave(chat, PEOPLE[:3])
        await place.work()
        assert await place.present(chat) == {PEOPLE[0], *PEOPLE[3:]}
        held = await place.the_held()
        assert (held.scope, held.removal_limit, held.would_be) == ("flapping", 2, 3)
        await place.wait(2 * HOUR)
        await place.due(chat)
        await place.work()
        assert PEOPLE[0] in await place.present(chat)
        await place.approve(held.hash)
        await place.work()
        assert await place.present(chat) == set(PEOPLE[3:])


async def test_a_register_that_flaps_is_counted_by_removals_and_not_by_accounts(
    place: Town,
) -> None:
    chat = await place.chat("9g", PEOPLE)
    for _ in range(6):
        await place.leave(chat, PEOPLE[:2])
        await place.work()
        await place.join(chat, PEOPLE[:2])
        await place.work()
        await place.wait(HOUR + 60)
    assert len(place.messenger.removed) == 6


async def test_who_was_removed_and_added_again_counts_beside_others(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:4])
    await place.work()
    await place.join(chat, PEOPLE[:4])
    await place.work()
    await place.leave(chat, [PEOPLE[0], *PEOPLE[10:12]])
    await place.work()
    assert await place.present(chat) == set(PEOPLE)
    assert (await place.the_held()).would_be == 7


async def chat_of_chiefs(place: Town) -> ChatId:
    chat = await place.chat("9g", PEOPLE)
    await place.role(chat, PEOPLE[:8], "administrator")
    await place.work()
    assert await place.chiefs(chat) == set(PEOPLE[:8])
    return chat


async def test_more_who_lose_the_administrator_s_rights_than_a_limit_allows_wait(
    place: Town,
) -> None:
    chat = await chat_of_chiefs(place)
    await place.role(chat, PEOPLE[:7], "member")
    await place.work()
    assert await place.chiefs(chat) == set(PEOPLE[:8])
    held = await place.the_held()
    assert held.actions == [{"action": "demote", "user_id": user} for user in PEOPLE[:7]]
    assert (held.scope, held.would_be) == ("chat", 7)
    await place.approve(held.hash)
    await place.work()
    assert await place.chiefs(chat) == {PEOPLE[7]}


async def test_removals_and_demotions_have_one_limit_together(place: Town) -> None:
    chat = await chat_of_chiefs(place)
    await place.role(chat, PEOPLE[:4], "member")
    await place.leave(chat, PEOPLE[20:23])
    await place.work()
    assert await place.chiefs(chat) == set(PEOPLE[:8])
    assert await place.present(chat) == set(PEOPLE)
    assert (await place.the_held()).would_be == 7


async def test_rights_that_we_never_gave_use_up_no_limit(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    place.messenger.chiefs[1] = set(PEOPLE[:4])
    await place.sql("UPDATE chat_sync SET observed_at = NULL")
    await place.leave(chat, PEOPLE[20:26])
    await place.work()
    assert await place.chiefs(chat) == set()
    assert await place.present(chat) == {*PEOPLE[:20], *PEOPLE[26:]}


async def test_a_hold_of_the_installation_counts_for_a_small_plan_of_the_same_school(
    database_url: str,
) -> None:
    limits = GuardLimits(chat_floor=FAR, school_floor=30, total_floor=10)
    async with town(database_url, GuardPolicy(limits)) as place:
        great = await place.chat("great", accounts(40, 100))
        small = await place.chat("small", accounts(20, 500))
        other = await place.chat("other", accounts(20, 900), "s-2")
        await place.leave(great, accounts(29, 100))
        await place.work()
        assert (await place.the_held()).scope == "total"
        await place.leave(small, accounts(2, 500))
        await place.leave(other, accounts(2, 900))
        await place.work()
        assert len(await place.present(small)) == 20
        assert len(await place.present(other)) == 18
        assert {each.scope for each in await place.held()} == {"total", "school"}


async def kinds(place: Town) -> dict[ObstacleKind, tuple[str, ...]]:
    async with transaction(place.engine) as connection:
        return {each.kind: each.about for each in await obstacles(connection)}


async def test_each_reason_for_waiting_is_named_apart_and_what_was_rejected_too(
    database_url: str,
) -> None:
    async with town(database_url) as place:
        mass = await place.chat("mass", accounts(30, 100))
        crowd = await place.chat("crowd", accounts(30, 200), "s-2")
        flap_ = await place.chat("flap", PEOPLE, "s-3")
        await place.leave(mass, accounts(10, 100))
        await unlink(place, accounts(20, 200), crowd)
        await flap(place, flap_, 2)
        await place.leave(flap_, PEOPLE[:1])
        await place.work()
        assert await kinds(place) == {
            ObstacleKind.HELD: (mass,),
            ObstacleKind.UNLINKING: (crowd,),
            ObstacleKind.FLAPPING: (flap_,),
        }
        for held in await place.held():
            if held.chat_id == mass:
                await place.reject(held.hash)
        await place.work()
        found = await kinds(place)
        assert found[ObstacleKind.REJECTED] == (mass,)
        assert ObstacleKind.HELD not in found


async def test_a_new_hold_is_logged_once_and_a_rejected_one_not_again(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:7])
    with capture_logs() as logs:
        for _ in range(3):
            await place.work()
            await place.due(chat)
        await place.reject((await place.the_held()).hash)
        for _ in range(3):
            await place.work()
            await place.due(chat)
    assert [each["event"] for each in logs if each["event"].startswith("plan")] == ["plan.held"]
