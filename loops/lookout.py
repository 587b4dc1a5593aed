"""Of workers that have nothing to do one looks out for all.

Guarantees: while several rest, one of them waits for the next look and the others for what it
finds, so an idle queue is asked as often as by one worker; whoever finds something has all look
again, so what came in numbers is done side by side; no rest outlives its stop. Standard library
only.
"""

import asyncio
from collections.abc import Awaitable, Callable

from loops.waiting import either


class Lookout:
    """Shared by the workers of one loop, in one process."""

    def __init__(self) -> None:
        self._is_kept = False
        self._found = asyncio.Event()

    def found(self) -> None:
        """There was something to do, and there may be more of it."""
        found, self._found = self._found, asyncio.Event()
        found.set()

    async def rest(self, stop: asyncio.Event, watch: Callable[[], Awaitable[object]]) -> None:
        """Return when it is time to look again: after ``watch``, or when another has found."""
        if self._is_kept:
            await either(stop.wait(), self._found.wait())
            return
        self._is_kept = True
        try:
            await either(stop.wait(), watch())
        finally:
            self._is_kept = False
