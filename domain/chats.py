"""Chats: their kinds, their identities and their titles.

A chat's id follows from what it is for, so the same facts always name the same chat and
nothing is ever matched by its title.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from domain.facts import SchoolClass, SubjectGroup
from domain.ids import ChatId, ClassId, GroupId, SchoolId

TITLE_LIMIT = 200
"""Code points in a title (MAX Bot API, ``PATCH /chats/{chatId}``)."""


class ChatKind(Enum):
    """The four kinds of chat of the guide (Учительская, Класс, Родители, Предметы)."""

    STAFF_ROOM = "staff_room"
    CLASS = "class"
    PARENTS = "parents"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat as the rules know it; which of the ids are set depends on the kind.

    ``closes_on`` is the earliest closing date of its group, class and school.
    """

    chat_id: ChatId
    kind: ChatKind
    school_id: SchoolId
    class_id: ClassId | None
    group_id: GroupId | None
    title: str
    closes_on: date | None


def staff_room_id(school_id: SchoolId) -> ChatId:
    """The id of a school's staff room."""
    return ChatId(f"{ChatKind.STAFF_ROOM.value}:{school_id}")


def class_chat_id(class_id: ClassId) -> ChatId:
    """The id of a class chat."""
    return ChatId(f"{ChatKind.CLASS.value}:{class_id}")


def parents_chat_id(class_id: ClassId) -> ChatId:
    """The id of a parents chat."""
    return ChatId(f"{ChatKind.PARENTS.value}:{class_id}")


def subject_chat_id(group_id: GroupId) -> ChatId:
    """The id of a subject group's chat."""
    return ChatId(f"{ChatKind.SUBJECT.value}:{group_id}")


def staff_room_title() -> str:
    """The title of every staff room (the guide, 3)."""
    return "Учительская"


def class_title(school_class: SchoolClass) -> str:
    """«9г - Ученики»."""
    return _cut(f"{school_class.name} - Ученики")


def parents_title(school_class: SchoolClass) -> str:
    """«9г - Родители»."""
    return _cut(f"{school_class.name} - Родители")


def subject_title(group: SubjectGroup, school_class: SchoolClass) -> str:
    """The group's own name, else «9г - Химия»."""
    return _cut(group.name or f"{school_class.name} - {group.subject}")


def _cut(title: str) -> str:
    return title[:TITLE_LIMIT]
