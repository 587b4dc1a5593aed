"""Which chats make themselves in a school, switched by whoever answers for the school.

Guarantees: a decision in the journal, by an id, published and read back as any; what the settings
of the installation have switched off nobody switches on here; chats that are there in the messenger
already go on. The module «Чаты» is not off by it: that is for the settings alone.
"""

from domain.access import may
from domain.actors import Actor
from domain.chats import ChatKind
from domain.decisions import KindSwitch
from domain.ids import SchoolId
from domain.rights import Right
from domain.things import TheSchool
from operations.chats import require_id
from operations.errors import NoSuchSchool, NotPermitted
from operations.installation import Installation
from operations.module import require_on_in
from operations.store import StaffStore
from projections.by_hand import kinds
from projections.database import transaction

__all__ = ["ChatKind", "KindSwitch", "switch_kind"]


async def switch_kind(
    store: StaffStore,
    actor: Actor,
    author: str,
    school_id: SchoolId,
    kind: ChatKind,
    choice: KindSwitch,
    installation: Installation,
) -> bool:
    """Have such chats make themselves from now on, or not; False where it is so already.

    Raises:
        NotPermitted: it is not for who asks, or not for any school to decide.
        NoSuchSchool: nothing is known of it.
        ModuleOff: the school has no chats.
        AuthorIsNoId: the decision is published, so ``author`` must be an id.
    """
    if not may(actor, Right.CHANGE_SETTINGS, TheSchool(school_id)):
        raise NotPermitted
    if await store.community(actor, school_id) is None:
        raise NoSuchSchool(school_id)
    require_on_in(actor, school_id, installation)
    if installation.kinds_off.covers(kind, school_id):
        raise NotPermitted
    require_id(author)
    async with transaction(store.engine) as connection:
        return await kinds.switch(connection, school_id, kind, choice, author)
