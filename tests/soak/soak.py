"""One soak from the first event to the verdict.

Changes are published, workers die and servers go away until all that the plan asks for has
happened; then everything is healed, three ordinary workers finish what is left, and the
verifier looks. The same seed chooses the same events, labels and outages; when each of them
strikes is up to the machine.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random

from consumers.errors import ConsumersError
from rollcall.publish import PublishError, local_today
from simulator.config import SimulatorConfig
from tests.soak import lesson_verdict
from tests.soak.crash_points import POINTS
from tests.soak.crew import Crew
from tests.soak.ledger import Ledger
from tests.soak.lesson_verdict import CallWatch, Words
from tests.soak.lessons import Teachers, Timetable
from tests.soak.outages import Outage, Outages
from tests.soak.person import Person
from tests.soak.removals import Judge, Watch, given_up, schools_of
from tests.soak.report import Evidence, Plan
from tests.soak.stage import Stage, stage
from tests.soak.verdict import judge
from tests.system.histories import Event, Later, region
from tests.system.processes import NotInTime, Program
from tests.system.stack import Stack

AT_ONCE = 10
EACH_LESSON = 8
"""After so many changes one is about a lesson."""
LONGEST_PAUSE = 2.5
"""Seconds between portions of changes: some four changes a second in all."""
SETTLE_SECONDS = 420.0
TICK = 0.05
TELL_SECONDS = 10.0


async def soak(plan: Plan, folder: Path) -> Evidence:
    """Do all of it on servers of its own, with its data in ``folder``."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    began = time.monotonic()
    async with stage(folder) as made:
        run = _Run.on(made, plan)
        await run.ledger.open(made.postgres.uri)
        made.school.simulator.world.observe(run.watch)
        made.school.simulator.world.observe(run.calls)
        await run.trouble()
        last = await run.heal()
        return await run.conclude(last, began)


