"""What a chat is called, changed by hand.

Guarantees: as ``operations.member_changes``, whose answers it has.
"""

from domain.actors import Actor
from domain.chats import TITLE_LIMIT
from domain.ids import ChatId
from domain.rights import Right
from operations.cards import load_card
from operations.member_answers import Answer, Done, Overtaken, Refusal, Refused, Seen
from operations.member_changes import author, done_before
from operations.store import StaffStore
from projections.by_hand import decisions, journal
from projections.by_hand.journal import ActHead
from projections.database import transaction
from projections.staff import fence

__all__ = ["fault_of", "rename"]


async def rename(
    store: StaffStore, actor: Actor, chat_id: ChatId, title: str, seen: Seen
) -> Answer:
    """Give the chat another title.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await load_card(connection, actor, chat_id, Right.RENAME_CHAT)
    wanted = " ".join(title.split())
    refusal = Refusal.CLOSED if card.is_closed else fault_of(wanted)
    if refusal is not None:
        return Refused(refusal)
    async with transaction(store.engine) as connection:
        now = await journal.lock(connection, chat_id)
        done = await done_before(connection, chat_id, seen)
        if done is not None:
            return done
        entries = await journal.since(connection, chat_id, seen.position)
        others = [each for each in entries if each.subject == "title"]
        if others:
            return Overtaken(others)
        head = ActHead(seen.act_id, "title", chat_id, author(actor), now)
        await decisions.record_all(connection, journal.written(head, (), wanted))
    return Done(None, seen.act_id, 0)


def fault_of(title: str) -> Refusal | None:
    """Why a chat cannot be called so, if it cannot."""
    if not title:
        return Refusal.TITLE_EMPTY
    if len(title) > TITLE_LIMIT:
        return Refusal.TITLE_LONG
    return None if title.isprintable() else Refusal.TITLE_SIGNS
