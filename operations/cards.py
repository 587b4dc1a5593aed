"""A chat as whatever staff do with it begins: read behind the fence, if they may do it."""

from domain.access import may
from domain.actors import Actor
from domain.ids import ChatId
from domain.rights import Right
from domain.things import NewMembers
from operations.errors import NoSuchChat, NotPermitted
from projections.database import Connection
from projections.staff import chat_card
from projections.staff.chat_card import ChatCard

__all__ = ["ChatCard", "load_card"]


async def load_card(
    connection: Connection, actor: Actor, chat_id: ChatId, *rights: Right
) -> ChatCard:
    """The chat, for somebody who has all of these rights in it.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    card = await chat_card.card(connection, chat_id)
    if card is None or not may(actor, Right.SEE_CHAT, card.thing):
        raise NoSuchChat([chat_id])
    for right in rights:
        thing = NewMembers(card.thing, ()) if right is Right.ADD_MEMBERS else card.thing
        if not may(actor, right, thing):
            raise NotPermitted
    return card
