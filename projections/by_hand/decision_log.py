"""The journal of decisions as it is read back from Kafka: each batch one committed transaction.

Guarantees: decisions, what is none, and how far was read commit together, from exactly the
offset that PostgreSQL has; a decision that is here already changes nothing.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.decisions import AnyDecision, LessonDecision
from domain.lanes import Lane
from projections.by_hand import decisions, lesson_decisions
from projections.database import driver, transaction
from projections.facts import offsets, quarantine
from projections.facts.offsets import Step
from projections.facts.quarantine import BadRecord


class DecisionLog:
    """Where what is read back is written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def take(
        self,
        found: Sequence[AnyDecision | LessonDecision],
        bad: Sequence[BadRecord],
        steps: Sequence[Step],
    ) -> int:
        """Keep those that are not here yet; how many they were.

        Raises:
            OffsetsMoved: a partition is not where the batch starts; nothing is written.
            StoreUnavailable: try again later.
        """
        async with transaction(self._engine) as connection:
            store = await driver(connection)
            now = await offsets.advance(store, steps)
            await quarantine.put(store, bad, now)
            kept = [await _keep(connection, each) for each in found]
        return sum(kept)


async def _keep(connection: AsyncConnection, decision: AnyDecision | LessonDecision) -> bool:
    if isinstance(decision, LessonDecision):
        return await lesson_decisions.record(connection, decision, publish=False)
    return await decisions.record(connection, decision, Lane.LIVE, publish=False)
