"""Linking one's study profile to one's account in MAX, and unlinking it (the guide, 2.1).

Guarantees: it is one's own profile and nobody else's; what a person asks for is one committed
row, with the event that it publishes beside it, so nothing is half done while the messenger is
away; who asked is the ``person_id`` of that event.
"""

from domain.access import may
from domain.actors import Actor
from domain.ids import PersonId
from domain.profile_links import (
    Leaving,
    Linked,
    LinkState,
    LinkTrouble,
    Offered,
    Settling,
    Unlinked,
    Waiting,
)
from domain.rights import Right
from domain.things import ThePerson
from operations.errors import LinkedElsewhere, NotPermitted
from operations.installation import Installation
from operations.module import require_on
from operations.store import StaffStore
from projections.by_hand import profile_links
from projections.database import transaction

__all__ = [
    "Leaving",
    "LinkState",
    "LinkTrouble",
    "Linked",
    "Offered",
    "Settling",
    "Unlinked",
    "Waiting",
    "ask",
    "leave",
    "standing",
]


async def standing(store: StaffStore, actor: Actor, person_id: PersonId) -> LinkState:
    """How far the person is."""
    return (await store.link_facts(actor, person_id)).state


async def ask(
    store: StaffStore, actor: Actor, person_id: PersonId, installation: Installation
) -> bool:
    """Have the messenger asked for a link; False where there is no use for one.

    Raises:
        NotPermitted: it is somebody else's profile.
        LinkedElsewhere: the register links profiles.
        ModuleOff: there are no chats for which to be linked.
    """
    _require(actor, person_id, installation)
    await require_on(store, actor, person_id, installation)
    async with transaction(store.engine) as connection:
        return await profile_links.ask(connection, person_id)


async def leave(
    store: StaffStore, actor: Actor, person_id: PersonId, installation: Installation
) -> bool:
    """Unlink: out of every chat that the integration made; False where nothing is linked.

    Raises:
        NotPermitted: it is somebody else's profile.
        LinkedElsewhere: the register links profiles.
    """
    _require(actor, person_id, installation)
    async with transaction(store.engine) as connection:
        return await profile_links.leave(connection, person_id, installation.profiles_topic)


def _require(actor: Actor, person_id: PersonId, installation: Installation) -> None:
    if not may(actor, Right.LINK_PROFILE, ThePerson(person_id)):
        raise NotPermitted
    if not installation.links_profiles:
        raise LinkedElsewhere
