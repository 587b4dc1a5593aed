"""More removals than a limit allows wait for a person: in a chat, a school and in all."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from domain.guard import GuardLimits
from domain.lanes import Lane
from domain.seasons import GuardPolicy, Season, scaled
from gateway.errors import OutcomeUnknown, TooManyRequests
from projections.database import transaction
from projections.errors import StoreRefused
from projections.queue import due as queue
from projections.reconcile import observed
from projections.reconcile.intents import REREAD_SECONDS
from tests.reconcile.town import HOUR, Crash, Town, accounts, town

FAR = 10**6
CHAT_ONLY = GuardLimits(school_floor=FAR, total_floor=FAR)
"""Limits of which only the chat's can be met."""


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Town]:
    """Schools with the usual limits."""
    async with town(database_url) as made:
        yield made


@pytest.mark.parametrize(
    ("size", "limit"), [(5, 3), (15, 3), (19, 3), (20, 4), (30, 6), (39, 7), (60, 12)]
)
async def test_a_chat_loses_three_or_a_fifth_and_not_one_more(
    database_url: str, size: int, limit: int
) -> None:
    async with town(database_url, GuardPolicy(CHAT_ONLY)) as place:
        everybody = accounts(size)
        small = await place.chat("small", everybody)
        great = await place.chat("great", everybody)
        await place.leave(small, everybody[:limit])
        await place.leave(great, everybody[: limit + 1])
        await place.work()
        assert await place.present(small) == set(everybody[limit:])
        assert await place.present(great) == set(everybody)
        held = await place.the_held()
        assert (held.chat_id, held.scope) == (great, "chat")
        assert (held.removals, held.removal_limit, held.would_be) == (limit + 1, limit, limit + 1)


async def test_a_held_chat_is_seen_with_who_would_leave_and_why(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:7])
    await place.join(chat, [2000])
    await place.work()
    assert await place.present(chat) == {*everybody, 2000}
    assert await place.value("SELECT state FROM dashboard.chats") == "held"
    held = await place.the_held()
    assert held.people[0] == {
        "max_user_id": 1000,
        "person_id": "p-1000",
        "cause": "not_expected",
        "reasons": [{"kind": "order", "ref": "o-1000"}],
    }
    assert [each["max_user_id"] for each in held.people] == everybody[:7]
    assert held.actions == [{"action": "remove", "user_id": user} for user in everybody[:7]]


async def test_what_was_removed_in_the_last_day_counts_for_the_chat(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:4])
    await place.work()
    await place.leave(chat, everybody[4:7])
    await place.work()
    assert len(await place.present(chat)) == 26
    held = await place.the_held()
    assert (held.removal_limit, held.would_be) == (6, 7)


async def test_a_day_later_a_chat_may_lose_as_many_again(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:6])
    await place.work()
    await place.wait(25 * HOUR)
    await place.leave(chat, everybody[6:10])
    await place.work()
    assert len(await place.present(chat)) == 20
    assert await place.held() == []


async def test_time_alone_releases_no_held_plan(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:4])
    await place.work()
    await place.leave(chat, everybody[4:7])
    await place.work()
    for _ in range(3):
        await place.wait(25 * HOUR)
        await place.due(chat)
        await place.work()
    assert len(await place.present(chat)) == 26
    assert await place.states() == ["held"]


async def test_a_new_plan_that_is_small_takes_the_place_of_a_held_one(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:20])
    await place.work()
    await place.join(chat, everybody[3:20])
    await place.work()
    assert await place.present(chat) == set(everybody[3:])
    assert await place.states() == ["superseded"]


async def test_a_plan_that_is_not_needed_any_more_waits_for_nobody(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:20])
    await place.work()
    await place.join(chat, everybody)
    await place.work()
    assert await place.present(chat) == set(everybody)
    assert await place.held() == []
    assert await place.value("SELECT state FROM dashboard.chats") == "converged"


