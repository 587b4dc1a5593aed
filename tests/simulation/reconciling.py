"""What a reconcile process runs, as ``rollcall.reconciling`` wires it: reconcile, sweep and clock.

All of it is production code with production's settings; only the messenger and the bell are ours.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions import LIMITS
from domain.gate import CatchUpCause
from domain.ids import MaxUserId
from gateway.budget import SharedBudget
from gateway.reconcile import Reconciler
from gateway.sweep import DAY, SweepConfig, SweepLoop
from gateway.workers import ReconcileLoop
from loops.together import Loop
from projections.derive.config import DeriveConfig
from projections.messenger.budget import CallSlots
from projections.reconcile.intents import REREAD_SECONDS
from projections.reconcile.store import LEASE_SECONDS
from projections.watch.clock import ClockWatch, Longest
from projections.watch.sweep import Sweep
from tests.simulation.actors import Bell, WatchedStore
from tests.simulation.knowledge import Knowledge
from tests.simulation.lesson_calls import lesson_loop
from tests.simulation.lesson_watch import LessonWatch
from tests.simulation.messenger import Line, Max

SWEEP: Final = SweepConfig()
SWEEP_SECONDS: Final = SWEEP.every_days * DAY
"""Within which every chat is read at least once, whatever happens."""


@dataclass(frozen=True, slots=True)
class Reconciling:
    """The loops of one reconcile process."""

    engine: AsyncEngine
    known: Knowledge
    max: Max
    bell: Bell
    armed: Callable[[], None]
    """Is told when the process has armed the catch-up, as each does when it starts."""
    lessons: LessonWatch | None
    """Who looks on where the run has lessons."""

    def loops(self) -> dict[str, Loop]:
        """By name."""
        longest = Longest(
            lease=LEASE_SECONDS, claim=DeriveConfig().lease_seconds, reread=REREAD_SECONDS
        )
        loops = {
            "reconcile": self._reconcile(),
            "clock": ClockWatch(self.engine, longest).run,
            "sweep": SweepLoop(Sweep(self.engine), SWEEP).run,
        }
        if self.lessons is not None:
            loops["lesson calls"] = lesson_loop(self.engine, self.max, self.lessons).run
        return loops

    def _reconcile(self) -> Loop:
        store = WatchedStore(self.engine, self.known, self.max, self.bell)
        budget = SharedBudget(CallSlots(self.engine))
        reconciler = Reconciler(
            store,
            Line(self.max, budget),
            budget,
            LIMITS,
            lease_seconds=LEASE_SECONDS,
            isolates=False,
        )

        async def whoami() -> MaxUserId:
            await self.max.scheduler.turn("max whoami")
            return MaxUserId(self.max.config.bot_id)

        async def loop(stop: asyncio.Event) -> None:
            await store.arm(CatchUpCause.START)
            self.armed()
            await ReconcileLoop(store, reconciler, whoami, workers=2).run(stop)

        return loop
