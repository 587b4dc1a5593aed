"""The lessons of a run: what the register says of them, and what their teachers decide.

Few of them: two about now, which begin, run and end in the middle of the trouble, and two forty
days ahead, which are still to come when everything has healed. One school is in Kamchatka, and the
register writes each time in its school's own zone. All dice are of their own.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import LessonId, PersonId
from operations.errors import NoSuchLesson, NotPermitted
from projections.staff.store import StaffStore
from tests.lessons.deciding import decide, last_decision
from tests.simulation.register import CLASSES, GUARDIANS, PUPILS, TEACHERS, ZONES, Event, Register

MINUTE = timedelta(minutes=1)
LASTS = 40 * MINUTE
TAKEN_AWAY = 0.7
"""Of the changes while a lesson runs: it is cancelled or moved away under the people in it."""
GROUPS = {"k1": "c1", "k2": "c1", "k3": "c3"}
"""Subject groups and their classes; the first is of every run."""
LESSONS = {"l1": "k1", "l2": "k3", "l3": "k1", "l4": "k3"}
"""Each with the group that it begins with; who is moved to another one keeps its name."""
SOON = ("l1", "l2")
FAR = timedelta(days=40)
"""Past everything that a run waits for."""
TEACHING = (*TEACHERS, "g4")
EVERYBODY = (*PUPILS, *GUARDIANS, *TEACHERS)


@dataclass(slots=True)
class Lessons:
    """Makes the events and the decisions."""

    random: random.Random
    register: Register
    now: datetime
    names: int = 0
    _starts: dict[str, datetime] = field(default_factory=dict)
    _groups: dict[str, str] = field(default_factory=lambda: dict(LESSONS))
    _teachers: dict[str, str] = field(default_factory=dict)
    _group_teachers: dict[str, str] = field(default_factory=dict)

    def beginning(self) -> list[Event]:
        """The groups that come with the lessons, who teaches in Kamchatka, and the lessons."""
        events = [self._group("k2"), self._group("k3"), *map(self._employment, TEACHERS)]
        for lesson in LESSONS:
            self._teachers[lesson] = self.random.choice(TEACHERS)
            self._starts[lesson] = self._start(lesson)
            events.append(self._lesson(lesson))
        return [self.register.keep(event) for event in events]

    def next(self, now: datetime) -> Event:
        """One more event.

        A lesson is moved, cancelled, given by another, of another group; a group has other pupils.
        """
        self.now = now
        if self.random.random() < 0.2:
            return self.register.keep(self._group(self.random.choice(("k2", "k3"))))
        running = [each for each in SOON if self._runs(each)]
        if running and self.random.random() < TAKEN_AWAY:
            return self._taken_away(self.random.choice(running))
        lesson = self.random.choice(tuple(LESSONS))
        what = self.random.random()
        if what < 0.4 or self._starts[lesson] < now:
            self._starts[lesson] = self._start(lesson)
        elif what < 0.6:
            self._teachers[lesson] = self.random.choice(TEACHING)
        elif what < 0.75:
            self._groups[lesson] = self.random.choice(tuple(GROUPS))
        cancelled = self.random.random() < 0.2
        return self.register.keep(self._lesson(lesson, cancelled=cancelled))

    def _runs(self, lesson: str) -> bool:
        return self._starts[lesson] <= self.now < self._starts[lesson] + LASTS

    def _taken_away(self, lesson: str) -> Event:
        """Cancelled, or moved to later, while people are in its call."""
        cancelled = self.random.random() < 0.5
        if not cancelled:
            self._starts[lesson] = self.now + FAR
        return self.register.keep(self._lesson(lesson, cancelled=cancelled))

    def _start(self, lesson: str) -> datetime:
        if lesson not in SOON:
            return self.now + FAR + self.random.randrange(600) * MINUTE
        return self.now + self.random.randrange(-10, 30) * MINUTE

    def _lesson(self, lesson: str, *, cancelled: bool = False) -> Event:
        """Told of its group's school, but for a register's mistake now and then."""
        school = CLASSES[GROUPS[self._groups[lesson]]]
        if self.random.random() < 0.05:
            school = self.random.choice(tuple(ZONES))
        start = self._starts[lesson].astimezone(ZoneInfo(ZONES[school]))
        return self.register.versioned(
            "lesson.changed", lesson, lesson_id=lesson, school_id=school,
            group_id=self._groups[lesson], topic="Тема", teacher_id=self._teachers[lesson],
            starts_at=start.isoformat(), ends_at=(start + LASTS).isoformat(),
            status="cancelled" if cancelled else "planned",
        )  # fmt: skip

    def _employment(self, person: str) -> Event:
        """In Kamchatka; at home they work by the register of every run."""
        return self.register.versioned(
            "employment.changed", f"{person}:s2", person_id=person, school_id="s2",
            roles=["teacher"], status="active",
        )  # fmt: skip

    def _group(self, group: str) -> Event:
        some = self.random.sample(PUPILS, 4)
        self._group_teachers[group] = self.random.choice(TEACHERS)
        return self.register.versioned(
            "subject-group.changed", group, group_id=group, school_id=CLASSES[GROUPS[group]],
            class_id=GROUPS[group], subject="Физика", teacher_ids=[self._group_teachers[group]],
            pupils=self.random.choice(("whole-class", some)), status="active",
        )  # fmt: skip

    # --- people ----------------------------------------------------------------------------

    def first_decisions(self) -> list["Decision"]:
        """Each lesson is made by whoever gives it."""
        return [self._decision(lesson, self._giving(lesson), 1.0) for lesson in LESSONS]

    def decision(self) -> "Decision":
        """What somebody is about to decide, mostly one who gives the lesson."""
        lesson = self.random.choice(tuple(LESSONS))
        able = self._giving(lesson) if self.random.random() < 0.8 else TEACHING
        return self._decision(lesson, able, 0.6)

    def _giving(self, lesson: str) -> tuple[str, ...]:
        of_group = self._group_teachers.get(self._groups[lesson])
        return tuple(each for each in (self._teachers[lesson], of_group) if each is not None)

    def _decision(self, lesson: str, able: tuple[str, ...], share: float) -> "Decision":
        self.names += 1
        return Decision(
            lesson,
            self.random.choice(able),
            f"Урок {self.names}" if self.random.random() < share else None,
            insists=self.random.random() < 0.5,
            knows=self.random.random() < 0.9,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """«Создать», another name, or «Удалить» where there is none.

    ``knows``: the person has seen the last decision.
    """

    lesson: str
    person: str
    title: str | None
    insists: bool
    knows: bool

    async def make(self, engine: AsyncEngine) -> str:
        """By the operations, as the page does it; what came of it."""
        lesson = LessonId(self.lesson)
        who = await StaffStore(engine).person(PersonId(self.person))
        if who is None:
            return "nobody"
        seen = await last_decision(engine, lesson) if self.knows else ""
        try:
            return str(await decide(engine, who, lesson, self.title, seen, insists=self.insists))
        except (NoSuchLesson, NotPermitted) as no:
            return type(no).__name__
