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
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from consumers.errors import ConsumersError
from rollcall.publish import PublishError, local_today
from tests.soak.crash_points import POINTS
from tests.soak.crew import Crew
from tests.soak.ledger import Ledger
from tests.soak.outages import Outages
from tests.soak.stage import Stage, stage
from tests.soak.verdict import Verdict, judge
from tests.system.histories import Event, Later, region
from tests.system.processes import NotInTime, Program
from tests.system.stack import Stack

CALLS_PER_SECOND = 30
AT_ONCE = 10
LONGEST_PAUSE = 2.5
"""Seconds between portions of changes: some four changes a second in all."""
SETTLE_SECONDS = 420.0
CALLS_FOR_ONE_429 = 10_000
TICK = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to happen, at least; ``minutes`` bounds how long that may take."""

    kills: int = 200
    broker: int = 20
    database: int = 20
    restores: int = 5
    seed: int = 1
    pupils: int = 200
    minutes: float = 60.0


@dataclass(slots=True)
class Result:
    """What happened, and what of it should not have."""

    plan: Plan
    seconds: float
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The last line of the command."""
        ok = not self.violations
        plan = {**asdict(self.plan)}
        return {"ok": ok, "plan": plan, **self.figures, "violations": self.violations}


async def soak(plan: Plan, folder: Path) -> Result:
    """Do all of it on servers of its own, with its data in ``folder``."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    began = time.monotonic()
    async with stage(folder) as made:
        run = _Run.on(made, plan)
        await run.ledger.open(made.postgres.uri)
        await run.trouble()
        final = await run.heal()
        result = await run.conclude(final)
    result.seconds = round(time.monotonic() - began, 1)
    result.figures["seconds"] = result.seconds
    return result


@dataclass(slots=True)
class _Run:
    stage: Stage
    plan: Plan
    crew: Crew
    ledger: Ledger
    outages: Outages
    events: Iterator[Event]
    rng: Random
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def on(cls, made: Stage, plan: Plan) -> "_Run":
        today = local_today()
        first = region(plan.pupils, plan.seed % 1000, today)
        later = Later(first, Random(plan.seed), today)
        programs = made.school.programs
        crew = Crew(programs.environment, programs.folder, Random(plan.seed + 1))
        ledger = Ledger()
        outages = Outages(made, crew, ledger, Random(plan.seed + 2))
        events = _chained(first, later)
        return cls(made, plan, crew, ledger, outages, events, Random(plan.seed + 3))

    @property
    def school(self) -> Stack:
        return self.stage.school

    async def trouble(self) -> None:
        """Everything that the plan asks for, while changes are being published."""
        await self.school.fault(
            method="*", path="*", kind="slow_after_effect", seconds=0.3, probability=0.2
        )
        publishing = asyncio.create_task(self._publish())
        faults = [
            asyncio.create_task(self.outages.faults(self.stage.to_messenger, 2.0, 9.0)),
            asyncio.create_task(self.outages.faults(self.stage.to_kafka, 15.0, 60.0)),
            asyncio.create_task(self.outages.faults(self.stage.to_postgres, 15.0, 60.0)),
        ]
        try:
            await self._strike()
        finally:
            for each in faults:
                each.cancel()
            await asyncio.gather(*faults, return_exceptions=True)
            self.stop.set()
            await self.crew.strike_all()
            await publishing
            await self.school.no_faults()

    async def _strike(self) -> None:
        """Kills as they come; outages one at a time, spread evenly over the kills."""
        schedule = self.outages.schedule(self.plan.broker, self.plan.database, self.plan.restores)
        step = self.plan.kills / (len(schedule) + 1)
        done = 0
        under_way: asyncio.Task[None] | None = None
        deadline = time.monotonic() + 60 * self.plan.minutes
        told = 0.0
        while self._wanting() or schedule or under_way is not None:
            if time.monotonic() > deadline:
                self.faults.append(f"not done in {self.plan.minutes} minutes")
                break
            await self.crew.turn()
            if under_way is not None and under_way.done():
                await under_way
                under_way = None
            if under_way is None and schedule and self.crew.kills >= step * (done + 1):
                outage = schedule.pop(0)
                done += 1
                if outage == self.outages.restore:
                    await outage()
                else:
                    under_way = asyncio.create_task(outage())
            if time.monotonic() - told > 10:
                told = time.monotonic()
                self._tell(len(schedule))
            await asyncio.sleep(TICK)

    def _wanting(self) -> bool:
        enough = self.crew.kills >= self.plan.kills
        reach = self.plan.kills >= len(POINTS)  # else there are fewer kills than labels
        return not enough or (reach and len(self.crew.at_label) < len(POINTS))

    def _tell(self, left: int) -> None:
        said = (
            f"{self.crew.kills} kills at labels, {self.crew.elsewhere} elsewhere, {left} outages "
            f"to come, {len(self.school.published)} events, {sum(self.crew.ended.values())} ended"
        )
        sys.stderr.write(f"soak: {said}\n")

    async def _publish(self) -> None:
        first = True
        while not self.stop.is_set():
            portion = list(islice(self.events, 2000 if first else self.rng.randint(1, AT_ONCE)))
            first = False
            await publish(self.school, portion)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), self.rng.uniform(0.3, LONGEST_PAUSE))

    async def heal(self) -> list[Program]:
        """Three ordinary workers, until nothing is on its way."""
        sys.stderr.write("soak: healed, settling\n")
        running = [await self.school.run() for _ in range(3)]
        try:
            await self.school.acting()
            await self.school.settled(SETTLE_SECONDS)
            await asyncio.sleep(8)  # reads that are due again after a holder's death
            await self.school.settled(SETTLE_SECONDS)
            await self.school.until(
                "SELECT count(*) = 0 FROM outbox WHERE published_at IS NULL", "outbox is not empty"
            )
        except NotInTime as late:
            self.faults.append(str(late)[:2000])
        return running

    async def conclude(self, running: list[Program]) -> Result:
        """The verdict, and all figures."""
        await self.ledger.take_out(self.stage.postgres.uri)
        verdict = await judge(self.school)
        stats = await self.school.stats()
        codes = [await each.terminate() for each in running]
        result = Result(self.plan, 0.0)
        result.figures = self._figures(verdict, stats)
        result.violations = [*self.faults, *self._violations(verdict, stats, codes)]
        return result

    def _figures(self, verdict: Verdict, stats: dict[str, Any]) -> dict[str, Any]:
        return {
            "kills_at_labels": self.crew.kills,
            "waves": self.crew.waves,
            "kills_elsewhere": self.crew.elsewhere,
            "kills_by_label": {label: self.crew.at_label[label] for label in POINTS},
            "ended_by_themselves": dict(self.crew.ended),
            "outages": dict(sorted(self.outages.counted.items())),
            "events": len(self.school.published),
            **verdict.as_json(),
            "calls": stats["total"],
            "changing_calls": stats["changing"],
            "reads": stats["reads"],
            "repeated_calls": _some(stats["without_effect"]),
            "lost_answers": _some(Counter(action for _, action, _ in self.ledger.lost)),
            "answers_cut_by_proxy": self.stage.to_messenger.unanswered,
            "chats_forgotten_by_restores": self.outages.forgotten_chats,
            "grants": len(self.ledger.grants),
            "most_grants_in_a_second": self.ledger.peak(),
            "most_calls_in_a_second": stats["peak_per_second"],
            "calls_refused_with_429": refused(stats),
        }

    def _violations(
        self, verdict: Verdict, stats: dict[str, Any], codes: list[int]
    ) -> Iterator[str]:
        for kind, count in verdict.as_json().items():
            if count:
                yield f"{kind}: {count}"
        yield from verdict.examples
        yield from self._repetitions(stats["without_effect"])
        if self.ledger.peak() > CALLS_PER_SECOND:
            yield f"{self.ledger.peak()} grants in one second"
        if refused(stats) > max(1, stats["total"] // CALLS_FOR_ONE_429):
            yield f"{refused(stats)} calls of {stats['total']} were refused with 429"
        if codes != [0] * len(codes):
            yield f"the last workers ended with {codes}"
        bugs = [*self.crew.bugs, *self.school.programs.tracebacks()]
        if bugs:
            yield f"{len(bugs)} workers met a bug: {bugs[:5]}"

    def _repetitions(self, idle: dict[str, int]) -> Iterator[str]:
        """A call whose effect was there is right only after its answer was lost.

        All but a create are preceded by a read then. A create finds its chat, whose answer was
        lost, or which a restored database did not know.
        """
        for kind, count in idle.items():
            lost = self.ledger.lost_of("create") + self.outages.forgotten_chats
            allowed = lost if kind == "create" else 0
            if count > allowed:
                yield f"{count} calls of {kind} found their effect there, of {allowed} lost"


async def publish(school: Stack, portion: list[Event]) -> None:
    """Publish until Kafka has them; what it had already it gets twice, as from a register."""
    while True:
        try:
            await school.publish(portion)
        except (PublishError, ConsumersError):
            await asyncio.sleep(0.5)
        else:
            return


def refused(stats: dict[str, Any]) -> int:
    """Calls that the messenger refused for their number."""
    return sum(call["count"] for call in stats["calls"] if call["status"] == 429)


def _some(counted: dict[str, int]) -> dict[str, int]:
    return {kind: count for kind, count in sorted(counted.items()) if count}


def _chained(first: list[Event], later: Later) -> Iterator[Event]:
    yield from first
    yield from later.changes(10**9)
