"""The call budget as the client meets it: wait for the grant, look at the lease, then call.

The slots are the store's, shared by all processes. Each call takes a grant, waits for its time,
and asks once more just before it is sent; so whoever wakes up late, or finds that the slot's
last call was late, moves that slot alone, and calls that travel unevenly do not bunch up. What
a call took is told to the store, since an answer is all one learns of a call's arrival. The
deadline of the lease is looked at after the wait, just before sending, so a worker that slept
through its lease sends nothing.

Where the messenger refuses calls for its limit, the store is told, with what this process saw:
one that had more calls taken within the last moment than the number that the messenger named
knows that the number is of that class of calls, and not of all.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from domain.call_classes import CallClass
from domain.grants import Grant
from domain.lanes import Lane
from gateway.errors import Unavailable
from gateway.ports import CallBudget

PATIENCE = 15.0
"""Seconds that a call may wait for its grant; past that it goes back to the queue, unsent."""

SHORTEST = 0.001
"""Seconds between two looks at one slot."""

REMEMBERED = 1000
"""Calls whose shortest is what a call takes without any delay."""

WAY_BACK = 0.5
"""The part of that which lies after the call's arrival."""


MOMENT = 0.9
"""Seconds: calls that were begun and taken within it arrived within one of the messenger's."""


class NotSent(Unavailable):
    """The call was held back on our side and says nothing about the messenger."""


class Grants(Protocol):
    """The shared slots (``projections.messenger.budget``)."""

    async def take(self, patience: float, kind: CallClass) -> Grant | None:
        """Reserve a grant, or None where it is too far away."""

    async def use(self, grant: Grant) -> float | None:
        """Begin the call now (None), or ask again after so many seconds."""

    async def answered(self, grant: Grant, took: float, back: float) -> None:
        """The call ended, ``took`` seconds after it was begun and ``back`` after it arrived."""

    async def push_back(self, seconds: float) -> None:
        """No calls for this long."""

    async def too_many(self, kind: CallClass, told: int | None, *, of_class: bool) -> None:
        """Fewer calls from now on."""


class SharedBudget:
    """``gateway.ports.CallBudget`` on the store's slots."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants
        self._took: deque[float] = deque(maxlen=REMEMBERED)
        self._taken: deque[float] = deque(maxlen=REMEMBERED)

    @asynccontextmanager
    async def slot(self, lane: Lane, kind: CallClass = CallClass.READ) -> AsyncIterator[None]:
        """Wait for a slot, and keep it until the block has ended.

        Raises:
            NotSent: the next slot is too far away; nothing was sent.
        """
        clock = asyncio.get_running_loop().time
        grant, asked = await self._begin(lane, kind, clock)
        sent = clock()
        try:
            yield
            self._taken.append(sent)
        finally:
            ended = clock()
            back = WAY_BACK * min(self._took, default=0.0)
            self._took.append(ended - sent)
            await self._grants.answered(grant, ended - asked, back)

    async def _begin(
        self, lane: Lane, kind: CallClass, clock: Callable[[], float]
    ) -> tuple[Grant, float]:
        """A slot whose call may be sent now, and the instant before that was said."""
        last = clock() + PATIENCE
        grant = await self._grants.take(PATIENCE, kind)
        wait = PATIENCE if grant is None else grant.wait
        while grant is not None and clock() + wait <= last:
            if wait > 0:
                await asyncio.sleep(max(wait, SHORTEST))
            asked = clock()
            again = await self._grants.use(grant)
            if again is None:
                return grant, asked
            wait = max(again, SHORTEST)
        raise NotSent("budget", f"no slot for lane {lane.name.lower()} soon", PATIENCE)

    async def push_back(self, seconds: float) -> None:
        """No slot to anybody for this long: the messenger answered 429."""
        await self._grants.push_back(seconds)

    async def too_many(self, kind: CallClass, told: int | None) -> None:
        """The messenger refused a call for its limit; ``told`` is the number that it named."""
        since = asyncio.get_running_loop().time() - MOMENT
        taken = sum(begun > since for begun in self._taken)
        of_class = told is not None and taken > told
        await self._grants.too_many(kind, told, of_class=of_class)


class HeldBudget:
    """A budget for one lease: nothing is sent after its deadline.

    The deadline is on a monotonic clock in seconds: the event loop's, unless told otherwise.
    """

    def __init__(self, budget: CallBudget, *, monotonic: Callable[[], float] | None = None) -> None:
        self._budget = budget
        self._monotonic = monotonic or asyncio.get_running_loop().time
        self._deadline = self._monotonic()

    def hold(self, seconds: float, since: float | None = None) -> None:
        """The lease was taken, or extended, ``since`` then or just now.

        Calls may be sent for ``seconds`` from that instant on.
        """
        self._deadline = (self._monotonic() if since is None else since) + seconds

    @asynccontextmanager
    async def slot(self, lane: Lane, kind: CallClass = CallClass.READ) -> AsyncIterator[None]:
        """A slot of the budget, looked at once more before the call is sent.

        Raises:
            NotSent: the lease ended in the meantime; nothing was sent.
        """
        async with self._budget.slot(lane, kind):
            if self._monotonic() >= self._deadline:
                raise NotSent("budget", "the lease ended before the call was sent", 0.0)
            yield

    async def push_back(self, seconds: float) -> None:
        """No slot to anybody for this long."""
        await self._budget.push_back(seconds)

    async def too_many(self, kind: CallClass, told: int | None) -> None:
        """The messenger refused a call for its limit."""
        await self._budget.too_many(kind, told)
