"""The journal of decisions as it is read back from Kafka: each batch one committed transaction.

Guarantees: decisions, what is none, and how far was read commit together, from exactly the
offset that PostgreSQL has; a decision that is here already changes nothing.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.decisions import AnyDecision
from domain.lanes import Lane
from projections.by_hand import decisions
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
        found: Sequence[AnyDecision],
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
            kept = [
                await decisions.record(connection, each, Lane.LIVE, publish=False) for each in found
            ]
        return sum(kept)
