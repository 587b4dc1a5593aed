"""One chat: why somebody is in it, reading it anew, and bringing it back.

Guarantees: a chat that is not there is refused before anything is written, in the transaction
that would write; a decision to bring a chat back is in the journal with an id and never a name.
"""

import re
from collections.abc import Sequence

from domain.ids import ChatId, PersonId
from domain.lanes import Lane
from operations.errors import AuthorIsNoId, NoSuchChat
from operations.store import Engine
from projections.by_hand import decisions
from projections.database import Connection, transaction
from projections.queue import due as queue
from projections.reconcile import observed, setbacks
from projections.reports import explanation
from projections.reports.explanation import Explanation
from schemas.fields import LONG_ID_PATTERN, RULES

__all__ = ["Explanation", "bring_back", "explain", "reconcile", "require"]


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
        for chat_id in chat_ids:
            await setbacks.forget(connection, chat_id)
        await queue.mark_due(connection, list(chat_ids), Lane.STAFF)


async def bring_back(engine: Engine, chat_id: ChatId, author: str) -> bool:
    """Have a deleted chat made anew; False where it is not deleted.

    Raises:
        AuthorIsNoId: the decision is published, so ``author`` must be an id.
        NoSuchChat: there is none of this id.
    """
    if not re.fullmatch(LONG_ID_PATTERN, author):
        raise AuthorIsNoId(RULES[LONG_ID_PATTERN])
    async with transaction(engine) as connection:
        await require(connection, [chat_id])
        return await decisions.bring_back(connection, chat_id, author)
