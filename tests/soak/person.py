"""The person of a soak: looks at what the guard holds, now and then, and approves it by its hash.

By the same functions as ``rollcall plan`` and ``rollcall approve``. What was shown and approved
is remembered here, outside the database, which a restore sets back.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import transaction
from projections.errors import StoreUnavailable
from projections.guard import held_plans, plan_decisions
from projections.guard.held_plans import HeldPlan
from projections.guard.plan_decisions import Decided

SHORTEST, LONGEST = 2.0, 6.0
"""Seconds between two looks."""
AUTHOR = "the person of the soak"
HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Approval:
    """One plan as it was shown when its approval was asked for (milliseconds since 1970)."""

    at: int
    hash: str
    chat_id: str
    accounts: frozenset[int]


@dataclass(slots=True)
class Person:
    """Approves most of what waits, rejects a little, and leaves the rest for the next look."""

    engine: AsyncEngine
    rng: Random
    approvals: list[Approval] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    async def work(self) -> None:
        """Look now and then, until cancelled; while the database is away there is no looking."""
        while True:
            await asyncio.sleep(self.rng.uniform(SHORTEST, LONGEST))
            with suppress(StoreUnavailable):
                await self._look()

    async def approve_all(self) -> int:
        """Approve whatever is open; how much of it was."""
        shown = await self._listing()
        waiting = [plan for plan in shown if plan.state != "approved"]
        for plan in waiting:
            await self._approve(plan.hash, [plan])
        return len(shown)

    async def _look(self) -> None:
        shown = [plan for plan in await self._listing() if plan.state != "approved"]
        schools = sorted({plan.school_hash for plan in shown if plan.school_hash is not None})
        if schools and self.rng.random() < 0.3:
            name = self.rng.choice(schools)
            await self._approve(name, [plan for plan in shown if plan.school_hash == name])
            return
        for plan in shown:
            what = self.rng.random()
            if what < 0.6:
                await self._approve(plan.hash, [plan])
            elif what < 0.65:
                await self._reject(plan.hash)

    async def _listing(self) -> list[HeldPlan]:
        async with transaction(self.engine) as connection:
            return await held_plans.listing(connection)

    async def _approve(self, name: str, shown: Sequence[HeldPlan]) -> None:
        """Remembered before it is asked: an answer may be lost, and the approval stand."""
        now = int(time.time() * 1000)
        for plan in shown:
            accounts = frozenset(int(str(each["max_user_id"])) for each in plan.people)
            self.approvals.append(Approval(now, plan.hash, plan.chat_id, accounts))
        async with transaction(self.engine) as connection:
            decided = await plan_decisions.approve(connection, name, AUTHOR, HOURS)
        outcome = "approved" if isinstance(decided, Decided) else "changed meanwhile"
        self.counted[outcome] += 1

    async def _reject(self, name: str) -> None:
        async with transaction(self.engine) as connection:
            await plan_decisions.reject(connection, name, AUTHOR)
        self.counted["rejected"] += 1
