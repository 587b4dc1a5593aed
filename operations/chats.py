"""One chat: why somebody is in it, reading it anew, and bringing it back.

Guarantees: a chat that is not there is refused before anything is written, in the transaction
that would write; a decision to delete a chat or to bring it back is in the journal with an id
and never a name.
"""

import re
from collections.abc import Sequence

from domain.access import may
from domain.actors import Actor
from domain.ids import ChatId, PersonId
from domain.lanes import Lane
from domain.rights import Right
from domain.things import TheChat
from operations.errors import AuthorIsNoId, NoSuchChat, NotPermitted
from operations.store import Engine, StaffStore
from projections.by_hand import decisions
from projections.database import Connection, transaction
from projections.queue import due as queue
from projections.reconcile import observed, setbacks
from projections.reports import explanation
from projections.reports.explanation import Explanation
from projections.staff import things
from projections.staff.school_chats import SchoolChat
from schemas.fields import LONG_ID_PATTERN, RULES

__all__ = [
    "Explanation",
    "bring_back",
    "delete",
    "explain",
    "reconcile",
    "require",
    "require_id",
    "to_delete",
    "visible",
]


async def require(connection: Connection, chat_ids: Sequence[ChatId]) -> None:
    """Return if all these are chats of ours.

    Raises:
        NoSuchChat: names those that are not.
    """
    unknown = await queue.unknown(connection, list(chat_ids))
    if unknown:
        raise NoSuchChat(unknown)


async def explain(engine: Engine, chat_id: ChatId, person_id: PersonId) -> Explanation:
    """Why the person is, or is not, in the chat.

    Raises:
        NoSuchChat: there is none of this id.
    """
    async with transaction(engine) as connection:
        found = await explanation.explain(connection, chat_id, person_id)
    if found is None:
        raise NoSuchChat([chat_id])
    return found


async def reconcile(engine: Engine, chat_ids: Sequence[ChatId]) -> None:
    """Have these chats read from the messenger and made to match, in the lane of staff.

    Raises:
        NoSuchChat: one of them is not there; none was touched.
    """
    async with transaction(engine) as connection:
        await require(connection, chat_ids)
        await observed.forget(connection, chat_ids)
        await setbacks.forget(connection, chat_ids)
        await queue.mark_due(connection, list(chat_ids), Lane.STAFF)


async def bring_back(engine: Engine, chat_id: ChatId, author: str) -> bool:
    """Have a deleted chat made anew; False where it is not deleted.

    Raises:
        AuthorIsNoId: the decision is published, so ``author`` must be an id.
        NoSuchChat: there is none of this id.
    """
    require_id(author)
    async with transaction(engine) as connection:
        await require(connection, [chat_id])
        return await decisions.bring_back(connection, chat_id, author)


async def visible(connection: Connection, actor: Actor, chat_id: ChatId) -> TheChat:
    """The chat, asked as the owner in the transaction that would write.

    Raises:
        NoSuchChat: there is none of this id for who asks.
    """
    chat = await things.the_chat(connection, chat_id)
    if chat is None or not may(actor, Right.SEE_CHAT, chat):
        raise NoSuchChat([chat_id])
    return chat


async def to_delete(store: StaffStore, actor: Actor, chat_id: ChatId) -> SchoolChat:
    """The chat, for whoever is about to delete it.

    Raises:
        NoSuchChat: there is none of this id for who asks.
        NotPermitted: it is not theirs to delete.
    """
    found = await store.school_chat(actor, chat_id)
    if found is None:
        raise NoSuchChat([chat_id])
    row, _ = found
    if not may(actor, Right.DELETE_CHAT, row.chat):
        raise NotPermitted
    return row


async def delete(engine: Engine, actor: Actor, author: str, chat_id: ChatId) -> bool:
    """Have a chat deleted, here and in the messenger; False where somebody has decided so before.

    Raises:
        AuthorIsNoId: the decision is published, so ``author`` must be an id.
        NoSuchChat: there is none of this id for who asks.
        NotPermitted: it is not theirs to delete.
    """
    async with transaction(engine) as connection:
        chat = await visible(connection, actor, chat_id)
        if not may(actor, Right.DELETE_CHAT, chat):
            raise NotPermitted
        require_id(author)
        return await decisions.delete(connection, chat_id, author)


def require_id(author: str) -> None:
    """Return if whoever decides is named by an id.

    Raises:
        AuthorIsNoId: they are not.
    """
    if not re.fullmatch(LONG_ID_PATTERN, author):
        raise AuthorIsNoId(RULES[LONG_ID_PATTERN])
