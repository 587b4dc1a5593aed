"""«Инициализировать список чатов»: what it would come to, before it is begun (the guide, 3.4).

Nothing is changed here. Guarantees: who leaves is told person by person, with a name where who
asks may know it, and by the hash of all of it, by which ``operations.initialising_start`` is told
what was confirmed; what somebody else is to decide about is told and not counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.access import may
from domain.actors import Actor
from domain.chats import Chat, ChatKind
from domain.guard import GuardScope, Held
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.initialising import Fate, Forecast, InitialisingWish, confirmation
from domain.rights import Right
from domain.takings import TakingKind
from domain.things import HeldPlan, TheChat, TheSchool
from operations.errors import NoSuchSchool, NotPermitted
from operations.installation import Installation
from operations.store import StaffStore
from projections.database import Connection, transaction
from projections.guard import admission
from projections.guard.taking_causes import people_of
from projections.reconcile import forecast
from projections.reconcile.forecast import Foreseen, Terms
from projections.staff import fence, names
from projections.staff.removals import HeldPerson, held_people

__all__ = [
    "ChatKind",
    "Fate",
    "Forecast",
    "HeldPerson",
    "InitialisingPlan",
    "InitialisingWish",
    "PlannedChat",
    "foreseen",
    "plan",
    "require",
    "too_many",
]


@dataclass(frozen=True, slots=True)
class PlannedChat:
    """One chat, and who leaves it, or loses rights in it."""

    forecast: Forecast
    title: str
    people: tuple[HeldPerson, ...]

    @property
    def leaving(self) -> int:
        """How many accounts leave."""
        return sum(each.kind is TakingKind.REMOVE for each in self.forecast.leaving)

    @property
    def losing(self) -> int:
        """How many stay and lose an administrator's rights."""
        return len(self.forecast.leaving) - self.leaving


@dataclass(frozen=True, slots=True)
class InitialisingPlan:
    """All of it. ``hash`` names what is confirmed; ``school`` is None while nobody has named it.

    ``too_many``: so many leave that the confirmation lets nobody go who counts; each chat's own
    limit says then who waits.
    """

    wish: InitialisingWish
    school: str | None
    chats: tuple[PlannedChat, ...]
    hash: str
    too_many: Held | None

    @property
    def made(self) -> int:
        """How many are made, for the first time or anew."""
        return sum(each.forecast.fate.makes for each in self.chats)

    @property
    def entering(self) -> int:
        """How many enter, in all chats."""
        return sum(each.forecast.entering for each in self.chats)

    @property
    def leaving(self) -> int:
        """How many leave, in all chats."""
        return sum(each.leaving for each in self.chats)

    @property
    def takes(self) -> bool:
        """Whether anybody leaves, or loses rights."""
        return any(each.forecast.leaving for each in self.chats)

    @property
    def dropped(self) -> int:
        """How many places by hand end."""
        return sum(len(each.forecast.dropped) for each in self.chats)

    @property
    def unknown(self) -> int:
        """Of how many chats it is not known who is inside."""
        return sum(not each.forecast.known for each in self.chats)


def require(actor: Actor, school_id: SchoolId, installation: Installation) -> None:
    """Return if this actor may have the chats of the school initialised.

    Raises:
        NotPermitted: they may not.
        ModuleOff: the school has no chats.
    """
    if not may(actor, Right.INITIALISE_CHATS, TheSchool(school_id)):
        raise NotPermitted
    installation.require_on([school_id])


async def plan(
    store: StaffStore, actor: Actor, wish: InitialisingWish, installation: Installation
) -> InitialisingPlan:
    """What it would come to now.

    Raises:
        NotPermitted: it is not for this actor.
        ModuleOff: the school has no chats.
        NoSuchSchool: nothing is known of it.
    """
    require(actor, wish.school_id, installation)
    async with transaction(store.engine) as connection:
        found = await foreseen(connection, actor, wish, installation)
        forecasts = [each.forecast for each in found]
        people = await _taken_from(connection, forecasts)
        beyond = await too_many(connection, actor, wish, found, installation)
    ids = {str(row["person_id"]) for rows in people.values() for row in rows if row["person_id"]}
    async with fence.reading(store.engine, actor) as connection:
        known = await names.names_of(connection, ids)
        titles = await names.titles_of(connection, [each.chat.chat_id for each in forecasts])
        school = await names.names_of_schools(connection, [wish.school_id])
    chats = tuple(
        PlannedChat(
            each,
            titles.get(each.chat.chat_id, each.chat.title),
            held_people(people.get(each.chat.chat_id, ()), _removed(each), known),
        )
        for each in forecasts
    )
    name = confirmation(wish, forecasts)
    return InitialisingPlan(wish, school.get(wish.school_id), chats, name, beyond)


async def _taken_from(
    connection: Connection, forecasts: Sequence[Forecast]
) -> dict[ChatId, Sequence[Mapping[str, object]]]:
    return {
        each.chat.chat_id: await people_of(connection, each.chat.chat_id, each.leaving)
        for each in forecasts
        if each.leaving
    }


async def foreseen(
    connection: Connection, actor: Actor, wish: InitialisingWish, installation: Installation
) -> Sequence[Foreseen]:
    """Each chat's forecast, for whoever may ask; on a transaction of the caller's.

    Raises:
        NoSuchSchool: nothing is known of it.
    """

    def may_decide(chat: Chat, scope: GuardScope) -> bool:
        return may(actor, Right.DECIDE_PLAN, HeldPlan(_thing(chat), scope))

    terms = Terms(installation.guard, installation.drift, may_decide)
    found = await forecast.foresee(connection, wish, terms)
    if found is None:
        raise NoSuchSchool(wish.school_id)
    return found


async def too_many(
    connection: Connection,
    actor: Actor,
    wish: InitialisingWish,
    found: Sequence[Foreseen],
    installation: Installation,
) -> Held | None:
    """The limit of all that the confirmation would pass, if this actor may not lift it."""
    counted = [taking for each in found for taking in each.open if taking.counts]
    if not counted or _lifts_all(actor, found[0].forecast.chat):
        return None
    return await admission.beyond_all(
        connection,
        found[0].forecast.chat.chat_id,
        wish.school_id,
        len(counted),
        installation.guard,
    )


def _lifts_all(actor: Actor, chat: Chat) -> bool:
    return may(actor, Right.DECIDE_PLAN, HeldPlan(_thing(chat), GuardScope.TOTAL))


def _thing(chat: Chat) -> TheChat:
    return TheChat(chat.chat_id, chat.school_id, chat.kind, chat.class_id, chat.group_id)


def _removed(told: Forecast) -> set[MaxUserId]:
    return {each.account for each in told.leaving if each.kind is TakingKind.REMOVE}
