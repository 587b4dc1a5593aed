"""An event loop whose time is ours: it stands still while anything runs, and is moved by hand.

``quiet`` returns when no callback is ready and no answer of the database is awaited, so the
scheduler alone decides what happens next. Sockets are real; a wait for one takes no time.
"""

import asyncio
import heapq
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from enum import Enum
from typing import Any, TypeVarTuple, Unpack
from weakref import WeakKeyDictionary

_Arguments = TypeVarTuple("_Arguments")

PATIENCE = 0.002
"""Real seconds after which a statement without an answer is looked at: it may wait for a lock."""


class Quiet(Enum):
    """Why the loop has nothing to do."""

    IDLE = "everybody waits for a turn or for time"
    STALLED = "an answer of the database has not come"


class _Timer(asyncio.TimerHandle):
    """One of several for the same instant fires as it was set: first the first."""

    number = 0

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, _Timer):
            return NotImplemented
        return (self.when(), self.number) < (other.when(), other.number)


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._now = 0.0
        self._timers = 0
        self._tasks = 0
        self._numbers: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._quiet: asyncio.Future[Quiet] | None = None
        self._awaited: set[asyncio.Future[Any]] = set()
        self._watched = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        """Virtual seconds since the loop began."""
        return self._now

    def call_at(
        self,
        when: float,
        callback: "Callable[[Unpack[_Arguments]], object]",
        *args: *_Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio's, whose heap has no order among timers of the same instant."""
        timer = _Timer(when, callback, args, self, context)
        self._timers += 1
        timer.number = self._timers
        heapq.heappush(self._scheduled, timer)  # type: ignore[attr-defined]  # asyncio keeps no public list
        timer._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001 - so it is known to be in the heap
        return timer

    def create_task(self, *args: Any, **kwargs: Any) -> "asyncio.Task[Any]":  # noqa: ANN401 - as asyncio's, whatever that is
        """As asyncio's; the task is numbered."""
        task = super().create_task(*args, **kwargs)
        self._tasks += 1
        self._numbers[task] = self._tasks
        return task

    def number_of_task(self) -> int:
        """Of the task that asks: tasks in the order in which they were made.

        Not the order in which they come: a task group cancels its tasks in no particular one.
        """
        task = asyncio.current_task()
        assert task is not None
        return self._numbers[task]

    def begin_anew(self) -> None:
        """Time begins at zero, without any timer of before."""
        self._now = 0.0
        self._awaited.clear()
        self._scheduled.clear()  # type: ignore[attr-defined]  # asyncio keeps no public list

    def advance(self, seconds: float) -> None:
        """Move time; timers that are due by then fire."""
        self._now += seconds

    def next_timer(self) -> float | None:
        """Seconds until the next timer, None where there is none."""
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # asyncio keeps no public list
        live = [timer.when() for timer in timers if not timer.cancelled()]
        return max(0.0, min(live) - self._now) if live else None

    def await_answer(self, answer: "asyncio.Future[Any]") -> None:
        """It is on its way: the loop is not idle until it is here."""
        self._awaited.add(answer)

    def await_no_more(self, answer: "asyncio.Future[Any]") -> None:
        """It is here, or may be long in coming."""
        self._awaited.discard(answer)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """The scheduler itself asks the database: nothing else is looked at meanwhile."""
        self._watched += 1
        try:
            yield
        finally:
            self._watched -= 1

    async def quiet(self) -> Quiet:
        """Wait until nothing is ready."""
        self._quiet = self.create_future()
        return await self._quiet

    def patience(self) -> float | None:
        """How long to wait for sockets: None for ever, 0 not at all."""
        if self._watched or self._quiet is None or self._quiet.done():
            return None
        return PATIENCE if self._awaited else 0

    def tell_quiet(self) -> None:
        """Nothing is ready, and nothing has come in the meantime."""
        if self._quiet is not None and not self._quiet.done():
            self._quiet.set_result(Quiet.STALLED if self._awaited else Quiet.IDLE)


class _Selector(selectors.DefaultSelector):
    """Never sleeps for a timer."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Events of sockets; ``timeout`` says no more than whether callbacks are ready.

        While they are, no socket is looked at: what has come is seen when nothing else is left
        to do, so it does not matter how soon it came.
        """
        if timeout == 0:
            return []
        found: list[tuple[selectors.SelectorKey, int]] = super().select(self._loop.patience())
        if not found:
            self._loop.tell_quiet()
        return found
