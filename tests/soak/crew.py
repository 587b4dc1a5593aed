"""Three workers that are on their way to die, each at a label of its own, wave after wave.

A wave starts together; who dies is not replaced before the others are dead too, since Kafka
waits for a dead member of the group as long as its session lasts, and with steady replacement
nobody would ever read. Who does not come to its label in time is killed wherever it is then,
and counted apart. Who ends by itself is counted too, with what it said.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from tests.soak.crash_points import POINTS
from tests.soak.worker import start

WORKERS = 3
PATIENCE = 25.0
"""Seconds of a wave: a few to start, a few for Kafka to bury the dead, and the work."""

SHORTEST = 2.0
"""Seconds between two waves, for workers that end because a server is away."""


@dataclass(frozen=True, slots=True)
class _Worker:
    process: ForkServerProcess
    log: Path

    @property
    def ended(self) -> bool:
        return self.process.exitcode is not None

    def said(self) -> str:
        """Its stderr."""
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass(slots=True)
class Crew:
    """Keeps the waves coming, and counts the dead; logs go to ``folder``."""

    environment: Mapping[str, str]
    folder: Path
    rng: Random
    killed: Callable[[], None]
    """Is told of each death by kill -9."""
    at_label: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    bugs: list[str] = field(default_factory=list)
    waves: int = 0
    _working: dict[str, _Worker] = field(default_factory=dict)
    _until: float = 0.0
    _next: float = 0.0

    @property
    def kills(self) -> int:
        """How many died at their label."""
        return self.at_label.total()

    async def turn(self) -> None:
        """Bury who is dead, lose patience with who is late, and send the next wave."""
        now = asyncio.get_running_loop().time()
        self._bury()
        if self._working and now > self._until:
            await self.strike_all()
        if not self._working and now > self._next:
            self.waves += 1
            self._until, self._next = now + PATIENCE, now + SHORTEST
            for _ in range(WORKERS):
                self._start()

    async def strike_all(self) -> None:
        """Kill whoever works now."""
        self._bury()
        for label, worker in self._working.items():
            worker.process.kill()
            await asyncio.to_thread(worker.process.join)
            self.elsewhere += 1
            self.killed()
            self._look_for_bugs(label, worker)
        self._working.clear()

    def _start(self) -> None:
        label = self._neediest()
        passes = self.rng.randint(1, POINTS[label].often)
        log = self.folder / f"{self.waves:03}-{label}-{passes}.log"
        log.touch()  # a worker may die before it opens it
        process = start(label, passes, self.environment, log)
        self._working[label] = _Worker(process, log)

    def _neediest(self) -> str:
        """A label that is not on its way already, among those with the fewest deaths."""
        free = [label for label in POINTS if label not in self._working]
        fewest = min(self.at_label[label] for label in free)
        return self.rng.choice([label for label in free if self.at_label[label] == fewest])

    def _bury(self) -> None:
        for label, worker in list(self._working.items()):
            if not worker.ended:
                continue
            del self._working[label]
            if worker.process.exitcode == -signal.SIGKILL:
                self.at_label[label] += 1
                self.killed()
            else:
                words = worker.said().strip().splitlines() or ["nothing"]
                self.ended[f"{worker.process.exitcode}: {words[-1][:160]}"] += 1
            self._look_for_bugs(label, worker)

    def _look_for_bugs(self, label: str, worker: _Worker) -> None:
        if shows_a_bug(worker.said()):
            self.bugs.append(f"{label} in wave {self.waves}")


def shows_a_bug(said: str) -> bool:
    """Whether a process said that it met something nobody thought of."""
    return "Traceback" in said or "this is a bug of Rollcall" in said
