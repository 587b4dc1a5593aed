"""Lessons of the timetable."""

from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.data import EventData
from schemas.fields import Id, Instant, Text, Version


class LessonChanged(EventData):
    """The whole state of a lesson; it ends after it starts."""

    lesson_id: Id
    school_id: Id
    group_id: Id
    version: Version
    topic: Text
    teacher_id: Id
    starts_at: Instant
    ends_at: Instant
    status: Literal["planned", "cancelled"]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("ends_at", "ends_at must be after starts_at")
        return self

    def entity_id(self) -> str:
        """The lesson's id."""
        return self.lesson_id
