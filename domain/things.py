"""What an action is about: a closed union, each with no more than the rules of access look at."""

from dataclasses import dataclass

from domain.chats import ChatKind
from domain.guard import GuardScope
from domain.ids import ChatId, ClassId, GroupId, LessonId, PersonId, SchoolId


@dataclass(frozen=True, slots=True)
class TheInstallation:
    """All of it: what operators look after."""


@dataclass(frozen=True, slots=True)
class TheSchool:
    """A school as a whole: its list of chats, its settings, its people."""

    school_id: SchoolId


@dataclass(frozen=True, slots=True)
class TheClass:
    """A class of a school."""

    school_id: SchoolId
    class_id: ClassId


@dataclass(frozen=True, slots=True)
class TheChat:
    """A chat that exists; ``made_by`` is who made it by hand, None for those of the rules."""

    chat_id: ChatId
    school_id: SchoolId
    kind: ChatKind
    class_id: ClassId | None = None
    group_id: GroupId | None = None
    made_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class ChosenPerson:
    """Somebody who is to be put into a chat: where they belong, and in which groups they learn."""

    person_id: PersonId
    belongs_to: frozenset[SchoolId]
    learns_in: frozenset[GroupId] = frozenset()


@dataclass(frozen=True, slots=True)
class NewChat:
    """A chat that is to be made by hand, with the people chosen for it."""

    school_id: SchoolId
    kind: ChatKind
    class_id: ClassId | None = None
    group_id: GroupId | None = None
    people: tuple[ChosenPerson, ...] = ()


@dataclass(frozen=True, slots=True)
class NewMembers:
    """People who are to be put into a chat that exists."""

    chat: TheChat
    people: tuple[ChosenPerson, ...]


@dataclass(frozen=True, slots=True)
class TheMember:
    """One person's place in one chat."""

    chat: TheChat
    person_id: PersonId
    is_administrator: bool = False


@dataclass(frozen=True, slots=True)
class ThePerson:
    """A person, with what decides who may know their name.

    ``known_to``: schools that ever had to do with them as an employee, a pupil or a pupil's
    guardian; ``works_in``: those that employ them now; ``places``: their chats.
    """

    person_id: PersonId
    known_to: frozenset[SchoolId] = frozenset()
    works_in: frozenset[SchoolId] = frozenset()
    places: tuple[TheMember, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """A plan that the guard holds in a chat, and whose limit it would pass."""

    chat: TheChat
    scope: GuardScope


@dataclass(frozen=True, slots=True)
class TheLesson:
    """A lesson of a subject group; ``teacher_id`` is who gives it, which may be a replacement."""

    lesson_id: LessonId
    school_id: SchoolId
    group_id: GroupId
    teacher_id: PersonId


Thing = (
    TheInstallation
    | TheSchool
    | TheClass
    | TheChat
    | NewChat
    | NewMembers
    | TheMember
    | ThePerson
    | HeldPlan
    | TheLesson
)
