"""Three workers that are always on their way to die: each at a label, replaced when it has.

A worker that does not come to its label in time is killed wherever it is then, and counted
apart. One that ends by itself is counted too, with what it said.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from tests.soak.crash_points import POINTS
from tests.system.processes import Program, Programs

WORKERS = 3
PATIENCE = 14.0
"""Seconds in which a worker should come to its label; the start is two or three of them."""
LONGEST_GAP = 4.0
"""Seconds until a dead worker is replaced, at most."""


@dataclass(eq=False, slots=True)
class _Place:
    """One of the three: who works there, at which label it is to die, or when the next starts."""

    label: str = ""
    program: Program | None = None
    since: float = 0.0
    next_at: float = 0.0


@dataclass(slots=True)
class Crew:
    """Keeps the places filled, and counts the dead."""

    programs: Programs
    rng: Random
    at_label: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    _places: list[_Place] = field(default_factory=lambda: [_Place() for _ in range(WORKERS)])

    @property
    def kills(self) -> int:
        """How many died at their label."""
        return self.at_label.total()

    async def turn(self) -> None:
        """Look at each place once: bury, or replace, or lose patience."""
        now = asyncio.get_running_loop().time()
        for place in self._places:
            if place.program is None:
                if now >= place.next_at:
                    await self._start(place, now)
            elif place.program.ended:
                self._bury(place, place.program)
            elif now - place.since > PATIENCE:
                await self._strike(place, place.program)

    async def strike_all(self) -> int:
        """Kill whoever works now; how many that were."""
        working = [place for place in self._places if place.program is not None]
        for place in working:
            if place.program is not None:
                await self._strike(place, place.program)
        return len(working)

    async def _start(self, place: _Place, now: float) -> None:
        place.label = self._neediest()
        passes = self.rng.randint(1, POINTS[place.label].often)
        place.program = await start(self.programs, f"{place.label}:{passes}")
        place.since = now

    def _neediest(self) -> str:
        """A label that is not on its way already, among those with the fewest deaths."""
        under_way = {place.label for place in self._places if place.program is not None}
        free = [label for label in POINTS if label not in under_way]
        fewest = min(self.at_label[label] for label in free)
        return self.rng.choice([label for label in free if self.at_label[label] == fewest])

    def _bury(self, place: _Place, program: Program) -> None:
        if program.process.returncode == -signal.SIGKILL:
            self.at_label[place.label] += 1
        else:
            words = program.said().strip().splitlines() or ["nothing"]
            self.ended[f"{program.process.returncode}: {words[-1][:160]}"] += 1
        self._vacate(place)

    async def _strike(self, place: _Place, program: Program) -> None:
        if not program.ended:
            os.kill(program.pid, signal.SIGKILL)
            await program.process.wait()
            self.elsewhere += 1
            self._vacate(place)
        else:
            self._bury(place, program)

    def _vacate(self, place: _Place) -> None:
        place.program = None
        now = asyncio.get_running_loop().time()
        place.next_at = now + self.rng.uniform(0.0, LONGEST_GAP)


async def start(programs: Programs, argument: str) -> Program:
    """A worker that will die at ``LABEL:N``."""
    log = programs.folder / f"{len(programs.started):03}-{argument.replace(':', '-')}.log"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.soak.worker", argument),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=file,
            env={**ours, **programs.environment},
        )
    program = Program((argument,), process, log)
    programs.started.append(program)
    return program
