"""Three workers that are on their way to die, each at a label of its own, wave after wave.

A wave starts together; who dies is not replaced before the others are dead too, since Kafka
waits for a dead member of the group as long as its session lasts, and with steady replacement
nobody would ever read. Who does not come to its label in time is killed wherever it is then,
and counted apart. Who ends by itself is counted too, with what it said.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from tests.soak.crash_points import POINTS
from tests.system.processes import Program, Programs

WORKERS = 3
PATIENCE = 20.0
"""Seconds of a wave: a few to start, a few for Kafka to bury the dead, and the work."""


@dataclass(slots=True)
class Crew:
    """Keeps the waves coming, and counts the dead."""

    programs: Programs
    rng: Random
    at_label: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    waves: int = 0
    _working: dict[str, Program] = field(default_factory=dict)
    _until: float = 0.0

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
        if not self._working:
            self.waves += 1
            self._until = now + PATIENCE
            for _ in range(WORKERS):
                await self._start()

    async def strike_all(self) -> int:
        """Kill whoever works now; how many that were."""
        self._bury()
        struck = 0
        for program in self._working.values():
            with suppress(ProcessLookupError):
                os.kill(program.pid, signal.SIGKILL)
            await program.process.wait()
            struck += 1
        self._working.clear()
        self.elsewhere += struck
        return struck

    async def _start(self) -> None:
        label = self._neediest()
        passes = self.rng.randint(1, POINTS[label].often)
        self._working[label] = await start(self.programs, f"{label}:{passes}")

    def _neediest(self) -> str:
        """A label that is not on its way already, among those with the fewest deaths."""
        free = [label for label in POINTS if label not in self._working]
        fewest = min(self.at_label[label] for label in free)
        return self.rng.choice([label for label in free if self.at_label[label] == fewest])

    def _bury(self) -> None:
        for label, program in list(self._working.items()):
            if program.ended:
                del self._working[label]
                if program.process.returncode == -signal.SIGKILL:
                    self.at_label[label] += 1
                else:
                    self.ended[f"{program.process.returncode}: {_last_words(program)}"] += 1


def _last_words(program: Program) -> str:
    words = program.said().strip().splitlines() or ["nothing"]
    return words[-1][:160]


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
