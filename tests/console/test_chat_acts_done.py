"""What is decided and deleted on the staff's pages is done in the messenger, by the real loops."""

from collections.abc import AsyncIterator

import pytest

from domain.actors import Actor
from domain.chat_standings import ChatStanding
from domain.ids import ChatId, PersonId, SchoolId
from domain.seasons import GuardPolicy
from operations import plans, removals, school_chats
from operations.plans import USUAL_TERMS, Choice, Decided, Decider, NotDecided
from operations.removals import HeldSet
from operations.school_chats import ChatsWanted
from projections.staff.store import StaffStore
from tests.console.managing import Managing
from tests.projections.builders import derive_all
from tests.reconcile.bench import open_gate
from tests.reconcile.town import Town, accounts, town
from tests.staff.town import ALPHA

SCHOOL = SchoolId("s-1")
DIRECTOR = Actor(
    person_id=PersonId("director"), administers=frozenset({SCHOOL}), works_in=frozenset({SCHOOL})
)
PEOPLE = accounts(20)


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Town]:
    async with town(database_url) as made:
        yield made


async def shown(place: Town, chat: ChatId) -> tuple[HeldSet, ...]:
    """The sets that the page of removals shows to the director."""
    return (await removals.removals_of(StaffStore(place.engine), DIRECTOR, chat)).sets


async def decide(place: Town, chat: ChatId, name: str, choice: Choice) -> Decided | NotDecided:
    who = Decider(DIRECTOR, "director")
    return await plans.decide(place.engine, who, chat, name, choice, USUAL_TERMS)


async def standing(place: Town) -> ChatStanding:
    """How the only chat of the school stands."""
    store = StaffStore(place.engine)
    found = await school_chats.school_chats(store, DIRECTOR, SCHOOL, ChatsWanted(), 1, 10)
    (chat,) = found.chats.rows
    return chat.row.standing


async def test_who_is_let_go_on_the_page_leaves_and_nobody_else(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:7])
    await place.work()
    assert await standing(place) is ChatStanding.HELD
    (held,) = await shown(place, chat)
    assert (held.leaving, held.losing, held.limit, held.would_be) == (7, 0, 4, 7)
    assert sorted(each.account for each in held.people) == PEOPLE[:7]
    assert isinstance(await decide(place, chat, held.hash, Choice.ALLOW), Decided)
    assert await standing(place) is ChatStanding.PENDING
    await place.work()
    assert await place.present(chat) == set(PEOPLE[7:])
    assert await standing(place) is ChatStanding.CONVERGED
    assert await shown(place, chat) == ()


async def test_who_is_refused_on_the_page_stays_and_may_be_let_go_later(place: Town) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:7])
    await place.work()
    (held,) = await shown(place, chat)
    await decide(place, chat, held.hash, Choice.REFUSE)
    await place.work()
    assert await place.present(chat) == set(PEOPLE)
    assert await standing(place) is ChatStanding.REJECTED
    (held,) = await shown(place, chat)
    await decide(place, chat, held.hash, Choice.ALLOW)
    await place.work()
    assert await place.present(chat) == set(PEOPLE[7:])


async def test_a_decision_about_what_was_shown_before_somebody_else_left_takes_nobody_out(
    place: Town,
) -> None:
    chat = await place.chat("9g", PEOPLE)
    await place.leave(chat, PEOPLE[:7])
    await place.work()
    (before,) = await shown(place, chat)
    await place.leave(chat, PEOPLE[7:8])
    await place.work()
    assert isinstance(await decide(place, chat, before.hash, Choice.ALLOW), NotDecided)
    await place.work()
    assert await place.present(chat) == set(PEOPLE)
    (now,) = await shown(place, chat)
    assert now.leaving == 8


async def test_a_chat_that_is_deleted_on_the_page_is_deleted_in_the_messenger(
    school: Managing, town_url: str
) -> None:
    engine, chat = school.console.engine, ALPHA.chat("class", "7a")
    await school.nothing_held()
    await school.sql("DELETE FROM decisions WHERE subject = 'title'")
    await open_gate(engine)
    place = Town(town_url, GuardPolicy(), engine)
    for number, account in await school.fetch(
        "SELECT max_chat_id, max_user_id FROM observed_members JOIN chat_sync USING (chat_id)"
    ):
        place.messenger.chats.setdefault(int(str(number)), set()).add(int(str(account)))
    ((number,),) = await school.fetch(f"SELECT max_chat_id FROM chat_sync WHERE chat_id = '{chat}'")
    others = place.messenger.chats.keys() - {number}
    await school.send(f"/chats/{chat}/deletion", confirmation="удалить")
    await derive_all(engine)
    assert "… Удаляется" in await school.row("alpha 7а - Ученики")
    await place.work()
    assert place.messenger.chats.keys() == others
    assert "× Удалён" in await school.row("alpha 7а - Ученики", "?state=deleted")
