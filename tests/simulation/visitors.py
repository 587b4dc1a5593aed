"""Who opens lessons, at moments that the seed chooses: whoever it is, and whatever goes on.

Each asks by the operation behind the page, between two steps of the others, so what may be
answered is judged exactly: by what the register had said of all that was read, and by the clock.
Where marks wait to be derived, who is of a group may be told late, and only the rest is judged.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.ids import LessonId, PersonId
from operations import lesson_opening
from operations.errors import NoSuchLesson
from operations.lesson_opening import WayIn
from projections.errors import StoreUnavailable
from projections.staff.store import StaffStore
from tests.oracle.lessons import Timetable
from tests.simulation.lesson_watch import LessonWatch
from tests.simulation.timetable import EVERYBODY, FAR, LESSONS

AT_THE_EDGES = 0.6
"""The share of visits at one of the instants at which the answer changes."""
FARTHEST = timedelta(hours=2)
EDGE = timedelta(seconds=20)


@dataclass(slots=True)
class Visitors:
    """Everybody who has a diary."""

    watch: LessonWatch
    engine: AsyncEngine
    let_in: int = 0
    """How often somebody was handed the link."""

    async def visit(self) -> None:
        """Somebody opens a lesson."""
        known = self.watch.known
        chance = known.database.scheduler.random
        to_come = [each for each in LESSONS if self.watch.of(each) and self._edges(each)]
        lesson = chance.choice(to_come or tuple(LESSONS))
        if to_come and chance.random() < AT_THE_EDGES:
            self._advance(chance.choice(self._edges(lesson)))
        for person in (chance.choice(EVERYBODY), chance.choice(self._group(lesson) or EVERYBODY)):
            await self._open(lesson, person)

    async def visit_what_is_to_come(self) -> None:
        """Once nothing goes wrong any more, each lesson just before and while it runs."""
        visits = [(at, lesson) for lesson in LESSONS for at in self._edges(lesson, 2 * FAR)[:2]]
        gone = 0.0
        for at, lesson in sorted(visits):
            self._advance(at - gone)
            gone = at
            for person in self._group(lesson)[:2]:
                await self._open(lesson, person)

    def _advance(self, seconds: float) -> None:
        self.watch.known.database.scheduler.loop.advance(seconds)
        self.watch.known.look_at_register()

    def _group(self, lesson: str) -> list[str]:
        """Who is of the lesson's group."""
        timetable = self._timetable()
        return [each for each in EVERYBODY if timetable.learns(lesson, each)]

    def _edges(self, lesson: str, farthest: timedelta = FARTHEST) -> list[float]:
        """Seconds until shortly before and after it begins and ends, as the register has it."""
        timetable = self._timetable()
        there = timetable.lessons.get(lesson)
        edges = [] if there is None else [there.starts_at, there.ends_at]
        return [
            (moment - timetable.now).total_seconds()
            for edge in edges
            for moment in (edge - EDGE, edge + EDGE)
            if timetable.now < moment < timetable.now + farthest
        ]

    def _timetable(self) -> Timetable:
        known = self.watch.known
        return Timetable(known.events_read(), known.database.now())

    async def _open(self, lesson: str, person: str) -> None:
        store = StaffStore(self.engine)
        try:
            who = await store.person(PersonId(person))
            if who is None:
                link = None
            else:
                opened = await lesson_opening.opening(store, who, LessonId(lesson))
                link = opened.step.link if isinstance(opened.step, WayIn) else None
        except NoSuchLesson:
            link = None
        except StoreUnavailable:
            return
        self.watch.known.database.scheduler.note(f"{person} opens {lesson}: {link}")
        await self._judge(lesson, person, link)

    async def _judge(self, lesson: str, person: str, link: str | None) -> None:
        """The link only to who may enter now; and to a pupil who may, where the call is there."""
        known, timetable = self.watch.known, self._timetable()
        title = (await self.watch.decided()).get(lesson)
        derived = await self._is_derived()
        is_open = timetable.is_open(lesson, title)
        learns = is_open and timetable.learns(lesson, person)
        if link is not None:
            self.let_in += 1
            if not is_open:
                known.broken("a lesson opens at its time", f"{lesson} at {known.database.now()}")
            elif derived and not learns and not timetable.teaches(lesson, person):
                known.broken("the link is for who may enter now", f"{lesson}: {person}")
        elif learns and derived and await self._is_made(lesson):
            known.broken("who may enter is let in", f"{lesson}: {person}")

    async def _is_derived(self) -> bool:
        """Whether expected members follow from what was read, at today's date and no other."""
        known = self.watch.known
        if known.database.furthest > known.database.now() + timedelta(minutes=1):
            return False
        rows = await known.database.ask(
            "SELECT NOT EXISTS (SELECT FROM stale_entities) AND NOT EXISTS"
            " (SELECT FROM chats WHERE next_change_at <= clock_now())"
        )
        return bool(rows[0][0])

    async def _is_made(self, lesson: str) -> bool:
        rows = await self.watch.known.database.ask(
            "SELECT standing = 'made' FROM lesson_calls WHERE lesson_id = $1", lesson
        )
        return bool(rows and rows[0][0])
