"""What the API answers with about «Сводка школы»: numbers by class, and the people of a class."""

from console.rest.models import Model, Name, Paged
from operations.summary import Absence, Part


class Count(Model):
    """How many people, how many of them are linked, and how many are in all their chats."""

    people: int
    linked: int
    inside: int


class ClassRow(Model):
    """The numbers of one class; ``name`` is null while the register has not told it."""

    class_id: str
    name: str | None
    pupils: Count
    parents: Count


class SchoolSummary(Paged[ClassRow]):
    """``whole``: of all of the school; else of the classes of whoever asks, without ``staff``."""

    school_id: str
    school: str | None
    whole: bool
    pupils: Count
    parents: Count
    staff: Count | None


class Missing(Model):
    """A chat in which somebody belongs and is not, and why."""

    chat_id: str
    title: str
    absence: Absence


class SummaryPerson(Model):
    """Somebody of a class or of the staff; ``why`` is null where they are in all their chats.

    ``wards``: the pupils whose parent they are.
    """

    person_id: str
    part: Part
    name: Name | None
    linked: bool
    chats: int
    inside: int
    why: Absence | None
    missing: list[Missing]
    wards: list[Name]


class ClassPeople(Paged[SummaryPerson]):
    """``class_id`` is null of the staff; ``everybody`` counts whatever was asked for."""

    school_id: str
    class_id: str | None
    class_name: str | None
    everybody: int
