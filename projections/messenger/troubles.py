"""What the messenger does not do as it should, by any process that meets it.

Guarantees: one row a kind of trouble, with since when; ``projections.reports.obstacles`` shows it.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import transaction

_NOTE = text("""
    INSERT INTO messenger_troubles (kind, since, last_at, said)
    SELECT t.kind, clock_now(), clock_now(), t.said
      FROM unnest(CAST(:kinds AS text[]), CAST(:said AS text[])) AS t (kind, said)
    ON CONFLICT (kind) DO UPDATE SET last_at = excluded.last_at, said = excluded.said""")


class MessengerTroubles:
    """``gateway.health.HealthStore`` on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def note(self, troubles: Mapping[str, str], well: Sequence[str]) -> None:
        """These kinds are in trouble, each with what was said; those go well."""
        async with transaction(self._engine) as connection:
            if troubles:
                asked = {"kinds": list(troubles), "said": list(troubles.values())}
                await connection.execute(_NOTE, asked)
            if well:
                await connection.execute(
                    text("DELETE FROM messenger_troubles WHERE kind = ANY(CAST(:kinds AS text[]))"),
                    {"kinds": list(well)},
                )
