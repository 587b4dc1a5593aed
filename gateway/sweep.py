"""The sweep: a slow loop that has chats read which nobody has read for long.

It changes no chat and reads none itself: it only says which are to be read, and reconcile
reads them when the budget has nothing better to do.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

DAY = 86_400.0


class SweepStore(Protocol):
    """Which chats nobody has read for long (``projections.watch.sweep``)."""

    async def pick(self, every_seconds: float, chats: int) -> int:
        """Have up to so many chats read, unless something is due; how many that are."""

    async def look_for_reasons(self) -> int:
        """Have those chats looked at in which somebody who left has a new reason to be."""

    async def tidy(self) -> None:
        """Let old hints go."""


@dataclass(frozen=True, slots=True)
class SweepConfig:
    """``every_days``: how long a chat goes unread. ``chats``: how many are asked for at once."""

    enabled: bool = True
    every_days: float = 7.0
    chats: int = 4
    look_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class SweepLoop:
    """Puts unread chats into the queue while it is idle."""

    store: SweepStore
    config: SweepConfig = field(default_factory=SweepConfig)

    async def run(self, stop: asyncio.Event) -> None:
        """Look now and then until ``stop``; an error of the store ends the loop."""
        while not stop.is_set():
            await self.look()
            await nap(stop, self.config.look_seconds)

    async def look(self) -> int:
        """One look; how many chats are to be read because of it."""
        await self.store.look_for_reasons()
        await self.store.tidy()
        if not self.config.enabled:
            return 0
        return await self.store.pick(self.config.every_days * DAY, self.config.chats)


async def nap(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not past ``stop``."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


__all__ = ["SweepConfig", "SweepLoop", "SweepStore", "nap"]
