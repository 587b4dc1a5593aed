"""A seed from beginning to end: trouble, healing, and the messenger as the register says."""

import gc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from projections.errors import StoreUnavailable
from tests.simulation import invariants
from tests.simulation.beginning import Beginning, Recorder
from tests.simulation.database import Database
from tests.simulation.faults import KINDS, Faults
from tests.simulation.knowledge import Violation, closed_chats, wanted
from tests.simulation.lesson_watch import SETTLED
from tests.simulation.reconciling import SWEEP_SECONDS
from tests.simulation.stage import FOUND_SECONDS, Stage

STEPS_OF_TROUBLE = 450
STEPS_OF_WAKING = 600
STEPS_OF_PEACE = 600
"""Of each process that is alive: what does nothing but look takes steps too."""
SHARE_AT_WORK = 0.7
"""Runs that begin with a school at work."""
SHARE_AWAKE = 0.85
"""Runs whose trouble begins when chats may be changed: before that there is little to spoil."""
SHARE_WATCHED = 0.2
"""Runs that are looked at for one more period of the sweep, though all is as it should be."""
BOUND_SECONDS = 2 * SWEEP_SECONDS
"""Within which, once nothing goes wrong any more, the messenger is as the register says: at the
latest the sweep reads each chat within its period, and who left is put back a day later."""
LONGEST_LEAP = 90_000.0
BEFORE_SECONDS = 10_800.0
"""How long before a run the school has begun to work; it is at work before any run begins."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a seed."""

    seed: int
    steps: int
    digest: str
    violations: tuple[Violation, ...]
    trace: tuple[str, ...]
    lesson_calls: int = 0
    """Calls about lessons that were sent."""
    let_in: int = 0
    """How often somebody was let into one."""


