"""Chats that a person makes: what such a chat is for, and who is in it (the guide, 3.3).

Guarantees: a chat made by hand has an id of its own, which follows from the act that made it and
from who did that, never from a title or a class; so a form that is sent twice makes one chat, and
two chats of one class are never taken for each other.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from domain.chats import Chat, ChatKind, Filling, closing_date, cut
from domain.facts import School, SchoolClass, SubjectGroup
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId

_MARK = "hand:"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a chat is for: a school's staff, a class, its parents, or a subject group of a class."""

    school_id: SchoolId
    kind: ChatKind
    class_id: ClassId | None = None
    group_id: GroupId | None = None


@dataclass(frozen=True, slots=True)
class Founding:
    """What was decided of a chat when it was made; it never changes afterwards."""

    purpose: Purpose
    filling: Filling
    title: str


def hand_chat_id(act_id: UUID, author: PersonId) -> ChatId:
    """The id of the chat that this act of this person makes."""
    return ChatId(f"{_MARK}{uuid5(act_id, author)}")


def is_hand_made(chat_id: ChatId) -> bool:
    """Whether a chat of this id can only have been made by hand."""
    return chat_id.startswith(_MARK)


def chat_of_founding(
    chat_id: ChatId,
    founding: Founding,
    school: School | None,
    school_class: SchoolClass | None,
    group: SubjectGroup | None,
) -> Chat:
    """The chat as it should be; what it is of may not be known (yet): then nobody is in by rule.

    It stays in the school in which it was made, and goes with its group to another class.
    """
    purpose = founding.purpose
    return Chat(
        chat_id=chat_id,
        kind=purpose.kind,
        school_id=purpose.school_id,
        class_id=purpose.class_id if group is None else group.class_id,
        group_id=purpose.group_id,
        title=cut(founding.title),
        closes_on=closing_date(
            group.closed_on if group else None,
            school_class.closed_on if school_class else None,
            school.closed_on if school else None,
        ),
        filling=founding.filling,
    )
