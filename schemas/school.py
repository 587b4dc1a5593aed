"""Schools, classes and subject groups: what chats are made for."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from schemas.data import EventData
from schemas.fields import Day, Id, Ids, Text, TimeZone, Version

OpenOrClosed = Literal["active", "closed"]

CLOSED_NEEDS_A_DATE = {
    "if": {"properties": {"status": {"const": "closed"}}, "required": ["status"]},
    "then": {"properties": {"closed_on": {"type": "string"}}, "required": ["closed_on"]},
}
"""The rule of ``_Closable`` in the words of JSON Schema."""


class _Closable(EventData, json_schema_extra=CLOSED_NEEDS_A_DATE):
    """Something that closes on a date; the date may be known while it is still active."""

    status: OpenOrClosed
    closed_on: Day | None = Field(
        default=None,
        description="From this date on it is closed; required with status closed.",
    )

    @model_validator(mode="after")
    def _closed_has_a_date(self) -> Self:
        if self.status == "closed" and self.closed_on is None:
            raise PydanticCustomError("closed_on", "closed_on is required with status closed")
        return self


class SchoolChanged(_Closable):
    """The whole state of a school."""

    school_id: Id
    version: Version
    name: Text
    timezone: TimeZone
    community_id: Id | None = Field(
        default=None, description="The school's community in the messenger."
    )

    def entity_id(self) -> str:
        """The school's id."""
        return self.school_id


class ClassCreated(EventData):
    """A new class: its whole state, and that it is active."""

    class_id: Id
    school_id: Id
    version: Version
    name: Text
    school_year: Text = Field(examples=["2026/2027"])
    class_teacher_id: Id | None = Field(default=None, description="A person's id.")

    def entity_id(self) -> str:
        """The class's id."""
        return self.class_id


class ClassChanged(_Closable):
    """The whole state of a class."""

    class_id: Id
    school_id: Id
    version: Version
    name: Text
    school_year: Text = Field(examples=["2026/2027"])
    class_teacher_id: Id | None = Field(default=None, description="A person's id.")

    def entity_id(self) -> str:
        """The class's id."""
        return self.class_id


def _kind_of_roster(value: object) -> str:
    return "some" if isinstance(value, list | tuple) else "all"


Roster = Annotated[
    Annotated[Literal["whole-class"], Tag("all")] | Annotated[Ids, Tag("some")],
    Discriminator(_kind_of_roster),
]
"""Who of the class is in a subject group."""


class SubjectGroupChanged(_Closable):
    """The whole state of a subject group."""

    group_id: Id
    school_id: Id
    class_id: Id
    version: Version
    subject: Text
    name: Text | None = Field(
        default=None, description="The title of the chat, where the group has a name of its own."
    )
    teacher_ids: Ids
    pupils: Roster = Field(description="`whole-class`, or the ids of the group's pupils.")

    def entity_id(self) -> str:
        """The subject group's id."""
        return self.group_id
