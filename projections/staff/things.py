"""The things that a right is asked of, as the rules of access look at them."""

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chats import ChatKind
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from domain.things import TheChat

_CHAT = text("""
    SELECT chat_id, school_id, kind, class_id, group_id, made_by
      FROM chats WHERE chat_id = :chat""")


async def the_chat(connection: AsyncConnection, chat_id: ChatId) -> TheChat | None:
    """The chat; None where there is none of this id, or behind the fence none for who asks."""
    row = (await connection.execute(_CHAT, {"chat": chat_id})).one_or_none()
    return None if row is None else as_chat(row)


def as_chat(row: Row[Any]) -> TheChat:
    """The chat of a row that has its columns."""
    return TheChat(
        chat_id=ChatId(row.chat_id),
        school_id=SchoolId(row.school_id),
        kind=ChatKind(row.kind),
        class_id=None if row.class_id is None else ClassId(row.class_id),
        group_id=None if row.group_id is None else GroupId(row.group_id),
        made_by=None if row.made_by is None else PersonId(row.made_by),
    )
