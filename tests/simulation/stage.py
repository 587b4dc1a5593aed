"""One run: the world, its processes, what goes wrong, and how it ends."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.config import IngestConfig
from loops.together import Loop
from projections.database import transaction
from projections.derive.config import DeriveConfig
from projections.errors import StoreUnavailable
from projections.facts.ingest_store import IngestStore
from projections.guard import plan_decisions
from projections.reconcile.intents import REREAD_SECONDS
from projections.reconcile.late_calls import LATER
from rollcall.supervise import supervise
from schemas.events import ORDERS_TOPIC, REGISTER_TOPIC
from tests.simulation import invariants
from tests.simulation.actors import (
    READ_AT,
    Bell,
    SimulatedDerive,
    SimulatedIngest,
    SimulatedWatcher,
)
from tests.simulation.database import Database
from tests.simulation.kafka import Kafka, Member, shares
from tests.simulation.knowledge import Knowledge
from tests.simulation.lesson_watch import LessonWatch
from tests.simulation.messenger import ASKED, Call, Max, Mishap
from tests.simulation.reconciling import Reconciling
from tests.simulation.register import Event, Register, record
from tests.simulation.scheduler import Process, Scheduler
from tests.simulation.timetable import Decision, Lessons
from tests.simulation.visitors import Visitors
from tests.simulation.webhooks import Webhooks

TOPICS = (REGISTER_TOPIC, ORDERS_TOPIC)
PARTITIONS = 2
RECHECKED_SECONDS = REREAD_SECONDS * LATER[-1]
"""A call that has its effect sooner than this after it was sent is found by a recheck."""
FOUND_SECONDS = RECHECKED_SECONDS + 3_600.0
"""And that soon after it, once nothing goes wrong: the last recheck, and an hour."""
KINDS = ("ingest", "derive", "reconcile", "watcher")
LESSONS_EVERY = 10
"""Each seed that is a multiple has lessons: a loop more takes turns, so whatever such a seed was
before, it is another run. The others are what they were."""

# An evening in November: Kamchatka's day is over, Moscow's ends at 21:00 UTC.
EVENING = datetime(2026, 11, 24, 20, 58, tzinfo=UTC)


@dataclass(slots=True)
class Stage:
    """Everything of one run."""

    seed: int
    database: Database
    scheduler: Scheduler = field(init=False)
    kafka: Kafka = field(init=False)
    max: Max = field(init=False)
    known: Knowledge = field(init=False)
    register: Register = field(init=False)
    webhooks: Webhooks = field(init=False)
    members: dict[Process, Member] = field(default_factory=dict)
    due: Bell = field(default_factory=Bell)
    stale: Bell = field(default_factory=Bell)
    chores: int = 0
    lessons: Lessons | None = None
    watch: LessonWatch | None = None
    visitors: Visitors | None = None
    awake: int = 0
    """How many reconcile processes have ever armed the catch-up, as they do when they start."""

    def open(self, earlier: float = 0.0) -> None:
        """A fresh world, and an ordinary beginning in the log; the database comes next."""
        self.database.loop.begin_anew()
        self.scheduler = Scheduler(self.database.loop, self.seed)
        chance = self.scheduler.random
        began = EVENING + timedelta(seconds=chance.randrange(-3600, 3600) - earlier)
        self.database.begin_anew(self.scheduler, began)
        self.database.observer = self._committed
        self.kafka = Kafka.made(self.scheduler, TOPICS, PARTITIONS)
        self.known = Knowledge(self.database, self.kafka)
        self.max = Max(self.scheduler, self, began)
        self.register = Register(random.Random(chance.random()), EVENING.date(), began)
        for event in self.register.beginning():
            self._to_log(record(event))
        self.known.look_at_register()
        self.known.expected.append((0, {}))
        if self.seed and self.seed % LESSONS_EVERY == 0:
            self.watch = LessonWatch(self.known, self.max)

    def add_lessons(self) -> None:
        """The register tells of the first lessons, where this seed has any."""
        if self.watch is not None:
            dice, now = random.Random(self.scheduler.random.random()), self.database.now()
            self.lessons = Lessons(dice, self.register, now)
            for event in self.lessons.beginning():
                self._to_log(record(event))
            self.known.look_at_register()

    def _to_log(self, value: bytes) -> None:
        self.kafka.publish(self.scheduler.random.choice(sorted(self.kafka.logs)), value)

    def publish(self) -> None:
        """One more record."""
        self.known.look_at_register()
        if self.scheduler.random.random() < 0.05:
            self._to_log(b'{"specversion": "1.0", "type": ')
        else:
            self._tell(self.register.next())
        self.known.look_at_register()

    def _tell(self, event: Event) -> None:
        self.scheduler.note(f"published {event['type']} {event['data']}")
        self._to_log(record(event))

    def publish_a_lesson(self) -> None:
        """One more record about a lesson, or about a group that has some."""
        if self.lessons is not None:
            self.known.look_at_register()
            self._tell(self.lessons.next(self.database.now()))
            self.known.look_at_register()

    def step_clock(self, ahead: float) -> None:
        """From now on the database's clock is so many seconds ahead."""
        self.scheduler.note(f"the database's clock is {ahead} ahead")
        self.database.shift = timedelta(seconds=ahead)
        if self.watch is not None:
            self.watch.clock_stepped_at = self.scheduler.now
        if ahead:
            for process in self.scheduler.processes:
                process.stepped_at = self.scheduler.now
        self.known.look_at_register()

    def publish_a_mass(self) -> None:
        """A class is closed, or somebody has made a great mistake."""
        self.known.look_at_register()
        for event in self.register.mass():
            self._tell(event)
        self.known.look_at_register()

    async def decide(self, *, approve: bool = True, again: bool = False) -> bool:
        """A person decides about what is held; False where there is nothing.

        ``again``: also about what was rejected.
        """
        rows = await self.database.ask(
            "SELECT hash, held_id FROM held_plans WHERE state = ANY($1::text[]) ORDER BY held_id",
            ["held", "rejected"] if again else ["held"],
        )
        if not rows:
            return False
        name, held_id = self.scheduler.random.choice(rows)
        takings = await self.database.ask(
            "SELECT chat_id, max_user_id, kind FROM held_takings WHERE held_id = $1", held_id
        )
        said = {tuple(row): await self.known.said_of(row[0], row[1]) for row in takings}

        async def decide(connection: AsyncConnection) -> None:
            if approve:
                await plan_decisions.approve(connection, name, "a person", 24.0)
                for each in said:
                    self.known.rejected.pop(each, None)
            elif isinstance(
                await plan_decisions.reject(connection, name, "a person"), plan_decisions.Decided
            ):
                self.known.rejected |= said

        await self.once("person", decide)
        return True

    # --- processes -------------------------------------------------------------------------

    async def start(self, kind: str) -> Process:
        """A new process of this kind, as wiring makes it."""
        process = self.scheduler.process(kind)
        engine = await self.database.engine(process)
        if kind == "ingest":
            config = IngestConfig(topics=TOPICS)
            ingest = SimulatedIngest(self.kafka, self.known, IngestStore(engine), config)
            self.members[process] = ingest.member
            loops: dict[str, Loop] = {kind: ingest.run}
        elif kind == "watcher":
            loops = {kind: SimulatedWatcher(self.kafka, IngestStore(engine)).run}
        elif kind == "derive":
            one_worker = DeriveConfig(workers=1, batch=40)
            loops = {kind: SimulatedDerive(engine, one_worker, self.stale).run}
        else:
            loops = Reconciling(
                engine, self.known, self.max, self.due, self._armed, self.watch
            ).loops()
        for name, loop in loops.items():
            stop = asyncio.Event()
            self.scheduler.start(process, supervise(name, loop, stop, gives_up=True))
        if kind == "ingest":
            self.rebalance()
        return process

    def _armed(self) -> None:
        self.awake += 1

    async def once(self, name: str, work: Callable[[AsyncConnection], Awaitable[object]]) -> None:
        """Somebody does one thing in a transaction of its own, again if the store is away."""

        async def act(engine: AsyncEngine) -> None:
            async with transaction(engine) as connection:
                await work(connection)

        await self._chore(name, act)

    async def make_lessons(self) -> None:
        """Each lesson is to be a distance lesson."""
        for decision in () if self.lessons is None else self.lessons.first_decisions():
            await self._decide(decision)

    async def decide_about_a_lesson(self) -> None:
        """A teacher makes, renames or deletes a distance lesson."""
        if self.lessons is not None:
            await self._decide(self.lessons.decision())

    async def _decide(self, decision: Decision) -> None:
        async def act(engine: AsyncEngine) -> None:
            came_of_it = await decision.make(engine)
            self.scheduler.note(f"{decision}: {came_of_it}")

        await self._chore("teacher", act)

    async def _chore(self, name: str, work: Callable[[AsyncEngine], Awaitable[object]]) -> None:
        process = self.scheduler.process(name)
        engine = await self.database.engine(process)
        self.chores += 1

        async def act() -> None:
            while True:
                try:
                    await work(engine)
                except StoreUnavailable:
                    await asyncio.sleep(1.0)
                else:
                    break
            self.chores -= 1

        self.scheduler.start(process, act())

    async def listen(self) -> None:
        """From now on the messenger's updates reach us, as far as they do."""
        self.webhooks = Webhooks(self.scheduler, self.max.config, self.max.world)
        process = self.scheduler.process("webhook")
        engine = await self.database.engine(process)
        self.scheduler.start(process, self.webhooks.run(engine))
        if self.watch is not None:
            visitor = self.scheduler.process("visitor")
            self.visitors = Visitors(self.watch, await self.database.engine(visitor))

    async def kill(self, process: Process) -> None:
        """As if its machine had gone."""
        self.scheduler.note(f"{process.name} is killed")
        self.max.orphan(process)
        self.scheduler.kill(process)
        self.members.pop(process, None)
        await self.database.release(process)

    def rebalance(self) -> None:
        """Whoever answers gets a share; who stands still is not told."""
        awake = [each for each in self.members if each.frozen_until is None]
        if awake:
            shares(self.kafka, [self.members[each] for each in awake])

    # --- what is looked at -----------------------------------------------------------------

    async def _committed(self, process: Process, hints: frozenset[str]) -> None:
        """A process has committed; hints may be lost."""
        if "stale" in hints and self.scheduler.random.random() < 0.7:
            self.stale.ring()
        if "due" in hints and self.scheduler.random.random() < 0.7:
            self.due.ring()
        if hints & {"offsets", "facts"} and process.kind in {"ingest", "operator"}:
            await invariants.offsets_and_facts_agree(self.known)
        if hints & {"expected", "facts"}:
            await self.known.look_at_expected()

    async def sent(self, call: Call) -> None:
        """A changing call has passed its deadline."""
        known = self.known
        await invariants.no_call_without_a_committed_intent(known, call)
        await invariants.only_the_holder_calls(known, call)
        invariants.one_call_in_flight(known, self.max, call)
        invariants.read_before_the_next_change(known, call)
        invariants.nobody_added_without_a_reason(known, call)
        invariants.nobody_removed_who_belongs(known, call)
        for chat in self.max.world.chats:
            name = chat.external_id.rsplit("#", 1)[0]
            known.largest[name] = max(known.largest.get(name, 0), len(chat))
        await invariants.nobody_removed_past_the_guard(known, call)
        await invariants.a_no_stays_a_no(known, call)
        invariants.nothing_given_in_a_closed_chat(known, call)
        invariants.administrators_first(known, self.max, call)

    def ended(self, call: Call, mishap: Mishap) -> None:
        """A call has ended; its outcome may not be known."""
        invariants.no_second_chat(self.known, self.max)
        if call.asked is None:
            return
        chat_id = call.asked.lease.chat_id
        if call.kind == "create" and mishap is Mishap.NONE:
            # By its external_id a repeated create tells what became of the first.
            doubts = self.known.doubts.get(chat_id, set())
            doubts -= {doubt for doubt in doubts if doubt.kind == "create"}
        if invariants.is_zombie(call):
            self.known.disturbed[chat_id] = self.scheduler.steps
        elif mishap in {Mishap.NO_EFFECT, Mishap.LOST_ANSWER, Mishap.LATE}:
            self.known.doubts.setdefault(chat_id, set()).add(call)
            if call.kind in {"add", "create"}:
                self.known.struck |= {(chat_id, user) for user in call.user_ids}

    def took(self, call: Call) -> None:
        """It has taken somebody's place or rights."""
        self.known.was_removed(call)

    def refused(self, users: Iterable[int]) -> None:
        """The messenger would not add these."""
        asked = ASKED.get()
        if asked is not None:
            self.known.refused |= {(asked.lease.chat_id, user) for user in users}

    def orphaned(self, call: Call, *, arrives: bool) -> None:
        """Nobody will know what became of it."""
        del arrives
        if call.asked is not None:
            self.known.doubts.setdefault(call.asked.lease.chat_id, set()).add(call)

    def came_late(self, call: Call) -> None:
        """It had its effect behind everybody's back."""
        if call.asked is not None:
            chat_id = call.asked.lease.chat_id
            self.known.disturbed[chat_id] = self.scheduler.steps
            # A create is repeated, so one that comes late finds the chat.
            if call.kind != "create" and self.scheduler.now < call.sent_at + RECHECKED_SECONDS:
                self.known.late[chat_id] = self.scheduler.now + FOUND_SECONDS
            if call.kind == "remove":
                self.known.left[chat_id, call.user_ids[0]] += 1

    def read_began(self) -> None:
        """In this task."""
        READ_AT.set(self.scheduler.steps)


__all__ = ["KINDS", "Stage"]
