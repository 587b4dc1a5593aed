"""The call budget as the client meets it: wait for the grant, look at the lease, then call.

The grants themselves are the store's, shared by all processes. They are a window apart, and
calls that travel late bunch up with those after them; so a grant is used at its time or not at
all: who wakes up too late for it takes another. The deadline of the lease is
looked at after the wait, just before sending, so a worker that slept through its lease sends
nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from domain.lanes import Lane
from gateway.errors import Unavailable
from gateway.ports import CallBudget

PATIENCE = 15.0
"""Seconds that a call may wait for its grant; past that it goes back to the queue, unsent."""


PUNCTUAL = 0.05
"""Seconds after its time in which a grant is used: half of what the usual window leaves."""
TRIES = 4
"""Grants that one call takes to be in time; the last is used however late it is, since on a
machine so slow it is better to meet the messenger's limit than to stand still."""


class NotSent(Unavailable):
    """The call was held back on our side and says nothing about the messenger."""


class Grants(Protocol):
    """The shared grants (``projections.budget``)."""

    async def take(self, patience: float) -> float | None:
        """Reserve a grant: seconds until it, or None where it is too far away.

        Below nought where its time has passed by so much.
        """

    async def push_back(self, seconds: float) -> None:
        """No grants for this long."""


class SharedBudget:
    """``gateway.ports.CallBudget`` on the store's grants."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants

    @asynccontextmanager
    async def slot(self, lane: Lane) -> AsyncIterator[None]:
        """Wait for a grant.

        Raises:
            NotSent: the grant is too far away; nothing was sent.
        """
        for _ in range(TRIES):
            if await self._came_in_time(lane):
                break
        yield

    async def _came_in_time(self, lane: Lane) -> bool:
        """Take a grant and wait for it; whether it is still fresh then."""
        wait = await self._grants.take(PATIENCE)
        if wait is None:
            raise NotSent("budget", f"no slot for lane {lane.name.lower()} soon", PATIENCE)
        clock = asyncio.get_running_loop().time
        due = clock() + wait
        if wait > 0:
            await asyncio.sleep(wait)
        return clock() - due <= PUNCTUAL

    async def push_back(self, seconds: float) -> None:
        """No slot to anybody for this long: the messenger answered 429."""
        await self._grants.push_back(seconds)


class HeldBudget:
    """A budget for one lease: nothing is sent after its deadline.

    The deadline is on a monotonic clock in seconds: the event loop's, unless told otherwise.
    """

    def __init__(self, budget: CallBudget, *, monotonic: Callable[[], float] | None = None) -> None:
        self._budget = budget
        self._monotonic = monotonic or asyncio.get_running_loop().time
        self._deadline = self._monotonic()

    def hold(self, seconds: float) -> None:
        """The lease was taken, or extended, a moment ago: calls may be sent for ``seconds``."""
        self._deadline = self._monotonic() + seconds

    @asynccontextmanager
    async def slot(self, lane: Lane) -> AsyncIterator[None]:
        """A slot of the budget, looked at once more before the call is sent.

        Raises:
            NotSent: the lease ended in the meantime; nothing was sent.
        """
        async with self._budget.slot(lane):
            if self._monotonic() >= self._deadline:
                raise NotSent("budget", "the lease ended before the call was sent", 0.0)
            yield

    async def push_back(self, seconds: float) -> None:
        """No slot to anybody for this long."""
        await self._budget.push_back(seconds)