class Run:
    """One seed on one database."""

    def __init__(self, database: Database, seed: int, beginning: Beginning | None = None) -> None:
        self._database = database
        self._stage = Stage(seed, database)
        self._beginning = beginning

    async def result(self) -> Result:
        """Run it."""
        stage = self._stage
        # What the collector would close, it would close at no particular step.
        gc.disable()
        stage.open()
        if self._beginning is not None and stage.scheduler.random.random() < SHARE_AT_WORK:
            await self._beginning.restore(stage)
        else:
            await self._database.empty()
        stage.add_lessons()
        try:
            await stage.listen()
            for kind in (*KINDS, stage.scheduler.random.choice(KINDS[:3])):
                await stage.start(kind)
            if stage.scheduler.random.random() < SHARE_AWAKE:
                await self._until(self._may_act)
            await self._begin_lessons()
            faults = Faults(stage)
            trouble = stage.scheduler.steps + STEPS_OF_TROUBLE
            while stage.scheduler.steps < trouble and not self._over():
                await self._database.settle()
                await faults.strike()
                if not await self._step():
                    await faults.nobody_acts()
                    await self._pass_time(peace=False)
            await faults.heal()
            await self._converge("after the faults")
            chance = stage.scheduler.random.random()
            if chance < SHARE_WATCHED:
                await self._converge("and it stays so", SWEEP_SECONDS)
            if stage.visitors is not None and not self._over():
                await stage.visitors.visit_what_is_to_come()
        finally:
            await self._end()
        return self._as_it_stands()

    def trace(self) -> Sequence[str]:
        """What has happened so far."""
        return self._database.scheduler.trace

    def hung(self, seconds: float) -> Result:
        """What came of a seed that has not ended after so many real seconds."""
        scheduler = self._database.scheduler
        endless = Violation("every run ends", scheduler.steps, f"not within {seconds:.0f} s")
        return Result(self._stage.seed, scheduler.steps, "", (endless,), tuple(scheduler.trace))

    def _as_it_stands(self) -> Result:
        stage, scheduler = self._stage, self._stage.scheduler
        return Result(
            stage.seed, scheduler.steps, scheduler.digest(),
            tuple(stage.known.violations), tuple(scheduler.trace),
            0 if stage.watch is None else sum(map(len, stage.watch.calls.values())),
            0 if stage.visitors is None else stage.visitors.let_in,
        )  # fmt: skip

    async def beginning(self) -> Beginning:
        """Without any trouble: the school at work, for other runs to begin with."""
        stage = self._stage
        gc.disable()
        stage.open(BEFORE_SECONDS)
        await self._database.empty()
        recorder = Recorder(stage)
        try:
            await stage.listen()
            for kind in KINDS:
                await stage.start(kind)
            await self._converge("in the beginning", peace=False)
            assert stage.scheduler.now < BEFORE_SECONDS - 7200.0
            assert not stage.known.violations, stage.known.violations
            return await recorder.beginning()
        finally:
            await self._end()

    async def _until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Without any trouble, for some steps at most."""
        scheduler = self._stage.scheduler
        last = scheduler.steps + STEPS_OF_WAKING
        while scheduler.steps < last:
            # Only then has what was granted last been done, and the answer is always the same.
            await self._database.settle()
            if await true():
                return
            if not await self._step():
                await self._pass_time(peace=False)

    async def _begin_lessons(self) -> None:
        """Where the seed has lessons, each is made, and mostly has its call."""
        stage = self._stage
        if stage.watch is not None:
            waits = stage.scheduler.random.random() < SHARE_AWAKE
            if waits:
                await self._until(self._settled)
            await stage.make_lessons()
            if waits:
                await self._until(self._settled)

    async def _may_act(self) -> bool:
        rows = await self._database.ask("SELECT armed_at IS NULL FROM catch_up")
        workers = [each for each in self._stage.scheduler.processes if each.kind == "reconcile"]
        return self._stage.awake == len(workers) and bool(rows[0][0])

    def _over(self) -> bool:
        return bool(self._stage.known.violations)

    async def _step(self) -> bool:
        """One step; False where only time could bring one."""
        stage, scheduler = self._stage, self._stage.scheduler
        await self._database.settle()
        scheduler.thaw()
        await stage.max.late_arrivals()
        self._look_at_failures()
        ready = scheduler.ready(await self._database.blocking())
        if ready:
            scheduler.grant(scheduler.random.choice(ready))
            if scheduler.random.random() < 0.1:
                scheduler.loop.advance(scheduler.random.choice((0.001, 0.01, 0.05)))
            return True
        if self._database.anybody_stands() and scheduler.loop.next_timer() is None:
            await self._database.let_them_fight()
            return True
        return False

    def _look_at_failures(self) -> None:
        for process, error in self._stage.scheduler.failures:
            if not isinstance(error, StoreUnavailable):
                self._stage.known.broken("no loop dies of a bug", f"{process.name}: {error!r}")
        self._stage.scheduler.failures.clear()

    async def _pass_time(self, *, peace: bool) -> None:
        """To the next timer, and at times far past many of them."""
        scheduler = self._stage.scheduler
        timer = scheduler.loop.next_timer() or 0.001
        leap = timer
        if peace:
            leap = max(timer, await self._next_date())
        elif scheduler.random.random() < 0.3:
            leap = timer + scheduler.random.choice((1.0, 4.0, 20.0))
        for at, _ in self._stage.max.late:
            leap = min(leap, max(at - scheduler.now, 0.001))
        scheduler.loop.advance(leap)
        self._stage.known.look_at_register()

    async def _next_date(self) -> float:
        """Seconds until something is due by its date."""
        rows = await self._database.ask(
            "SELECT extract(epoch FROM min(at) - clock_now())::float8 FROM ("
            " SELECT greatest(due_at, lease_until) AS at FROM chat_sync"
            " UNION ALL SELECT recheck_at FROM chat_sync"
            " UNION ALL SELECT next_change_at FROM chats"
            " UNION ALL SELECT greatest(due_at, lease_until) FROM lesson_calls"
            " UNION ALL SELECT coalesce(claimed_until, clock_now()) FROM stale_entities) d"
        )
        seconds = rows[0][0]
        return LONGEST_LEAP if seconds is None else min(max(seconds, 0.0), LONGEST_LEAP)

    async def _converge(self, when: str, at_least: float = 0.0, *, peace: bool = True) -> None:
        """Until the messenger is as the register says, by itself, and for ``at_least`` so long."""
        scheduler = self._stage.scheduler
        began, alive = scheduler.now, len(scheduler.living())
        limit = scheduler.steps + STEPS_OF_PEACE * alive
        while not self._over():
            if await self._step():
                continue
            self._look_at_late_effects(began)
            settled = await self._settled()
            difference = [*self._difference(), *self._unread(), *await self._lessons_differ()]
            if settled and difference and await self._decided():
                continue
            if settled and not difference and scheduler.now >= began + at_least:
                await self._look_at_what_is_known()
                return
            if scheduler.now > began + BOUND_SECONDS or scheduler.steps > limit:
                odd = difference or ["it never comes to rest"]
                self._stage.known.broken(f"converged {when}", "; ".join(odd[:4]))
            await self._pass_time(peace=peace)

    def _look_at_late_effects(self, began: float) -> None:
        """What came late is found by a recheck: the sweep's period is not waited for."""
        known, now = self._stage.known, self._stage.scheduler.now
        for name, until in known.late.items():
            if now > max(until, began + FOUND_SECONDS):
                known.broken("a late effect is found soon", f"{name}: not within {until}")

    def _unread(self) -> list[str]:
        """Chats that were changed by other hands than ours, and not read since."""
        return [
            f"{name}: nobody has read it since step {self._stage.known.disturbed[name]}"
            for chat in self._stage.max.world.chats
            if (name := chat.external_id.rsplit("#", 1)[0]) in self._stage.known.disturbed
        ]

    async def _look_at_what_is_known(self) -> None:
        """At the end nothing that we hold for known is out of date."""
        rows = await self._database.ask(
            "SELECT chat_id FROM chat_sync WHERE max_chat_id IS NOT NULL ORDER BY 1"
        )
        for row in rows:
            await invariants.known_is_true(self._stage.known, self._stage.max, row[0])

    async def _settled(self) -> bool:
        """Nothing unread, stale, due or under way."""
        if self._stage.max.late or self._stage.webhooks.on_its_way or self._stage.chores:
            return False
        rows = await self._database.ask(
            "SELECT NOT EXISTS (SELECT FROM stale_entities) AND NOT EXISTS (SELECT FROM chat_sync"
            " WHERE due_at <= clock_now() OR lease_until > clock_now()) AND NOT EXISTS"
            " (SELECT FROM chats WHERE next_change_at <= clock_now()) AND NOT EXISTS"
            " (SELECT FROM catch_up WHERE armed_at IS NOT NULL),"
            " array(SELECT topic || '/' || part || '/' || next_off FROM ingest_partitions"
            " WHERE next_off > 0)"
        )
        ends = {
            f"{topic}/{part}/{len(log)}"
            for (topic, part), log in self._stage.kafka.logs.items()
            if log
        }
        return bool(rows[0][0]) and set(rows[0][1]) == ends and await self._lessons_settled()

    async def _lessons_settled(self) -> bool:
        """No lesson is due, or was last looked at by what is not so any more."""
        if self._stage.watch is None:
            return True
        rows = await self._database.ask(SETTLED)
        return bool(rows[0][0])

    async def _lessons_differ(self) -> list[str]:
        watch = self._stage.watch
        return [] if watch is None else await watch.difference()

    async def _decided(self) -> bool:
        """A person approves what the guard holds, whether it was rejected before or not."""
        return await self._stage.decide(again=True)

    def _difference(self) -> list[str]:
        """Where the messenger is not as the register says."""
        should = wanted(self._stage.known.events(), self._database.now())
        there = {
            chat.external_id.rsplit("#", 1)[0]: {
                user: "administrator" if user in chat.admins else "member"
                for user in chat
                if user != chat.owner_id
            }
            for chat in self._stage.max.world.chats
        }
        known = self._stage.known
        closed = closed_chats(known.events(), self._database.now())
        return [
            f"{chat_id}: {there.get(chat_id, {})} for {roles}"
            for chat_id, roles in sorted(should.items())
            if not self._is_right(chat_id, there.get(chat_id, {}), roles, closed)
        ]

    def _is_right(
        self, chat_id: str, there: dict[int, str], roles: dict[int, str], closed: set[str]
    ) -> bool:
        """Whether who belongs there is in the chat; a closed one holds nobody else."""
        known = self._stage.known
        is_in, belongs = known.apart(chat_id, there), known.apart(chat_id, roles)
        if chat_id not in closed:
            return is_in == belongs
        return all(
            belongs.get(account) in {role, "administrator"} for account, role in is_in.items()
        )

    async def _end(self) -> None:
        gc.enable()
        # A broken promise ends a run in the middle of a step.
        await self._database.settle()
        await self._stage.scheduler.end()
        for process in [*self._stage.scheduler.processes]:
            await self._database.release(process)
        await self._database.forget_owners()
