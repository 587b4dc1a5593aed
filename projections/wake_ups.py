"""Waking a loop when another commits something for it: LISTEN on a connection of its own.

A NOTIFY is a hint and may be lost with the connection; the loops also look by themselves
from time to time, so a lost hint costs a moment and never the work.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol, cast

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from loops.waiting import nap
from projections.server import is_pooled

log = structlog.get_logger()

RECONNECT_SECONDS = 1.0


class _Listening(Protocol):
    async def add_listener(self, channel: str, callback: object) -> None: ...
    def add_termination_listener(self, callback: object) -> None: ...
    def terminate(self) -> None: ...


class WakeUps:
    """Hints on one channel."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something may have come."""
        self._woken.set()

    async def wait(self, seconds: float) -> None:
        """Return when something may have come, at the latest after ``seconds``.

        One hint wakes everybody who waits at that moment.
        """
        await nap(self._woken, seconds)
        self._woken.clear()


@asynccontextmanager
async def listening(engine: AsyncEngine, channel: str) -> AsyncIterator[WakeUps]:
    """Listen on ``channel`` while the block lasts, over reconnections."""
    wake_ups = WakeUps()
    task = asyncio.create_task(_listen(engine, channel, wake_ups))
    try:
        yield wake_ups
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _listen(engine: AsyncEngine, channel: str, wake_ups: WakeUps) -> None:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # An outage is waited out here: the loops meet it on their own connections.
            if not await _listen_once(url, channel, wake_ups):
                log.info("wake_ups.pooled", reason="behind a pooler nobody can be woken")
                return
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(url: str, channel: str, wake_ups: WakeUps) -> bool:
    """Listen while the connection lasts; False behind a pooler, whose sessions are not ours."""
    connection = cast("_Listening", await asyncpg.connect(url))
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    try:
        if await is_pooled(connection):
            return False
        await connection.add_listener(channel, lambda *_: wake_ups.wake())
        wake_ups.wake()  # what came while nobody listened
        await ended.wait()
        return True
    finally:
        connection.terminate()


__all__ = ["WakeUps", "listening"]
