"""The screen «Чаты»: one's own chats, by kind (the guide, 2.2)."""

from dataclasses import dataclass
from itertools import groupby

from fastapi import Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.listing import order_key
from console.render import Renderer
from console.words import OWN_CHATS_KINDS
from projections.staff.own_chats import OwnChat
from projections.staff.store import StaffStore


@dataclass(frozen=True, slots=True)
class OwnChatsPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        return [Entry("/my", self.page, Door(Need.PERSON, elsewhere="/"))]

    async def page(self, request: Request) -> Response:
        """The chats in which the person belongs, with their administrators."""
        visit = visitor(request)
        found = await self.store.own_chats(visit.actor, visit.person_id)
        schools = {chat.school_id for chat in found.chats}
        values = {
            "linked": found.linked,
            "groups": _by_kind(found.chats),
            "several_schools": len(schools) > 1,
        }
        return self.renderer.answer(request, "own_chats", values)


def _by_kind(chats: tuple[OwnChat, ...]) -> list[tuple[str, list[OwnChat]]]:
    kinds = list(OWN_CHATS_KINDS)
    ordered = sorted(
        chats, key=lambda chat: (kinds.index(chat.kind), order_key(chat.title), chat.chat_id)
    )
    return [(kind, list(those)) for kind, those in groupby(ordered, lambda chat: chat.kind)]
