"""One chat as staff's screens head it, read behind the fence."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chats import Filling
from domain.ids import ChatId
from domain.things import TheChat
from projections.staff.names import PersonName, as_name
from projections.staff.things import as_chat

_CARD = text("""
    SELECT c.chat_id, c.school_id, c.kind, c.class_id, c.group_id, c.made_by, c.title, d.state,
           d.expected, f.name AS class_name, f.school_year,
           (SELECT link FROM staff.chat_links l WHERE l.chat_id = c.chat_id) AS link,
           c.filling, p.surname, p.given_name, p.patronymic
      FROM chats c
      LEFT JOIN fact_people p ON p.person_id = c.made_by
      JOIN staff.chats d USING (chat_id)
      LEFT JOIN fact_classes f ON f.class_id = c.class_id
     WHERE c.chat_id = :chat""")

_CLOSED = frozenset({"frozen", "deleted"})


@dataclass(frozen=True, slots=True)
class ChatCard:
    """A chat; ``class_name`` is None where it is of no class, or the class is not known.

    ``link`` lets in whoever has it; None where there is none, or it is not for who asks. ``by``
    is who made it by hand, where the rules did not and the name is for who asks.
    """

    thing: TheChat
    title: str
    state: str
    expected: int
    class_name: str | None
    school_year: str | None
    link: str | None
    filling: Filling
    by: PersonName | None

    @property
    def kind(self) -> str:
        """The kind by its value, as the words are found."""
        return self.thing.kind.value

    @property
    def is_closed(self) -> bool:
        """Whether nothing is changed in it any more."""
        return self.state in _CLOSED


async def card(connection: AsyncConnection, chat_id: ChatId) -> ChatCard | None:
    """The chat; None where there is none, or it is not for who asks."""
    row = (await connection.execute(_CARD, {"chat": chat_id})).one_or_none()
    if row is None:
        return None
    return ChatCard(
        as_chat(row),
        row.title,
        row.state,
        row.expected,
        row.class_name,
        row.school_year,
        row.link,
        Filling(row.filling),
        as_name(row.surname, row.given_name, row.patronymic),
    )
