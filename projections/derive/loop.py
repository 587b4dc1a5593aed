"""The derive loop: rounds of deriving whenever something became stale, until told to stop.

Guarantees: a lost notification, a lapsed claim or a local midnight is found within a second,
because the tables are looked at that often anyway. An outage is waited out with bounded
back-off and never ends the loop.
"""

import asyncio
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from loops import collector
from loops.together import together
from loops.waiting import either, growing, nap
from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from projections.errors import StoreError
from projections.queue.marks import CHANNEL
from projections.wake_ups import WakeUps, listening

POLL_SECONDS = 1.0
BACKOFF_SECONDS = 0.2
BACKOFF_CEILING = 10.0

_log = structlog.get_logger(__name__)


class DeriveLoop:
    """Workers over one engine; give the engine as many connections as there are workers.

    ``handled`` counts the marks that were derived.
    """

    def __init__(self, engine: AsyncEngine, config: DeriveConfig) -> None:
        self._engine = engine
        self._config = config
        self.handled = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Derive until ``stop`` is set; a batch under way is finished."""
        collector.calm()
        async with listening(self._engine, CHANNEL) as wake_ups:
            await self._run(wake_ups, stop)

    async def _run(self, wake_ups: WakeUps, stop: asyncio.Event) -> None:
        work = partial(self._work, wake_ups)
        await together(stop, {f"derive {number}": work for number in range(self._config.workers)})

    async def _work(self, wake_ups: WakeUps, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                handled = await derive_once(self._engine, self._config)
                self.handled += handled
                failures = 0
            except StoreError as error:
                # Whatever was claimed lapses; whoever comes next finds it.
                failures += 1
                wait = growing(failures, BACKOFF_SECONDS, BACKOFF_CEILING)
                _log.warning("derive.waits", error=type(error).__name__, seconds=wait)
                await nap(stop, wait)
                continue
            if not handled:
                await either(stop.wait(), wake_ups.wait(POLL_SECONDS))
