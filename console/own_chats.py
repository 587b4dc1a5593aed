"""The screen «Чаты»: one's own chats by kind, and those that one's children are kept from.

The guide, 2.1 and 2.2. Linking the study profile, to which it leads, is ``console.linking``.
"""

from dataclasses import dataclass

from fastapi import Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.render import Renderer, shown
from operations import own_chats
from operations.installation import Installation
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class OwnChatsPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        return [Entry("/my", self.page, Door(Need.PERSON, elsewhere="/"))]

    async def page(self, request: Request) -> Response:
        """The chats in which the person belongs, with their administrators."""
        visit = visitor(request)
        found = await own_chats.own_chats(
            self.store, visit.actor, visit.person_id, self.installation
        )
        values = shown(found) | {"installation": self.installation}
        return self.renderer.answer(request, "own_chats", values)
