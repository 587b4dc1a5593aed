"""A person approves one plan by its hash; the approval ends, and covers nothing else."""

from collections.abc import AsyncIterator

import pytest

from domain.guard import Admission
from domain.ids import ChatId
from domain.plan import Seen, plan
from domain.work import NotAdmitted, Outdated, RetryAfter, Work
from gateway.errors import Unavailable
from projections.guard.plan_decisions import Decided, NotDecided
from tests.reconcile.town import HOUR, Crash, Town, accounts, town

PEOPLE = accounts(30)


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Town]:
    """Schools with the usual limits."""
    async with town(database_url) as made:
        yield made


async def held_chat(place: Town, leaving: int = 20) -> tuple[ChatId, str]:
    """A chat of thirty whose plan to remove so many is held, and the plan's hash."""
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:leaving])
    await place.work()
    return chat, (await place.the_held()).hash


async def test_an_approved_plan_is_carried_out_and_is_over(place: Town) -> None:
    chat, name = await held_chat(place)
    decided = await place.approve(name)
    assert isinstance(decided, Decided)
    assert (decided.chat_ids, decided.removals) == ((chat,), 20)
    await place.work()
    assert await place.present(chat) == set(PEOPLE[20:])
    assert await place.states() == ["done"]
    lasts = "SELECT round(extract(epoch FROM expires_at - decided_at) / 3600) FROM held_plans"
    assert await place.value(lasts) == 24
    assert await place.value("SELECT decided_by FROM dashboard.held_plans") == "ivanova"


