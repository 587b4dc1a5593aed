"""Whose turn it is: one step of one actor at a time, chosen by the seed.

Whatever an actor does to the world (a statement, a call, a fetch) waits for a turn first. Only
while nothing runs is the next turn given, so the same seed gives the same run. Actors belong to
processes; a process can be frozen (a zombie when it thaws) or killed, after which none of its
actors ever gets a turn again, as if the machine had gone: no ``finally`` runs.
"""

import asyncio
import random
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from hashlib import sha256

from tests.simulation.loop import VirtualLoop


class Killed(BaseException):
    """Raised in what is left of a killed process when the run is over."""


@dataclass(slots=True, eq=False)
class Process:
    """Actors that live and die together."""

    name: str
    kind: str
    dead: bool = False
    frozen_until: float | None = None
    thawed_at: float | None = None
    stepped_at: float | None = None
    """When the database's clock went ahead last: all leases of before were over at once."""


@dataclass(slots=True, eq=False)
class Turn:
    """A wait for one."""

    process: Process
    label: str
    number: int
    pid: int
    granted: "asyncio.Future[None]"


ANSWER = "an answer of PostgreSQL"
"""The name of the tasks that wait for one."""

WORLD = Process("world", "world")
_CURRENT: ContextVar[Process] = ContextVar("process", default=WORLD)


def current() -> Process:
    """The process in which the caller runs."""
    return _CURRENT.get()


class Scheduler:
    """Turns, processes, virtual time and the trace of one run."""

    def __init__(self, loop: VirtualLoop, seed: int) -> None:
        self.loop = loop
        self.random = random.Random(seed)
        self.began = loop.time()
        self.steps = 0
        self.trace: list[str] = []
        self.processes: list[Process] = []
        self.failures: list[tuple[Process, BaseException]] = []
        self._waiting: list[Turn] = []
        self._buried: list[Turn] = []
        self._born = 0
        self._over = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def now(self) -> float:
        """Virtual seconds since the run began."""
        return self.loop.time() - self.began

    def note(self, text: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{self.steps} {self.now:.3f} {text}")

    def digest(self) -> str:
        """The trace in short."""
        return sha256("\n".join(self.trace).encode()).hexdigest()[:16]

    # --- what actors call ------------------------------------------------------------------

    async def turn(self, label: str, pid: int = 0) -> None:
        """Wait for a turn, on the connection ``pid``. In a killed process it never comes."""
        process = current()
        if process is WORLD:
            return
        if self._over:
            raise Killed
        if process.dead:
            await self.loop.create_future()
        turn = Turn(process, label, self.loop.number_of_task(), pid, self.loop.create_future())
        self._waiting.append(turn)
        try:
            await turn.granted
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    # --- processes -------------------------------------------------------------------------

    def process(self, name: str) -> Process:
        """A new process."""
        self._born += 1
        process = Process(f"{name}-{self._born}", name)
        self.processes.append(process)
        return process

    def start(self, process: Process, work: Coroutine[object, object, None]) -> None:
        """An actor of this process."""
        context = copy_context()
        context.run(_CURRENT.set, process)
        task = self.loop.create_task(self._lived(process, work), context=context)
        self._tasks.add(task)

    async def _lived(self, process: Process, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except BaseException as error:  # noqa: BLE001 - handed on, for the run to judge
            if not process.dead and not self._over:
                self.note(f"{process.name} ended: {type(error).__name__}")
                self.failures.append((process, error))

    def kill(self, process: Process) -> None:
        """None of its actors goes on."""
        process.dead = True
        self.processes.remove(process)
        self._buried += [turn for turn in self._waiting if turn.process is process]
        self._waiting = [turn for turn in self._waiting if turn.process is not process]

    def living(self) -> list[Process]:
        """Processes that are neither dead nor frozen."""
        return [each for each in self.processes if each.frozen_until is None]

    # --- choosing --------------------------------------------------------------------------

    def thaw(self, *, everybody: bool = False) -> None:
        """Let the frozen go on whose time has come."""
        for process in self.processes:
            until = process.frozen_until
            if until is not None and (everybody or until <= self.now):
                process.frozen_until = None
                process.thawed_at = self.now
                self.note(f"{process.name} goes on")

    def ready(self, blocking: frozenset[int] = frozenset()) -> list[Turn]:
        """Turns that can be given, in an order that only the run decides.

        While somebody waits for a lock, whoever has it goes on first, frozen or not: with two
        waiters PostgreSQL itself would choose, and not always the same.
        """
        first = [turn for turn in self._waiting if turn.pid in blocking]
        ready = first or [turn for turn in self._waiting if turn.process.frozen_until is None]
        return sorted(ready, key=lambda turn: (turn.process.name, turn.number))

    def grant(self, turn: Turn) -> None:
        """One step of one actor."""
        self.steps += 1
        self._waiting.remove(turn)
        self.note(f"{turn.process.name}: {turn.label}")
        turn.granted.set_result(None)

    async def end(self) -> None:
        """Everybody is thrown away.

        But not the answers that somebody waits for. Who awaits one in the driver and is cancelled
        has the driver ask PostgreSQL to stop, by a task that would be cancelled just as well; and
        then the connection waits for ever for a statement that stands at a lock. The database
        ends what still runs.
        """
        self._over = True
        for process in self.processes:
            process.dead = True
        me = asyncio.current_task()
        for _ in range(100):
            pending = [
                task for task in asyncio.all_tasks() if task is not me and task.get_name() != ANSWER
            ]
            if not pending:
                return
            for task in pending:
                task.cancel()
            await asyncio.sleep(0)
        raise AssertionError(f"still alive: {pending}")
