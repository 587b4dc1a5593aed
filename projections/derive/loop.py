"""The derive loop: rounds of deriving whenever something became stale, until told to stop.

Guarantees: a lost notification, a lapsed claim or a local midnight is found within a second,
because the tables are looked at that often anyway. An outage is waited out with bounded
back-off and never ends the loop.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.derive.config import DeriveConfig
from projections.derive.marks import CHANNEL
from projections.derive.once import derive_once
from projections.errors import StoreError

POLL_SECONDS = 1.0
BACKOFF_SECONDS = 0.1
BACKOFF_CEILING = 10.0

_log = structlog.get_logger(__name__)


class DeriveLoop:
    """Workers over one engine; give the engine as many connections as there are workers."""

    def __init__(self, engine: AsyncEngine, config: DeriveConfig) -> None:
        self._engine = engine
        self._config = config
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Derive until ``stop`` is set; a batch under way is finished."""
        async with asyncio.TaskGroup() as tasks:
            listener = tasks.create_task(self._listen())
            workers = [tasks.create_task(self._work(stop)) for _ in range(self._config.workers)]
            await stop.wait()
            self._wake.set()
            await asyncio.wait(workers)
            listener.cancel()

    async def _work(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            self._wake.clear()
            try:
                handled = await derive_once(self._engine, self._config)
                failures = 0
            except StoreError as error:
                # Whatever was claimed lapses; whoever comes next finds it.
                failures += 1
                wait = min(BACKOFF_SECONDS * 2 ** min(failures, 10), BACKOFF_CEILING)
                _log.warning("derive_waits", error=type(error).__name__, seconds=wait)
                await _first_of(stop.wait(), wait)
                continue
            if not handled:
                await _first_of(self._wake.wait(), POLL_SECONDS)

    async def _listen(self) -> None:
        """Turn notifications into wake-ups, on a connection of its own."""
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                async with _listening(self._engine, self._wake.set) as ended:
                    self._wake.set()
                    await ended.wait()
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def _listening(engine: AsyncEngine, wake: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
    """A listening connection; the event is set when the connection is gone."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url)
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    try:
        await connection.add_listener(CHANNEL, lambda *_: wake())
        yield ended
    finally:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close()


async def _first_of(awaitable: Awaitable[object], seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(awaitable, seconds)
