"""The distance lessons of a soak: the register moves them, and their teachers decide.

A handful of the region's own lessons. Some are far ahead, some are moved to the next minute, and
one to just now for some minutes, so that calls run while processes die (``lesson_verdict`` judges
what becomes of them).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import LessonId, PersonId
from operations.errors import NoSuchLesson, NotPermitted
from operations.lesson_acts import Decided
from projections.database import transaction
from projections.errors import StoreUnavailable
from projections.staff.store import StaffStore
from tests.lessons.deciding import decide, last_decision
from tests.soak.lesson_verdict import RUNS, Said, ms
from tests.system.histories import Event, Later

LESSONS = 6
SHORTEST, LONGEST = 1.0, 3.0
"""Seconds between two decisions."""
SOON = 40.0
RUNS_LONG = timedelta(minutes=2)
DELETIONS = 0.4
"""Of the decisions: enough for calls to be made anew all the time."""

NOT_READ_YET = "refused: the register is ahead of what was read"

# What was read, where by it the teacher gives the lesson and works in its school.
_GIVES = text("""
    SELECT f.event_id, g.event_id, e.event_id
      FROM fact_lessons f
      JOIN fact_subject_groups g USING (group_id, school_id)
      JOIN fact_employments e ON (e.person_id, e.school_id) = (f.teacher_id, f.school_id)
     WHERE f.lesson_id = :lesson AND f.teacher_id = :teacher AND NOT e.ended""")


@dataclass(slots=True)
class Timetable:
    """What the register says of the lessons later; the first half of them stays far ahead."""

    later: Later
    rng: Random
    lessons: dict[str, Event]

    @classmethod
    def of(cls, events: Iterable[Event], later: Later, rng: Random) -> "Timetable":
        """The first lessons of the region."""
        told = [event for event in events if event["type"] == "sgo.lesson.changed.v1"]
        return cls(later, rng, {event["subject"]: event for event in told[:LESSONS]})

    def changes(self) -> Iterator[Event]:
        """One change after the other: moved, cancelled, another teacher, another group."""
        while True:
            number = self.rng.randrange(len(self.lessons))
            lesson = list(self.lessons)[number]
            event = self.later.changed(self.lessons[lesson], **self._change(lesson, number))
            self.lessons[lesson] = event
            yield event

    def _change(self, lesson: str, number: int) -> dict[str, object]:
        data = self.lessons[lesson]["data"]
        what = self.rng.random()
        able = self.later.teachers(data["school_id"])
        if able and (what < 0.2 or data["teacher_id"] not in able):
            return {"teacher_id": self.rng.choice(able)}
        if what < 0.3:
            return {"group_id": self.rng.choice(self._groups(data))}
        if what < 0.4:
            return {"status": "cancelled"}
        start = datetime.now(UTC) + self._ahead(number)
        end = start + (RUNS_LONG if number == len(self.lessons) - 1 else RUNS)
        return {"starts_at": start.isoformat(), "ends_at": end.isoformat(), "status": "planned"}

    def _ahead(self, number: int) -> timedelta:
        """The last begins about now, and lasts."""
        if number < len(self.lessons) / 2:
            return timedelta(days=3)
        soonest, latest = (-SOON, 5.0) if number == len(self.lessons) - 1 else (5.0, SOON)
        return timedelta(seconds=self.rng.uniform(soonest, latest))

    def _groups(self, data: Event) -> list[str]:
        """Of the same school."""
        of_school = (each["data"] for each in self.lessons.values())
        return [each["group_id"] for each in of_school if each["school_id"] == data["school_id"]]


@dataclass(slots=True)
class Teachers:
    """Make, rename and delete distance lessons now and then, by the page's own operations."""

    engine: AsyncEngine
    rng: Random
    lessons: Mapping[str, Event]
    """As they were published last."""
    counted: Counter[str] = field(default_factory=Counter)
    said: list[Said] = field(default_factory=list)
    """Decisions that may stand: an answer may have been lost."""
    taken: list[Said] = field(default_factory=list)
    """Those that were answered for."""
    faults: list[str] = field(default_factory=list)
    """Teachers who were shown no lesson though by what was read they give it."""
    _names: int = 0

    async def work(self) -> None:
        """Until cancelled; while the database is away nobody decides."""
        while True:
            await asyncio.sleep(self.rng.uniform(SHORTEST, LONGEST))
            with suppress(StoreUnavailable):
                await self.decide(self.rng.choice(list(self.lessons)))

    async def decide(self, lesson: str) -> None:
        """Its teacher decides something, which is remembered before it is asked.

        The answer may be lost, and the decision stand.
        """
        self._names += 1
        title = f"Урок {self._names}" if self.rng.random() > DELETIONS else None
        insists = title is None and self.rng.random() < 0.5
        teacher = self.lessons[lesson]["data"]["teacher_id"]
        given = await self.gives(teacher, lesson)
        who = await StaffStore(self.engine).person(PersonId(teacher))
        if who is None:
            return
        seen = await last_decision(self.engine, LessonId(lesson))
        said = Said(ms(datetime.now(UTC)), lesson, title, insists)
        self.said.append(said)
        try:
            answer = await decide(self.engine, who, LessonId(lesson), title, seen, insists=insists)
        except (NoSuchLesson, NotPermitted) as no:
            self.said.remove(said)
            if given and given == await self.gives(teacher, lesson):
                self.faults.append(f"{no!r} for {teacher}, who gives {lesson}")
            else:
                self.counted[NOT_READ_YET] += 1
            return
        if isinstance(answer, Decided):
            self.taken.append(said)
            self.counted["decided"] += 1
        else:
            self.said.remove(said)
            self.counted[answer.why.value] += 1

    async def gives(self, teacher: str, lesson: str) -> tuple[object, ...] | None:
        """By which records the teacher gives the lesson; None: by none that were read."""
        async with transaction(self.engine) as connection:
            found = await connection.execute(_GIVES, {"lesson": lesson, "teacher": teacher})
            row = found.one_or_none()
            return None if row is None else tuple(row)
