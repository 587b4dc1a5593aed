"""The questions of the console's people, as one object over an engine.

Guarantees: what is shown to somebody is asked behind the fence; who somebody is, is asked
outside of it, since nobody is anybody before that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor, OperatorRole
from domain.ids import ChatId, PersonId, SchoolId
from projections.database import transaction
from projections.staff import (
    actors,
    cast,
    fence,
    initialisations,
    names,
    removals,
    school_chats,
    service_accounts,
    sessions,
)
from projections.staff.cast import CastMember
from projections.staff.chat_search import ChatsWanted
from projections.staff.names import PersonName, SchoolCommunity
from projections.staff.own_chats import Child, OwnChat, children, own_chats, schools_of
from projections.staff.profile_links import LinkFacts, facts_of
from projections.staff.removals import HeldSet
from projections.staff.school_chats import ChatsFound, SchoolChat, SchoolClassName
from projections.staff.service_accounts import ServiceAccount
from projections.staff.sessions import Identified, Lifetimes, Session

RoleOf = Callable[[Identified], OperatorRole | None]
"""Whether somebody is an operator, which the register does not know."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds, and who its person is at this moment."""

    session: Session
    actor: Actor


@dataclass(frozen=True, slots=True)
class OwnChats:
    """A person's screen «Чаты»: their link, the chats of the family by person, their schools."""

    link: LinkFacts
    chats: dict[PersonId, list[OwnChat]]
    children: list[Child]
    schools: frozenset[SchoolId]


@dataclass(frozen=True, slots=True)
class SchoolChats:
    """A part of a school's chats, and what the filters offer; ``name`` is None while unknown.

    ``initialising``: that is under way, as far as who asks may see it.
    """

    name: str | None
    found: ChatsFound
    classes: tuple[SchoolClassName, ...]
    initialising: bool


@dataclass(frozen=True, slots=True)
class StaffStore:
    """The questions. All raise ``StoreUnavailable`` where PostgreSQL does not answer in time."""

    engine: AsyncEngine

    async def now(self) -> datetime:
        """The one clock."""
        async with transaction(self.engine) as connection:
            found: datetime = (await connection.execute(text("SELECT clock_now()"))).scalar_one()
            return found

    async def signed_in(
        self, token: str, lifetimes: Lifetimes, role_of: RoleOf, *, used: bool
    ) -> SignedIn | None:
        """Whose token this is; None where its session is over, or its person was removed."""
        async with transaction(self.engine) as connection:
            session = await sessions.find(connection, token, lifetimes, used=used)
            if session is None:
                return None
            who = session.identified
            if who.person_id is None:
                return SignedIn(session, Actor(operator=role_of(who)))
            actor = await actors.actor(connection, who.person_id, role_of(who))
            return None if actor is None else SignedIn(session, actor)

    async def person(self, person_id: PersonId) -> Actor | None:
        """Who somebody is by the register alone; None where it has removed them."""
        async with transaction(self.engine) as connection:
            return await actors.actor(connection, person_id)

    async def program(self, token: str) -> ServiceAccount | None:
        """The service account with this token."""
        async with transaction(self.engine) as connection:
            return await service_accounts.find(connection, token)

    async def begin(
        self, who: Identified, lifetimes: Lifetimes, *, instead_of: str | None
    ) -> str | None:
        """Sign somebody in; the session's token. None where the register has removed them."""
        async with transaction(self.engine) as connection:
            if who.person_id is not None and await actors.actor(connection, who.person_id) is None:
                return None
            return await sessions.begin(connection, who, lifetimes, instead_of=instead_of)

    async def end(self, token: str) -> None:
        """Sign somebody out."""
        async with transaction(self.engine) as connection:
            await sessions.end(connection, token)

    async def choose_school(self, token: str, school_id: SchoolId) -> None:
        """Remember which of their schools somebody looks at."""
        async with transaction(self.engine) as connection:
            await sessions.choose_school(connection, token, school_id)

    async def introduction(self, actor: Actor) -> tuple[PersonName | None, dict[SchoolId, str]]:
        """A person's own name, and the schools in which they work, by id."""
        if actor.person_id is None:
            return None, {}
        async with fence.reading(self.engine, actor) as connection:
            name = (await names.names_of(connection, [actor.person_id])).get(actor.person_id)
            known = await names.names_of_schools(connection, sorted(actor.works_in))
        return name, {school: known.get(school, school) for school in actor.works_in}

    async def own_chats(self, actor: Actor, person_id: PersonId) -> OwnChats:
        """The screen «Чаты» of a person, asked by ``actor``."""
        async with fence.reading(self.engine, actor) as connection:
            guarded = await children(connection, actor.children)
            return OwnChats(
                await facts_of(connection, person_id),
                await own_chats(connection, {person_id, *actor.children}, actor.own_chats),
                guarded,
                actor.works_in | await schools_of(connection, person_id, actor.children),
            )

    async def schools(self, actor: Actor, person_id: PersonId) -> frozenset[SchoolId]:
        """The schools that have to do with a person, asked by ``actor``."""
        async with fence.reading(self.engine, actor) as connection:
            return actor.works_in | await schools_of(connection, person_id, actor.children)

    async def link_facts(self, actor: Actor, person_id: PersonId) -> LinkFacts:
        """How far the person is with linking their study profile, asked by ``actor``."""
        async with fence.reading(self.engine, actor) as connection:
            return await facts_of(connection, person_id)

    async def community(self, actor: Actor, school_id: SchoolId) -> SchoolCommunity | None:
        """A school's name and its community in MAX; None where it is not for who asks."""
        async with fence.reading(self.engine, actor) as connection:
            return await names.community_of(connection, school_id)

    async def school_chats(
        self, actor: Actor, school_id: SchoolId, wanted: ChatsWanted, start: int, size: int
    ) -> SchoolChats:
        """The screen «Управление чатами» of a school, asked by ``actor``."""
        async with fence.reading(self.engine, actor) as connection:
            known = await names.names_of_schools(connection, [school_id])
            return SchoolChats(
                known.get(school_id),
                await school_chats.find(connection, school_id, wanted, start, size),
                tuple(await school_chats.classes(connection, school_id)),
                await initialisations.under_way(connection, school_id),
            )

    async def school_chat(
        self, actor: Actor, chat_id: ChatId
    ) -> tuple[SchoolChat, tuple[HeldSet, ...]] | None:
        """One chat of that screen with what the guard holds in it; None where it is not theirs."""
        async with fence.reading(self.engine, actor) as connection:
            found = await school_chats.by_ids(connection, [chat_id])
            return (found[0], await removals.open_sets(connection, chat_id)) if found else None

    async def cast(self, surname: str) -> list[CastMember]:
        """People to choose from in a development sign-in."""
        async with transaction(self.engine) as connection:
            return await cast.cast(connection, surname)