@pytest.mark.parametrize(("chats", "limit"), [(6, 10), (20, 20)])
async def test_a_school_loses_ten_or_a_twentieth_in_an_hour_and_others_flow(
    place: Town, chats: int, limit: int
) -> None:
    made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(chats)]
    other = await place.chat("other", accounts(20, 9000), school="s-2")
    for n, chat in enumerate(made):
        await place.leave(chat, accounts(4, 100 * n))
    await place.leave(other, accounts(4, 9000))
    await place.work(workers=4)
    gone = sum([20 - len(await place.present(chat)) for chat in made])
    assert 0 < gone <= limit
    assert len(await place.present(other)) == 16
    held = await place.held()
    assert {(each.school_id, each.scope) for each in held} == {("s-1", "school")}
    assert gone + sum(each.removals for each in held) == 4 * chats


async def test_nothing_trickles_out_of_a_school_that_waits(place: Town) -> None:
    made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(8)]
    for n, chat in enumerate(made[:6]):
        await place.leave(chat, accounts(3, 100 * n))
    await place.work()
    assert len(await place.held()) == 3
    await place.wait(2 * HOUR)
    await place.due(*made)
    await place.leave(made[6], accounts(2, 600))
    await place.work()
    assert len(await place.present(made[6])) == 20
    assert len(await place.held()) == 4
    for held in (await place.held())[:3]:
        await place.reject(held.hash)
    await place.leave(made[7], accounts(2, 700))
    await place.work()
    assert len(await place.present(made[7])) == 18


async def test_a_small_change_flows_where_what_waits_in_the_school_is_small_too(
    place: Town,
) -> None:
    made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(5)]
    for n, chat in enumerate(made[:4]):
        await place.leave(chat, accounts(3, 100 * n))
    await place.work()
    held = await place.the_held()
    await place.wait(2 * HOUR)
    await place.leave(made[4], accounts(1, 400))
    await place.work()
    assert len(await place.present(made[4])) == 19
    assert await place.the_held() == held


async def test_all_that_waits_in_a_school_is_approved_by_one_hash(place: Town) -> None:
    made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(6)]
    for n, chat in enumerate(made):
        await place.leave(chat, accounts(4, 100 * n))
    await place.work()
    (name,) = {each.school_hash for each in await place.held()}
    assert name is not None
    await place.approve(name)
    await place.work()
    assert [len(await place.present(chat)) for chat in made] == [16] * 6
    assert await place.held() == []


async def test_all_schools_together_lose_no_more_than_the_limit_in_all(database_url: str) -> None:
    limits = GuardLimits(total_floor=7)
    async with town(database_url, GuardPolicy(limits)) as place:
        made = [await place.chat(f"{n}", accounts(20, 100 * n), f"s-{n}") for n in range(4)]
        for n, chat in enumerate(made):
            await place.leave(chat, accounts(3, 100 * n))
        await place.work(workers=4)
        assert len(place.messenger.removed) == 6
        assert [(each.scope, each.would_be) for each in await place.held()] == [("total", 9)] * 2
        await place.wait(HOUR)
        await place.due(*made)
        await place.work()
        assert len(await place.held()) == 2


async def test_workers_side_by_side_cannot_pass_a_limit_together(database_url: str) -> None:
    limits = GuardLimits(school_floor=5, school_share=0)
    async with town(database_url, GuardPolicy(limits)) as place:
        made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(8)]
        for n, chat in enumerate(made):
            await place.leave(chat, accounts(3, 100 * n))
        await place.work(workers=8)
        assert len(place.messenger.removed) == 3
        assert len(await place.held()) == 7


async def test_a_guard_that_is_switched_off_holds_nothing(database_url: str) -> None:
    async with town(database_url, GuardPolicy(GuardLimits(enabled=False))) as place:
        everybody = accounts(30)
        chat = await place.chat("9g", everybody)
        await place.leave(chat, everybody)
        await place.work()
        assert await place.present(chat) == set()


async def test_a_season_has_limits_of_its_own(database_url: str) -> None:
    always = Season((1, 1), (12, 31), scaled(GuardLimits(), 2))
    async with town(database_url, GuardPolicy(seasons=(always,))) as place:
        everybody = accounts(30)
        chat = await place.chat("9g", everybody)
        await place.leave(chat, everybody[:12])
        await place.work()
        assert len(await place.present(chat)) == 18
        await place.leave(chat, everybody[12:13])
        await place.work()
        assert (await place.the_held()).removal_limit == 12


