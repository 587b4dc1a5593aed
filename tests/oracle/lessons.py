"""Distance lessons by the contract and the guide: what call each should have, and who may enter.

Written as plainly as ``naive``, and without anything of ``domain``: it knows the published events
and what people decided, and nothing else. A lesson counts once the register has told of it and of
its group; one that names another school's group is nobody's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from tests.oracle import naive


@dataclass(frozen=True)
class Lesson:
    """A lesson by its latest event. ``possible``: it is held at its group's own school."""

    lesson_id: str
    school_id: str
    group_id: str
    teacher_id: str
    starts_at: datetime
    ends_at: datetime
    possible: bool

    @property
    def chat_id(self) -> str:
        """The chat to which its call belongs."""
        return f"subject:{self.group_id}"


@dataclass(frozen=True)
class Call:
    """The messenger's call of a lesson, as it should be."""

    chat_id: str
    title: str
    starts_at: datetime
    ends_at: datetime


def runs(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether it runs: from its start up to its end."""
    return starts_at <= now < ends_at


class Timetable:
    """The lessons of these events at one instant."""

    def __init__(self, events: Iterable[Mapping[str, Any]], now: datetime) -> None:
        everything = self._events = [cast("naive.Data", event) for event in events]
        self.now = now
        self._groups = naive.latest(everything, ["subject-group.changed"], lambda d: d["group_id"])
        self._persons = naive.latest(everything, ["person.changed"], lambda d: d["person_id"])
        self._employments = naive.latest(
            everything, ["employment.changed"], lambda d: (d["person_id"], d["school_id"])
        )
        told = naive.latest(everything, ["lesson.changed"], lambda d: d["lesson_id"])
        self.lessons = {key: self._lesson(data) for key, data in told.items() if self._known(data)}

    @cached_property
    def _members(self) -> dict[str, dict[str, str]]:
        return naive.expected_members(self._events, self.now)

    def _known(self, data: naive.Data) -> bool:
        return data["group_id"] in self._groups

    def _lesson(self, data: naive.Data) -> Lesson:
        at_home = self._groups[data["group_id"]]["school_id"] == data["school_id"]
        return Lesson(
            data["lesson_id"],
            data["school_id"],
            data["group_id"],
            data["teacher_id"],
            naive.instant(data["starts_at"]),
            naive.instant(data["ends_at"]),
            possible=at_home and data["status"] == "planned",
        )

    def call(self, lesson_id: str, title: str | None) -> Call | None:
        """The call that the lesson should have; ``title`` is None where nobody wants it."""
        lesson = self.lessons.get(lesson_id)
        if lesson is None or title is None or not lesson.possible or lesson.ends_at <= self.now:
            return None
        return Call(lesson.chat_id, title, lesson.starts_at, lesson.ends_at)

    def is_open(self, lesson_id: str, title: str | None) -> bool:
        """Whether there is a lesson to enter now."""
        call = self.call(lesson_id, title)
        return call is not None and runs(call.starts_at, call.ends_at, self.now)

    def learns(self, lesson_id: str, person_id: str) -> bool:
        """Whether the person is of the chat to which the lesson's call belongs, by the register."""
        lesson = self.lessons.get(lesson_id)
        return lesson is not None and person_id in self._members.get(lesson.chat_id, {})

    def teaches(self, lesson_id: str, person_id: str) -> bool:
        """Whether the person gives the lesson, or its subject, and works there still."""
        lesson = self.lessons[lesson_id]
        teachers = {lesson.teacher_id, *self._groups[lesson.group_id]["teacher_ids"]}
        employment = self._employments.get((person_id, lesson.school_id), {})
        removed = self._persons.get(person_id, {}).get("status") == "removed"
        return person_id in teachers and employment.get("status") != "ended" and not removed
