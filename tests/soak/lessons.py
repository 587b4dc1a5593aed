"""The distance lessons of a soak: the register moves them, teachers decide, and a judge looks.

A handful of the region's own lessons. Some are far ahead, and some are moved to the next minute, so
that they run while processes die. Whatever the messenger did to a lesson's call is written down as
it happens; people's decisions are remembered outside the database, which a restore sets back.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import LessonId, PersonId
from operations import lesson_acts
from operations.errors import NoSuchLesson, NotPermitted
from operations.lesson_acts import Decided
from projections.database import transaction
from projections.errors import StoreUnavailable
from projections.staff.store import StaffStore
from simulator.changes import Change, MeetingDeleted, MeetingSet
from tests.oracle import lessons as oracle
from tests.oracle.naive import instant
from tests.soak.removals import Restored
from tests.system.histories import Event, Later

LESSONS = 6
SHORTEST, LONGEST = 1.0, 3.0
"""Seconds between two decisions."""
SOON = 40.0
RUNS = timedelta(seconds=30)
INSISTING_SECONDS = 600.0
"""So long a person's word that a running call goes may have waited for its turn."""

_SEEN = text("SELECT decision_id FROM lesson_wishes WHERE lesson_id = :lesson")
_LATEST = text("""
    SELECT DISTINCT ON (lesson_id) lesson_id, choice FROM decisions
     WHERE lesson_id IS NOT NULL ORDER BY lesson_id, at DESC, decision_id COLLATE "C" DESC""")
