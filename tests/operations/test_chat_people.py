"""A chat's people are shown, chosen and changed by whoever manages it; each act is undoable."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor
from domain.by_hand import Act
from domain.choice import Choice
from domain.ids import ChatId, PersonId
from operations import candidates as picking
from operations.candidates import CandidatesLook
from operations.chat_people import ChatPeople, Look, chat_people
from operations.member_answers import (
    Done,
    Seen,
    Undone,
)
from operations.member_changes import act_on_members
from operations.member_choice import MembersFilter
from operations.undoing import act_of, undo
from projections.database import transaction
from projections.staff import actors
from projections.staff.store import StaffStore
from tests.projections.builders import derive_all, engine_of, memberships
from tests.staff.town import ALPHA, PEOPLE

CHAT = ALPHA.chat("class", "7a")
PUPIL = PersonId(ALPHA.id("pupil-1"))


@pytest.fixture
async def engine(town_url: str) -> AsyncIterator[AsyncEngine]:
    async with engine_of(town_url) as made:
        yield made


class Desk:
    """One person at one chat: what they see, and what they do about it."""

    def __init__(self, engine: AsyncEngine, who: Actor, chat: ChatId = CHAT) -> None:
        self.store, self.who, self.chat = StaffStore(engine), who, chat

    async def see(self, look: Look | None = None) -> ChatPeople:
        return await chat_people(self.store, self.who, self.chat, look or Look())

    async def do(self, act: Act, *people: PersonId, seen: Seen | None = None) -> object:
        choice: Choice[MembersFilter] = Choice(also=frozenset(people))
        seen = seen or await self.seen()
        return await act_on_members(self.store, self.who, self.chat, act, choice, seen)

    async def seen(self, choice: Choice[MembersFilter] | None = None) -> Seen:
        shown = await self.see(Look(choice=choice or Choice()))
        return Seen(uuid4(), shown.position, shown.seen)


async def desk(engine: AsyncEngine, name: str, chat: ChatId = CHAT) -> Desk:
    async with transaction(engine) as connection:
        who = await actors.actor(connection, PersonId(ALPHA.id(name)))
    assert who is not None
    return Desk(engine, who, chat)


async def names(engine: AsyncEngine) -> set[str]:
    """Who belongs in the chat, after whatever was decided."""
    await derive_all(engine)
    return set((await memberships(engine))[CHAT])


async def test_a_class_teacher_sees_their_pupils_with_what_brought_them_here(
    engine: AsyncEngine,
) -> None:
    shown = await (await desk(engine, "leader")).see()
    by_id = {each.person_id: each for each in shown.members.rows}
    assert by_id[PUPIL].reasons[0].kind == "order"
    order = by_id[PUPIL].reasons[0].order
    assert order is not None
    assert shown.behind.orders[order].number
    assert by_id[PersonId(ALPHA.id("pupil-2"))].state == "no_profile"
    assert shown.card.class_name == "alpha 7а"


async def test_removing_adding_and_changing_roles_reaches_who_is_expected_and_can_be_undone(
    engine: AsyncEngine,
) -> None:
    at = await desk(engine, "leader")
    before = await names(engine)
    removed = await at.do(Act.REMOVE, PUPIL)
    assert isinstance(removed, Done)
    assert removed.people == 1
    assert await names(engine) == before - {PUPIL}
    assert await undo(at.store, at.who, CHAT, removed.act_id) == Undone(1, 0)
    assert await undo(at.store, at.who, CHAT, removed.act_id) == Undone(1, 0)
    assert await names(engine) == before
    promoted = await at.do(Act.PROMOTE, PUPIL)
    assert isinstance(promoted, Done)
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][PUPIL] == "administrator"
    assert isinstance(await at.do(Act.DEMOTE, PUPIL), Done)
    await derive_all(engine)
    assert (await memberships(engine))[CHAT][PUPIL] == "member"
    assert await act_of(at.store, at.who, CHAT, promoted.act_id) == promoted


async def test_the_picker(engine: AsyncEngine) -> None:
    at = await desk(engine, "leader")
    found = await picking.candidates(at.store, at.who, CHAT, CandidatesLook())
    assert {each.person_id for each in found.people.rows} == {
        ALPHA.id(each) for each in PEOPLE if each != "left-teacher"
    }
