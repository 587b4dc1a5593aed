"""The call budget as the client meets it: wait for the grant, look at the lease, then call.

The grants themselves are the store's, shared by all processes. The deadline of the lease is
looked at after the wait, just before sending, so a worker that slept through its lease sends
nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Protocol

from domain.lanes import Lane
from gateway.errors import Unavailable

PATIENCE = 15.0
"""Seconds that a call may wait for its grant; past that it goes back to the queue, unsent."""

_deadline: ContextVar[float | None] = ContextVar("lease_deadline", default=None)


class Grants(Protocol):
    """The shared grants (``projections.budget``)."""

    async def take(self, patience: float) -> float | None:
        """Reserve a grant: seconds until it, or None where it is too far away."""

    async def push_back(self, seconds: float) -> None:
        """No grants for this long."""


class SharedBudget:
    """``gateway.ports.CallBudget`` on the store's grants."""

    def __init__(self, grants: Grants, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._grants = grants
        self._monotonic = monotonic

    @asynccontextmanager
    async def slot(self, lane: Lane) -> AsyncIterator[None]:
        """Wait for a grant.

        Raises:
            Unavailable: the grant is too far away, or the lease ended in the meantime;
                nothing was sent.
        """
        wait = await self._grants.take(PATIENCE)
        if wait is None:
            raise Unavailable("budget", f"no slot for lane {lane.name.lower()} soon", PATIENCE)
        if wait > 0:
            await asyncio.sleep(wait)
        deadline = _deadline.get()
        if deadline is not None and self._monotonic() >= deadline:
            raise Unavailable("budget", "the lease ended before the call was sent", 0.0)
        yield

    async def push_back(self, seconds: float) -> None:
        """No slot to anybody for this long: the messenger answered 429."""
        await self._grants.push_back(seconds)


def hold_until(deadline: float | None) -> None:
    """Send nothing of this task's after ``deadline`` (monotonic seconds; None: no limit)."""
    _deadline.set(deadline)