async def test_what_a_person_approved_leaves_room_for_what_is_small(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.approve(name)
    await place.work()
    await place.leave(chat, PEOPLE[20:22])
    await place.work()
    assert await place.present(chat) == set(PEOPLE[22:])


async def test_an_approval_does_not_cover_more_removals(place: Town) -> None:
    chat, name = await held_chat(place, leaving=10)
    await place.approve(name)
    await place.leave(chat, PEOPLE[10:17])
    await place.work()
    assert await place.present(chat) == set(PEOPLE[10:])
    held = await place.the_held()
    assert {each["max_user_id"] for each in held.people} == set(PEOPLE[10:17])
    assert await place.states() == ["done", "held"]


async def test_beside_what_was_approved_a_few_more_go_as_they_would_by_themselves(
    place: Town,
) -> None:
    chat, name = await held_chat(place, leaving=10)
    await place.approve(name)
    await place.leave(chat, PEOPLE[10:12])
    await place.work()
    assert await place.present(chat) == set(PEOPLE[12:])
    assert await place.held() == []


async def test_an_approval_does_not_cover_as_many_other_removals(place: Town) -> None:
    chat, name = await held_chat(place, leaving=10)
    await place.approve(name)
    await place.join(chat, PEOPLE[:10])
    await place.leave(chat, PEOPLE[10:20])
    await place.work()
    assert await place.present(chat) == set(PEOPLE)


async def test_the_rest_of_an_approved_plan_goes_on_after_a_crash(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.approve(name)
    place.messenger.crash_after = 7
    with pytest.raises(Crash):
        await place.work()
    await place.restart()
    await place.work()
    assert await place.present(chat) == set(PEOPLE[20:])
    assert await place.states() == ["done"]
    assert len(place.messenger.removed) == 20


async def test_an_approval_ends_and_the_plan_waits_again(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.approve(name)
    place.messenger.fails_with = Unavailable("remove", "down")
    await place.work()
    await place.wait(25 * HOUR)
    place.messenger.fails_with = None
    late = await place.approve(name)
    assert isinstance(late, NotDecided)
    assert late.reason.startswith("its approval expired on ")
    await place.work()
    assert await place.present(chat) == set(PEOPLE)
    assert await place.states() == ["expired", "held"]
    assert isinstance(await place.approve(name), Decided)
    await place.work()
    assert await place.present(chat) == set(PEOPLE[20:])


async def test_what_was_rejected_stays_whatever_else_the_plan_does(place: Town) -> None:
    chat, name = await held_chat(place)
    assert isinstance(await place.reject(name), Decided)
    await place.wait(48 * HOUR)
    await place.due(chat)
    await place.work()
    assert await place.present(chat) == set(PEOPLE)
    assert await place.states() == ["rejected"]
    assert await place.value("SELECT state FROM dashboard.chats") == "rejected"
    await place.join(chat, [*PEOPLE[2:20], 2000])
    await place.leave(chat, PEOPLE[20:23])
    await place.work()
    assert await place.present(chat) == {*PEOPLE[:20], *PEOPLE[23:], 2000}
    assert await place.states() == ["rejected"]


async def test_what_a_school_s_limit_held_and_a_person_rejected_is_not_done_by_the_next_plan(
    place: Town,
) -> None:
    made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(3)]
    for n, chat in enumerate(made):
        await place.leave(chat, accounts(4, 100 * n))
    await place.work()
    held = await place.the_held()
    await place.reject(held.hash)
    await place.wait(2 * HOUR)
    await place.join(ChatId(held.chat_id), [5000])
    await place.work()
    assert len(await place.present(ChatId(held.chat_id))) == 21


async def test_the_register_s_new_reason_is_no_longer_bound_by_a_rejection(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.reject(name)
    await place.join(chat, PEOPLE[:20])
    await place.work()
    await place.leave(chat, PEOPLE[:2])
    await place.work()
    assert await place.present(chat) == set(PEOPLE[2:])


async def test_a_rejection_ends_by_waiting_for_a_person_again(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.reject(name)
    await place.join(chat, PEOPLE[2:20])
    await place.work()
    await place.wait(31 * 24 * HOUR)
    await place.due(chat)
    for _ in range(2):
        await place.work()
        await place.due(chat)
    assert await place.present(chat) == set(PEOPLE)
    assert await place.states() == ["expired", "held"]
    assert len((await place.the_held()).people) == 2
    await place.approve((await place.the_held()).hash)
    await place.work()
    assert await place.present(chat) == set(PEOPLE[2:])


async def test_an_approval_lets_each_go_once(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.approve(name)
    await place.leave(chat, PEOPLE[20:27])
    await place.work()
    assert await place.present(chat) == set(PEOPLE[20:])
    place.messenger.chats[1] |= set(PEOPLE[:20])  # somebody lets them in again
    await place.sql("UPDATE chat_sync SET observed_at = NULL")
    await place.due(chat)
    await place.work()
    assert await place.present(chat) == set(PEOPLE)


async def test_a_hold_with_the_same_people_is_not_covered_by_an_old_approval(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.approve(name)
    await place.work()
    await place.join(chat, PEOPLE[:20])
    await place.work()
    await place.leave(chat, PEOPLE[:20])
    await place.work()
    assert await place.present(chat) == set(PEOPLE)
    assert isinstance(await place.approve(name), NotDecided)


async def test_the_same_decision_twice_is_refused_and_the_journal_keeps_every_one(
    place: Town,
) -> None:
    _, name = await held_chat(place)
    await place.reject(name, "ivanova")
    again = await place.reject(name, "petrov")
    assert isinstance(again, NotDecided)
    assert again.reason.startswith("it was rejected already, by ivanova on ")
    await place.approve(name, "petrov")
    assert isinstance(await place.approve(name, "sidorov"), NotDecided)
    journal = await place.value(
        """SELECT string_agg(concat_ws(' ', decision, decided_by, ran_by), ', ' ORDER BY entry)
             FROM dashboard.plan_decisions"""
    )
    assert journal == "rejected ivanova root, approved petrov"


async def test_who_comes_in_beside_what_is_held_changes_its_name_by_nothing(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.join(chat, [2000])
    await place.work()
    assert 2000 in await place.present(chat)
    assert (await place.the_held()).hash == name
    assert await place.states() == ["held"]


async def test_a_rejection_may_be_thought_over(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.reject(name)
    await place.approve(name)
    await place.work()
    assert await place.present(chat) == set(PEOPLE[20:])


async def test_a_rejection_takes_back_what_is_not_called_yet(place: Town) -> None:
    chat, name = await held_chat(place)
    await place.approve(name)
    lease = await place.store.claim()
    assert lease is not None
    work = await place.store.load(lease)
    assert isinstance(work, Work)
    assert isinstance(work.observed, Seen)
    actions = plan(work.target, work.observed)
    assert await place.store.admit(lease, work, actions) == Admission()
    await place.reject(name)
    assert await place.store.intend(lease, work, actions[0]) == Outdated()
    work = await place.store.load(lease)
    assert isinstance(work, Work)
    assert await place.store.intend(lease, work, actions[0]) == NotAdmitted()
    await place.store.finish(lease, work, RetryAfter("test", 0.0))
    await place.work()
    assert await place.present(chat) == set(PEOPLE)


async def test_a_hash_that_nobody_knows_decides_nothing(place: Town) -> None:
    await held_chat(place)
    for decide in (place.approve, place.reject):
        assert isinstance(await decide("0" * 64), NotDecided)
    assert await place.states() == ["held"]


async def test_a_plan_that_is_done_cannot_be_approved_again(place: Town) -> None:
    _, name = await held_chat(place)
    await place.approve(name)
    await place.work()
    assert await place.approve(name) == NotDecided(
        "the plan was carried out already, approved by ivanova"
    )


async def test_a_school_s_hash_names_what_waited_when_it_was_shown(place: Town) -> None:
    made = [await place.chat(f"{n}", accounts(20, 100 * n)) for n in range(6)]
    for n, chat in enumerate(made[:5]):
        await place.leave(chat, accounts(4, 100 * n))
    await place.work()
    name = (await place.held())[0].school_hash
    assert name is not None
    await place.leave(made[5], accounts(4, 500))
    await place.work()
    assert isinstance(await place.approve(name), NotDecided)
    assert len(await place.held()) == 4
