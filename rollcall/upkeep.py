"""The upkeep loop: once an hour old history is let go, once a day every chat is audited.

Once a minute whatever initialising is over ends, though nobody looks at it.

An audit that finds a difference is an alert and not a routine: the derive loop has missed
something, and a person should know.
"""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from loops.waiting import nap
from projections.database import transaction
from projections.derive.audit import audit
from projections.derive.config import DeriveConfig
from projections.reconcile import initialisations
from projections.watch import upkeep
from projections.watch.upkeep import Retention

LOOK_SECONDS = 60.0
HOUR = 3_600.0
DAY = 86_400.0

log = structlog.get_logger()


class Upkeep:
    """Looks once a minute whether a task is due that no other process has done."""

    def __init__(self, engine: AsyncEngine, derive: DeriveConfig, retention: Retention) -> None:
        self._engine = engine
        self._derive = derive
        self._retention = retention

    async def run(self, stop: asyncio.Event) -> None:
        """Do what is due until ``stop``; the first audit is a day after the first start."""
        while not stop.is_set():
            await self.look()
            await nap(stop, LOOK_SECONDS)

    async def look(self) -> None:
        """Do what is due now."""
        async with transaction(self._engine) as connection:
            await initialisations.end_those_over(connection)
        async with transaction(self._engine) as connection:
            if await upkeep.claim(connection, "retention", HOUR):
                await upkeep.forget_old(connection, self._retention)
        if await self._audit_is_due():
            differences = await audit(self._engine, self._derive)
            for each in differences:
                log.error("audit.difference", chat_id=each.chat_id, reason=each.fault.value)
            log.info("audit.done", records=len(differences))

    async def _audit_is_due(self) -> bool:
        async with transaction(self._engine) as connection:
            known = await upkeep.is_known(connection, "audit")
            claimed = await upkeep.claim(connection, "audit", DAY)
        return known and claimed
