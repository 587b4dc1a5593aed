"""«Добавить новый чат», the screen: for what a chat can be made, and whom one may put in (3.3).

Guarantees: asked behind the fence and of ``domain.access``; what is there for the same already
is named, and who made it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.actors import Actor
from domain.chats import ChatKind, Filling
from domain.choice import Choice
from domain.founding import Purpose
from domain.ids import ClassId, SchoolId
from operations.candidates import CandidatesLook, class_names, page_of_found
from operations.listing import Page
from operations.new_chat_offer import NewChatLook, Offer, filling_of, load_offer
from operations.store import StaffStore
from projections.staff import candidates as pool
from projections.staff import fence, purposes
from projections.staff.candidate_rows import (
    Candidate,
    CandidatesFilter,
    Order,
    Part,
)
from projections.staff.purposes import OpenClass, OpenGroup, Twin

__all__ = ["ChatKind", "Filling", "NewChatLook", "NewChatScreen", "Offer", "OpenClass",
           "OpenGroup", "Purpose", "Twin", "new_chat"]  # fmt: skip

_USUAL_PARTS: Final = {
    ChatKind.STAFF_ROOM: Part.STAFF,
    ChatKind.CLASS: Part.PUPIL,
    ChatKind.PARENTS: Part.PARENT,
    ChatKind.SUBJECT: Part.PUPIL,
}


@dataclass(frozen=True, slots=True)
class NewChatScreen:
    """The screen. ``people`` is None where nobody is chosen by name.

    ``twins``: the chats that there are for the same, the first of them first. The others as of
    ``operations.candidates``.
    """

    offer: Offer
    filling: Filling
    twins: Sequence[Twin]
    look: CandidatesLook
    people: Page[Candidate] | None
    classes: dict[ClassId, str]
    matching: int
    chosen: int
    choice: Choice[CandidatesFilter]
    seen: str

    @property
    def is_usual(self) -> bool:
        """Whether they look where one usually does, but for a surname."""
        usual = _usual(self.offer, self.look).wanted
        return replace(self.look.wanted, words="") == usual


async def new_chat(
    store: StaffStore, actor: Actor, school_id: SchoolId, look: NewChatLook
) -> NewChatScreen:
    """The screen.

    Raises:
        NotPermitted: they make no chats in this school.
    """
    async with fence.reading(store.engine, actor) as connection:
        offer = await load_offer(connection, actor, school_id, look)
        filling = filling_of(offer, look)
        shown = look.people if look.shown_for == offer.key else _usual(offer, look.people)
        found = None
        if offer.pool is not None and filling is Filling.CHOSEN:
            found = await pool.candidates(
                connection, offer.pool, shown.wanted, shown.choice, shown.order
            )
        return NewChatScreen(
            offer=offer,
            filling=filling,
            twins=[] if offer.purpose is None else await purposes.twins(connection, offer.purpose),
            look=shown,
            people=None if found is None else page_of_found(found, shown.order),
            classes=class_names(offer.open_classes),
            matching=found.matching if found else 0,
            chosen=found.chosen if found else 0,
            choice=shown.choice.among(found.named) if found else Choice(),
            seen=found.digest if found else "",
        )


def _usual(offer: Offer, look: CandidatesLook) -> CandidatesLook:
    """Who is most likely looked for; nobody is chosen yet."""
    of_class = offer.school_class.class_id if offer.school_class else ""
    parts = frozenset({_USUAL_PARTS[offer.kind]})
    return CandidatesLook(CandidatesFilter("", parts, "", of_class), Order(1, look.order.size))
