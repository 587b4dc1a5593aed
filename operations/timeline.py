"""«История чата»: what happened to a chat, for whoever manages it.

Guarantees: asked behind the fence and of ``domain.access``.
"""

from dataclasses import dataclass

from domain.actors import Actor
from domain.ids import ChatId
from domain.rights import Right
from operations.cards import ChatCard, load_card
from operations.listing import Page, start_of
from operations.store import StaffStore
from projections.staff import fence
from projections.staff import timeline as events
from projections.staff.timeline import Event, Sort

__all__ = ["Event", "Sort", "Timeline", "timeline"]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of what happened, the latest first."""

    card: ChatCard
    events: Page[Event]


async def timeline(
    store: StaffStore, actor: Actor, chat_id: ChatId, page: int, size: int
) -> Timeline:
    """What happened to the chat.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they do not manage it.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await load_card(connection, actor, chat_id, Right.REMOVE_MEMBERS)
        total = await events.count(connection, chat_id)
        within, start = start_of(page, size, total)
        rows = await events.page(connection, chat_id, start, size)
    return Timeline(card, Page(rows, within, size, total))
