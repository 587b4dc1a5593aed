"""Chats: their kinds, their identities and their titles.

A chat's id follows from what it is for, so the same facts always name the same chat and
nothing is ever matched by its title.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from domain.facts import School, SchoolClass, SubjectGroup
from domain.ids import ChatId, ClassId, GroupId, SchoolId

TITLE_LIMIT = 200
"""Code points in a title (MAX Bot API, ``PATCH /chats/{chatId}``)."""


class ChatKind(Enum):
    """The four kinds of chat of the guide (Учительская, Класс, Родители, Предметы)."""

    STAFF_ROOM = "staff_room"
    CLASS = "class"
    PARENTS = "parents"
    SUBJECT = "subject"


class Filling(Enum):
    """Who is in a chat: whom the rules put there, or only those whom somebody chose."""

    RULE = "rule"
    CHOSEN = "chosen"


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
    filling: Filling = Filling.RULE


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
    return cut(f"{school_class.name} - Ученики")


def parents_title(school_class: SchoolClass) -> str:
    """«9г - Родители»."""
    return cut(f"{school_class.name} - Родители")


def subject_title(group: SubjectGroup, school_class: SchoolClass) -> str:
    """The group's own name, else «9г - Химия»; a blank name is none."""
    own = group.name or ""
    return cut(own if own.strip() else f"{school_class.name} - {group.subject}")


def chats_of_school(school: School) -> Chat:
    """The staff room, which exists once its school is known."""
    return Chat(
        chat_id=staff_room_id(school.school_id),
        kind=ChatKind.STAFF_ROOM,
        school_id=school.school_id,
        class_id=None,
        group_id=None,
        title=staff_room_title(),
        closes_on=school.closed_on,
    )


def chats_of_class(school_class: SchoolClass, school: School | None) -> tuple[Chat, ...]:
    """The class and the parents chat; ``school`` is the class's, None while not known."""
    closes_on = closing_date(school_class.closed_on, school.closed_on if school else None)
    return tuple(
        Chat(
            chat_id=chat_id,
            kind=kind,
            school_id=school_class.school_id,
            class_id=school_class.class_id,
            group_id=None,
            title=title,
            closes_on=closes_on,
        )
        for kind, chat_id, title in (
            (ChatKind.CLASS, class_chat_id(school_class.class_id), class_title(school_class)),
            (ChatKind.PARENTS, parents_chat_id(school_class.class_id), parents_title(school_class)),
        )
    )


def chat_of_group(group: SubjectGroup, school_class: SchoolClass, school: School | None) -> Chat:
    """The subject chat of a group and its class; ``school`` is the group's.

    It exists too where the class is of another school, but then the rules bring nobody in.
    """
    return Chat(
        chat_id=subject_chat_id(group.group_id),
        kind=ChatKind.SUBJECT,
        school_id=group.school_id,
        class_id=group.class_id,
        group_id=group.group_id,
        title=subject_title(group, school_class),
        closes_on=closing_date(
            group.closed_on, school_class.closed_on, school.closed_on if school else None
        ),
    )


def closing_date(*dates: date | None) -> date | None:
    """The earliest of the dates that are set."""
    return min((day for day in dates if day is not None), default=None)


def is_frozen(chat: Chat, today: date) -> bool:
    """Whether the chat has closed: from its closing date on nobody enters by itself."""
    return chat.closes_on is not None and chat.closes_on <= today


def counting_day(chat: Chat, today: date) -> date:
    """The day on which placement counts: today, and the last open day of a closed chat."""
    if chat.closes_on is None or today < chat.closes_on:
        return today
    return max(chat.closes_on, date.min + timedelta(days=1)) - timedelta(days=1)


def cut(title: str) -> str:
    """The title as far as the messenger takes it."""
    return title[:TITLE_LIMIT]