async def test_people_who_unlink_or_change_their_account_do_not_count_as_removals(
    place: Town,
) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    for account in everybody[:5]:
        await place.unlink(account)
    for account in everybody[5:10]:
        await place.unlink(account, now=account + 5000)
    await place.due(chat)
    await place.work()
    assert await place.present(chat) == {*everybody[10:], *(a + 5000 for a in everybody[5:10])}
    causes = await place.value(
        "SELECT string_agg(DISTINCT cause, ' ' ORDER BY cause) FROM removal_reservations"
    )
    assert causes == "account_changed unlinked"
    assert await place.value("SELECT count(*) FROM removal_reservations WHERE counts") == 0


async def test_an_account_that_nobody_was_ever_known_to_hold_counts(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.sql("DELETE FROM fact_profiles")
    await place.due(chat)
    await place.work()
    assert await place.present(chat) == set(everybody)
    assert (await place.the_held()).removals == 30


async def test_who_takes_over_an_account_and_then_loses_the_place_counts(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    for account in everybody[:10]:
        await place.unlink(account, now=account + 5000)
        await place.sql(
            "UPDATE fact_profiles SET max_user_id = :account WHERE person_id = :person",
            account=account,
            person=f"p-{account + 10}",
        )
    await place.leave(chat, everybody[10:20])
    await place.work()
    # Accounts 1000 to 1009 were given up and belong to people who lost their place.
    assert (await place.the_held()).removals == 20


async def test_leavers_of_a_frozen_chat_are_held_too(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody, frozen=True)
    await place.leave(chat, everybody[:7])
    await place.work()
    assert await place.present(chat) == set(everybody)
    assert (await place.the_held()).removals == 7


async def test_a_chat_that_a_person_deletes_is_not_guarded(place: Town) -> None:
    chat = await place.chat("9g", accounts(30))
    await place.sql("UPDATE chats SET deleted = true")
    await place.due(chat)
    await place.work()
    assert place.messenger.chats == {}


PAUSE = 30.0
"""More than who was named alone in calls without an answer waits after a few of them."""


async def test_an_expected_member_is_never_counted_twice_for_being_tried_twice(
    place: Town,
) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:6])
    for error in (TooManyRequests("remove", 1.0), OutcomeUnknown("remove", "time-out")) * 2:
        place.messenger.fails_with = error
        await place.due(chat)
        await place.work()
    place.messenger.fails_with = None
    for _ in ("a read shows that nothing came of it", "and it is tried again"):
        await place.due(chat)
        await place.work()
        await place.wait(PAUSE)
    assert await place.present(chat) == set(everybody[6:])
    assert await place.held() == []


@pytest.mark.parametrize(("seconds", "held"), [(10.0, [4]), (REREAD_SECONDS + 1.0, [])])
async def test_a_removal_without_an_answer_counts_as_long_as_it_may_still_come(
    place: Town, seconds: float, held: list[int]
) -> None:
    everybody = accounts(10)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:3])
    place.messenger.fails_with = OutcomeUnknown("remove", "time-out")
    await place.work()
    place.messenger.fails_with = None
    await place.join(chat, everybody[:3])
    await place.leave(chat, everybody[3:6])
    await place.wait(seconds)
    await place.due(chat)
    await place.work()
    assert [plan.would_be for plan in await place.held()] == held


async def test_who_is_removed_again_after_a_time_out_is_not_held_for_it(place: Town) -> None:
    everybody = accounts(10)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:3])
    place.messenger.fails_with = OutcomeUnknown("remove", "time-out")
    await place.work()
    place.messenger.fails_with = None
    for _ in ("a read shows that nothing came of it", "and it is tried again"):
        await place.due(chat)
        await place.work()
        await place.wait(PAUSE)
    assert await place.present(chat) == set(everybody[3:])
    assert await place.held() == []