@dataclass(slots=True)
class _Run:
    stage: Stage
    plan: Plan
    crew: Crew
    ledger: Ledger
    outages: Outages
    person: Person
    watch: Watch
    calls: CallWatch
    teachers: Teachers
    events: Iterator[Event]
    rng: Random
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[str] = field(default_factory=list)
    tell_at: float = 0.0

    @classmethod
    def on(cls, made: Stage, plan: Plan) -> "_Run":
        today = local_today()
        first = region(plan.pupils, plan.seed % 1000, today)
        later = Later(first, Random(plan.seed), today)
        programs = made.school.programs
        timetable = Timetable.of(first, later, Random(plan.seed + 5))
        calls = CallWatch(frozenset(timetable.lessons))
        crew = Crew(programs.environment, programs.folder, Random(plan.seed + 1), calls.killed)
        ledger = Ledger()
        outages = Outages(made, crew, ledger, Random(plan.seed + 2))
        person = Person(made.school.engine, Random(plan.seed + 4))
        watch = Watch(SimulatorConfig().bot_id)
        teachers = Teachers(made.school.engine, Random(plan.seed + 6), timetable.lessons)
        events = _chained(first, later, timetable)
        rng = Random(plan.seed + 3)
        return cls(made, plan, crew, ledger, outages, person, watch, calls, teachers, events, rng)

    @property
    def school(self) -> Stack:
        return self.stage.school

    async def trouble(self) -> None:
        """Everything that the plan asks for, while changes are being published."""
        await self.school.fault(
            method="*", path="*", kind="slow_after_effect", seconds=0.3, probability=0.2
        )
        publishing = asyncio.create_task(self._publish())
        beside = [
            asyncio.create_task(self.person.work()),
            asyncio.create_task(self.teachers.work()),
            asyncio.create_task(self.outages.faults(self.stage.to_messenger, 2.0, 9.0)),
            asyncio.create_task(self.outages.faults(self.stage.to_kafka, 15.0, 60.0)),
            asyncio.create_task(self.outages.faults(self.stage.to_postgres, 15.0, 60.0)),
        ]
        try:
            await self._strike()
        finally:
            for each in beside:
                each.cancel()
            for end in await asyncio.gather(*beside, return_exceptions=True):
                if not isinstance(end, asyncio.CancelledError):
                    self.faults.append(f"people or the proxies' faults ended: {end!r}")
            self.stop.set()
            await self.crew.strike_all()
            await publishing
            await self.school.no_faults()

    async def _strike(self) -> None:
        """Kills as they come; outages one at a time, spread evenly over the kills."""
        schedule = self.outages.schedule(self.plan.broker, self.plan.database, self.plan.restores)
        ahead = len(schedule)
        step = self.plan.kills / (ahead + 1)
        under_way: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(60 * self.plan.minutes):
                while self._wanting() or schedule or under_way is not None:
                    await self.crew.turn()
                    if under_way is not None and under_way.done():
                        await under_way
                        under_way = None
                    due = self.crew.kills >= step * (ahead - len(schedule) + 1)
                    if under_way is None and schedule and due:
                        under_way = await self._begin(schedule.pop(0))
                    self._tell(len(schedule))
                    await asyncio.sleep(TICK)
        except TimeoutError:
            self.faults.append(f"not done in {self.plan.minutes} minutes")
        finally:
            if under_way is not None:
                await under_way

    async def _begin(self, outage: Outage) -> asyncio.Task[None] | None:
        """Outages go on beside the kills; a restore kills everybody itself, so it comes alone."""
        if outage == self.outages.restore:
            await outage()
            return None
        return asyncio.create_task(outage())

    def _wanting(self) -> bool:
        enough = self.crew.kills >= self.plan.kills
        reach = self.plan.kills >= len(POINTS)  # else there are fewer kills than labels
        return not enough or (reach and len(self.crew.at_label) < len(POINTS))

    def _tell(self, left: int) -> None:
        """How far it is, every ten seconds."""
        if time.monotonic() < self.tell_at:
            return
        self.tell_at = time.monotonic() + TELL_SECONDS
        crew = self.crew
        sys.stderr.write(
            f"soak: {crew.kills} kills at labels, {crew.elsewhere} elsewhere, {left} outages to "
            f"come, {len(self.school.published)} events\n"
        )

    async def _publish(self) -> None:
        first = True
        while not self.stop.is_set():
            portion = list(islice(self.events, 2000 if first else self.rng.randint(1, AT_ONCE)))
            first = False
            await publish(self.school, portion)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), self.rng.uniform(0.3, LONGEST_PAUSE))

    async def heal(self) -> list[Program]:
        """Three ordinary workers, until nothing is on its way and nothing waits for a person."""
        sys.stderr.write("soak: healed, settling\n")
        running = [await self.school.run() for _ in range(3)]
        try:
            await self.school.acting()
            await self.school.settled(SETTLE_SECONDS)
            await asyncio.sleep(8)  # reads that are due again after a holder's death
            await self.school.settled(SETTLE_SECONDS)
            while await self.person.approve_all():
                await self.school.settled(SETTLE_SECONDS)
            await self.school.until(
                "SELECT count(*) = 0 FROM outbox WHERE published_at IS NULL", "outbox is not empty"
            )
            await self.school.until(
                "SELECT count(*) = 0 FROM dashboard.lessons WHERE state = 'pending'",
                "lessons' calls are not as they should be",
            )
        except NotInTime as late:
            self.faults.append(str(late)[:2000])
        return running

    async def _of_lessons(self) -> list[str]:
        words = Words(self.teachers.said, self.teachers.taken, self.outages.restored)
        engine, published = self.school.engine, self.school.published
        chats = await self.school.chats()
        odd = await lesson_verdict.judge(engine, published, chats, self.calls, words)
        return [*self.teachers.faults, *odd]

    async def conclude(self, running: list[Program], began: float) -> Evidence:
        """All figures, with the verdict."""
        await self.ledger.take_out(self.stage.postgres.uri)
        verdict = await judge(self.school)
        self.faults += await self._of_lessons()
        stats = await self.school.stats()
        for program in running:
            if code := await program.terminate():
                self.faults.append(f"one of the last workers ended with {code}")
        self.faults += self.school.programs.tracebacks()
        published = self.school.published
        judged = Judge(self.watch.largest, schools_of(published), given_up(published))
        unapproved = list(
            judged.violations(self.watch.removals, self.person.approvals, self.outages.restored)
        )
        return Evidence(
            crew=self.crew,
            ledger=self.ledger,
            outages=self.outages,
            person=self.person,
            judged=judged,
            verdict=verdict,
            lessons={**self.teachers.counted, **self.calls.counted},
            stats=stats,
            events=len(self.school.published),
            seconds=time.monotonic() - began,
            last_words=self.faults + unapproved,
        )


async def publish(school: Stack, portion: list[Event]) -> None:
    """Publish until Kafka has them; what it had already it gets twice, as from a register."""
    while True:
        try:
            await school.publish(portion)
        except (PublishError, ConsumersError):
            await asyncio.sleep(0.5)
        else:
            return


def _chained(first: list[Event], later: Later, timetable: Timetable) -> Iterator[Event]:
    yield from first
    lessons = timetable.changes()
    for number, event in enumerate(later.changes(10**9)):
        yield event
        if number % EACH_LESSON == 0:
            yield next(lessons)