_TITLES = text("SELECT lesson_id, choice FROM decisions WHERE lesson_id IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Said:
    """A decision; ``at`` in milliseconds since 1970."""

    at: int
    lesson: str
    title: str | None
    insists: bool


@dataclass(slots=True)
class CallWatch:
    """Sees every call of a lesson in the messenger; ``said`` is what people have decided."""

    said: list[Said] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _calls: dict[str, MeetingSet] = field(default_factory=dict)

    def __call__(self, change: Change) -> None:
        """The simulator tells of a change."""
        match change:
            case MeetingSet(call_id=number):
                before = self._calls.get(number)
                self.counted["made" if before is None else "changed"] += 1
                self._look(before, change)
                self._calls[number] = change
                self._look_for_a_second(change)
            case MeetingDeleted(call_id=number):
                self.counted["deleted"] += 1
                self._look(self._calls.pop(number, None), None)
            case _:
                pass

    def _look_for_a_second(self, new: MeetingSet) -> None:
        lesson = lesson_of(new)
        if sum(lesson_of(each) == lesson for each in self._calls.values()) > 1:
            self.faults.append(f"{lesson} has a second call")

    def _look(self, before: MeetingSet | None, after: MeetingSet | None) -> None:
        """Nobody's call goes while it runs, unless a person has said so."""
        now = datetime.now(UTC)
        if before is None or not _runs(before, now) or (after is not None and _runs(after, now)):
            return
        lesson, earliest = lesson_of(before), _ms(now) - int(1000 * INSISTING_SECONDS)
        of_lesson = [each for each in self.said if each.lesson == lesson and each.at >= earliest]
        if any(each.insists for each in of_lesson):
            self.counted["ended by a person's word"] += 1
        else:
            self.faults.append(f"{lesson}: its call went while it ran, at {now}")

    @property
    def calls(self) -> list[MeetingSet]:
        """All that are there."""
        return list(self._calls.values())


def lesson_of(call: MeetingSet) -> str:
    """Whose call it is."""
    return call.external_id.removeprefix("lesson:").partition("#")[0]


def _runs(call: MeetingSet, now: datetime) -> bool:
    return instant(call.starts_at) <= now < instant(call.ends_at)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


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
        if what < 0.2:
            others = [each["data"]["teacher_id"] for each in self.lessons.values()]
            return {"teacher_id": self.rng.choice(others)}
        if what < 0.3:
            return {"group_id": self.rng.choice(self._groups(data))}
        if what < 0.4:
            return {"status": "cancelled"}
        far = number < len(self.lessons) / 2
        ahead = timedelta(days=3) if far else timedelta(seconds=self.rng.uniform(5.0, SOON))
        start = datetime.now(UTC) + ahead
        times = {"starts_at": start.isoformat(), "ends_at": (start + RUNS).isoformat()}
        return {**times, "status": "planned"}

    def _groups(self, data: Event) -> list[str]:
        """Of the same school."""
        of_school = (each["data"] for each in self.lessons.values())
        return [each["group_id"] for each in of_school if each["school_id"] == data["school_id"]]


@dataclass(slots=True)
class Teachers:
    """Make, rename and delete distance lessons now and then, by the page's own operations."""

    engine: AsyncEngine
    rng: Random
    timetable: Timetable
    watch: CallWatch
    counted: Counter[str] = field(default_factory=Counter)
    made: list[Said] = field(default_factory=list)
    """Those decisions that were answered for."""
    _names: int = 0

    async def work(self) -> None:
        """Until cancelled; while the database is away nobody decides."""
        while True:
            await asyncio.sleep(self.rng.uniform(SHORTEST, LONGEST))
            with suppress(StoreUnavailable):
                await self._decide(self.rng.choice(list(self.timetable.lessons)))

    async def _decide(self, lesson: str) -> None:
        """Remembered before it is asked: an answer may be lost, and the decision stand."""
        self._names += 1
        title = f"Урок {self._names}" if self.rng.random() < 0.8 else None
        insists = title is None and self.rng.random() < 0.5
        store = StaffStore(self.engine)
        teacher = self.timetable.lessons[lesson]["data"]["teacher_id"]
        who = await store.person(PersonId(teacher))
        if who is None:
            return
        async with transaction(self.engine) as connection:
            seen = (await connection.execute(_SEEN, {"lesson": lesson})).scalar_one_or_none() or ""
        said = Said(_ms(datetime.now(UTC)), lesson, title, insists)
        self.watch.said.append(said)
        try:
            if title is not None:
                answer = await lesson_acts.plan(store, who, LessonId(lesson), title, seen)
            else:
                answer = await lesson_acts.delete(
                    store, who, LessonId(lesson), seen, insists=insists
                )
        except (NoSuchLesson, NotPermitted) as no:
            self.counted[type(no).__name__] += 1
        else:
            if isinstance(answer, Decided):
                self.made.append(said)
            self.counted["decided" if isinstance(answer, Decided) else answer.why.value] += 1


async def differences(
    engine: AsyncEngine,
    published: list[Event],
    chats: Iterable[Mapping[str, Any]],
    calls: Iterable[MeetingSet],
) -> list[str]:
    """Where calls that are to come are not as the register and people have them.

    One that runs, or begins or ends just now, is left out: people are in it.
    """
    now = datetime.now(UTC)
    async with transaction(engine) as connection:
        decided = {row.lesson_id: row.choice or None for row in await connection.execute(_LATEST)}
    timetable = oracle.Timetable(published, now)
    ids = {str(chat["external_id"]).rpartition("#")[0]: chat["chat_id"] for chat in chats}
    there: dict[str, set[tuple[int, str, datetime, datetime]]] = {}
    for each in calls:
        found = (each.chat_id, each.title, instant(each.starts_at), instant(each.ends_at))
        there.setdefault(lesson_of(each), set()).add(found)
    odd = []
    for lesson, title in decided.items():
        wanted = timetable.call(lesson, title)
        should = set()
        if wanted is not None and wanted.chat_id in ids:
            should.add((ids[wanted.chat_id], wanted.title, wanted.starts_at, wanted.ends_at))
        is_there = there.get(lesson, set())
        times = [(start, end) for *_, start, end in should | is_there]
        if not any(start - RUNS <= now <= end + RUNS for start, end in times):
            is_there = {each for each in is_there if each[-1] > now}
            if is_there != should:
                odd.append(f"lesson {lesson}: {sorted(is_there)} for {sorted(should)}")
    return odd


async def forgotten(
    engine: AsyncEngine, made: Iterable[Said], restores: Iterable[Restored]
) -> list[str]:
    """Decisions that are in no journal, though no restore can have taken them back."""
    async with transaction(engine) as connection:
        kept = {(row.lesson_id, row.choice) for row in await connection.execute(_TITLES)}
    spans = [(each.copied_at, each.at) for each in restores]
    return [
        f"the decision {each.title} about {each.lesson} is forgotten"
        for each in made
        if each.title is not None
        and (each.lesson, each.title) not in kept
        and not any(copied <= each.at <= at for copied, at in spans)
    ]
