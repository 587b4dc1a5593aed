"""«Управление чатами»: the list of a school's chats, for whoever works there (the guide, 3).

Guarantees: the list is asked for behind the fence and by the rules of access; of each row is
told what who asks may do with it; a link is given only to whoever is in the chat. Of what holds
all schools up only its kind is told.
"""

from dataclasses import dataclass

from domain.access import may
from domain.actors import Actor
from domain.chat_standings import ChatStanding, StandingGroup, group_of, standings_of
from domain.chats import ChatKind
from domain.guard import GuardScope
from domain.ids import ClassId, SchoolId
from domain.obstacles import ObstacleKind
from domain.rights import Right
from domain.things import HeldPlan, TheSchool
from operations.errors import NotPermitted
from operations.links import leads_out
from operations.listing import Page
from operations.new_chat_offer import makes_chats
from operations.store import StaffStore
from projections.database import transaction
from projections.reports.obstacles import obstacles_of_all
from projections.staff.chat_search import ChatsWanted, Column
from projections.staff.names import PersonName
from projections.staff.school_chats import SchoolChat, SchoolClassName

__all__ = [
    "ChatKind",
    "ChatStanding",
    "ChatsWanted",
    "ClassId",
    "Column",
    "GuardScope",
    "ListedChat",
    "ObstacleKind",
    "PersonName",
    "SchoolChat",
    "SchoolChatList",
    "SchoolClassName",
    "StandingGroup",
    "group_of",
    "school_chats",
    "standings_of",
]


@dataclass(frozen=True, slots=True)
class ListedChat:
    """One chat, and what who asks may do with it; ``link`` leads into it."""

    row: SchoolChat
    may_delete: bool
    may_decide: bool
    link: str | None


@dataclass(frozen=True, slots=True)
class SchoolChatList:
    """A page of a school's chats; ``school`` is None while the register has not named it.

    ``troubles``: what keeps chats of any school from being as they should be. ``may_add``:
    whether who asks may make chats in it. ``initialising``: that is under way, as far as who asks
    may do it themselves.
    """

    school_id: SchoolId
    school: str | None
    chats: Page[ListedChat]
    classes: tuple[SchoolClassName, ...]
    troubles: tuple[ObstacleKind, ...]
    may_add: bool
    may_initialise: bool
    initialising: bool

    @property
    def may_delete(self) -> bool:
        """Whether who asks may delete any of those shown."""
        return any(chat.may_delete for chat in self.chats.rows)


async def school_chats(
    store: StaffStore, actor: Actor, school_id: SchoolId, wanted: ChatsWanted, page: int, size: int
) -> SchoolChatList:
    """A page of the school's chats.

    Raises:
        NotPermitted: who asks does not work there.
    """
    if not may(actor, Right.SEE_CHATS, TheSchool(school_id)):
        raise NotPermitted
    found = await store.school_chats(actor, school_id, wanted, (page - 1) * size, size)
    rows = [_listed(actor, row) for row in found.found.rows]
    shown = Page(rows, found.found.start // size + 1, size, found.found.total)
    async with transaction(store.engine) as connection:
        troubles = tuple(each.kind for each in await obstacles_of_all(connection))
    may_initialise = may(actor, Right.INITIALISE_CHATS, TheSchool(school_id))
    return SchoolChatList(
        school_id,
        found.name,
        shown,
        found.classes,
        troubles,
        may_add=makes_chats(actor, school_id),
        may_initialise=may_initialise,
        initialising=may_initialise and found.initialising,
    )


def _listed(actor: Actor, row: SchoolChat) -> ListedChat:
    # What was rejected may still be let go (``operations.removals``).
    scopes = row.held or ((GuardScope.CHAT,) if row.standing is ChatStanding.REJECTED else ())
    over = row.standing in {ChatStanding.DELETED, ChatStanding.DELETING}
    return ListedChat(
        row=row,
        may_delete=not over and may(actor, Right.DELETE_CHAT, row.chat),
        may_decide=any(
            may(actor, Right.DECIDE_PLAN, HeldPlan(row.chat, scope)) for scope in scopes
        ),
        link=row.link if row.chat.chat_id in actor.chats and leads_out(row.link) else None,
    )
