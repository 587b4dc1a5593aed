"""What an operation refuses, for every way in alike; each puts it in words of its own.

``OperationError``
├── ``Absent``              it is about something that is not there
│   ├── ``NoSuchChat``      a chat that no fact asks for
│   ├── ``NoSuchLesson``    a lesson that the register has not told of, or not for who asks
│   ├── ``NoSuchSchool``    a school of which nothing is known
│   ├── ``NoSuchClass``     a class of which nothing is known
│   └── ``NotQuarantined``  a record that is not in quarantine
├── ``NotPermitted``         it is not for who asks
├── ``ModuleOff``            there are no chats in this school, or in the whole installation
├── ``LinkedElsewhere``      the register links profiles here, not people on our screens
├── ``TopicsNotRead``       a replay of topics that this installation does not read
└── ``AuthorIsNoId``        a decision that is published, by somebody not named by an id

What goes wrong with a server stays an error of the room below: ``projections.errors`` and
``consumers.errors``.
"""

from collections.abc import Collection, Sequence

from domain.ids import ChatId, ClassId, LessonId, SchoolId


class OperationError(Exception):
    """Anything that an operation refuses. Nothing has changed then."""


class Absent(OperationError):
    """What it is about is not there."""


class NoSuchChat(Absent):
    """These are not chats of ours."""

    def __init__(self, chat_ids: Sequence[ChatId]) -> None:
        super().__init__(f"no such chat: {', '.join(chat_ids)}")


class NoSuchLesson(Absent):
    """There is no such lesson for who asks."""

    def __init__(self, lesson_id: LessonId) -> None:
        super().__init__(f"no such lesson: {lesson_id}")


class NoSuchSchool(Absent):
    """Neither the register nor a chat knows the school."""

    def __init__(self, school_id: SchoolId) -> None:
        super().__init__(f"no such school: {school_id}")


class NoSuchClass(Absent):
    """The register does not know the class, or it is not for who asks."""

    def __init__(self, class_id: ClassId) -> None:
        super().__init__(f"no such class: {class_id}")


class NotQuarantined(Absent):
    """The record at this place is not set aside."""

    def __init__(self, topic: str, part: int, off: int) -> None:
        super().__init__(f"{topic}/{part}/{off} is not in quarantine")


class NotPermitted(OperationError):
    """Whoever asks may not: the rules of access say so."""

    def __init__(self) -> None:
        super().__init__("not permitted")


class TopicsNotRead(OperationError):
    """Topics are named that this installation does not read."""

    def __init__(self, unknown: Sequence[str], read: Sequence[str]) -> None:
        message = f"not a topic that is read: {', '.join(unknown)}; these are: {', '.join(read)}"
        super().__init__(message)


class AuthorIsNoId(OperationError):
    """The decision is published with the id of who decided, and never with a name."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"{rule}: an id, for it is published")


class ModuleOff(OperationError):
    """The module «Чаты» is off; ``everywhere``, or only in the ``schools`` asked about."""

    def __init__(self, schools: Collection[SchoolId], *, everywhere: bool) -> None:
        super().__init__("the module is off")
        self.schools = frozenset(schools)
        self.everywhere = everywhere


class LinkedElsewhere(OperationError):
    """Study profiles are linked by the register's events (``profiles.source``)."""

    def __init__(self) -> None:
        super().__init__("profiles are linked by the register")