async def test_a_removal_whose_answer_is_lost_counts_where_it_had_its_effect(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:6])
    place.messenger.answers_are_lost = True
    for _ in range(6):
        await place.due(chat)
        await place.work()
    place.messenger.answers_are_lost = False
    await place.leave(chat, everybody[6:7])
    await place.work()
    assert await place.present(chat) == set(everybody[6:])
    assert (await place.the_held()).would_be == 7


MINUTE = 60.0
FEW = GuardLimits(
    chat_floor=FAR, chat_share=0, school_floor=FAR, school_share=0, total_floor=FAR, total_share=0
)


@pytest.mark.parametrize(
    ("limits", "minutes"),
    [
        (replace(FEW, chat_floor=2), 24 * 60),
        (replace(FEW, school_floor=2), 60),
        (replace(FEW, total_floor=2), 30),
    ],
)
async def test_a_removal_counts_for_as_long_as_its_window_and_no_longer(
    database_url: str, limits: GuardLimits, minutes: int
) -> None:
    async with town(database_url, GuardPolicy(limits)) as place:
        everybody = accounts(30)
        chat = await place.chat("9g", everybody)
        await place.leave(chat, everybody[:2])
        await place.work()
        await place.wait((minutes - 2) * MINUTE)
        await place.leave(chat, everybody[2:3])
        await place.work()
        assert len(await place.present(chat)) == 28
        await place.join(chat, everybody[2:3])
        await place.wait(4 * MINUTE)
        await place.leave(chat, everybody[3:5])
        await place.work()
        assert len(await place.present(chat)) == 26


async def test_a_crash_in_the_middle_leaves_the_rest_admitted(database_url: str) -> None:
    limits = replace(GuardLimits(), school_floor=6, school_share=0.0)
    async with town(database_url, GuardPolicy(limits)) as place:
        everybody = accounts(30)
        chat = await place.chat("9g", everybody)
        other = await place.chat("9v", accounts(30, 2000))
        await place.leave(chat, everybody[:6])
        place.messenger.crash_after = 2
        with pytest.raises(Crash):
            await place.work()
        await place.leave(other, accounts(2, 2000))
        await place.work()
        assert len(await place.present(other)) == 30
        await place.restart()
        await place.work()
        assert await place.present(chat) == set(everybody[6:])
        assert (await place.the_held()).chat_id == other


@pytest.mark.parametrize("lane", list(Lane))
async def test_a_chat_that_is_read_anew_in_any_lane_passes_the_same_guard(
    place: Town, lane: Lane
) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:7])
    for _ in range(2):
        async with transaction(place.engine) as connection:
            await observed.forget(connection, [chat])
            await queue.mark_due(connection, [chat], lane)
        await place.work()
    assert await place.present(chat) == set(everybody)
    assert await place.states() == ["held"]


async def test_the_database_itself_takes_no_removing_intent_without_a_reservation(
    place: Town,
) -> None:
    chat = await place.chat("9g", accounts(30))
    with pytest.raises(StoreRefused):
        await place.sql(
            """INSERT INTO intents (chat_id, lease_token, action, body, committed_at)
               VALUES (:chat, 0, 'remove', '{"user_id": 1000}', clock_now())""",
            chat=chat,
        )


async def test_no_removing_call_was_ever_intended_without_a_reservation(place: Town) -> None:
    everybody = accounts(30)
    chat = await place.chat("9g", everybody)
    await place.leave(chat, everybody[:5])
    await place.work()
    await place.leave(chat, everybody[5:10])
    await place.work()
    await place.approve((await place.the_held()).hash)
    await place.work()
    assert len(await place.present(chat)) == 20
    without = """SELECT count(*) FROM intents i
                   LEFT JOIN removal_reservations r USING (reservation_id)
                  WHERE i.action = 'remove'
                    AND (r.chat_id, r.max_user_id)
                        IS DISTINCT FROM (i.chat_id, (i.body->>'user_id')::bigint)"""
    assert await place.value(without) == 0
    assert await place.value("SELECT count(*) FROM intents WHERE action = 'remove'") == 10
