"""PostgreSQL's tables under a benchmark: their usual state, and how much is read of them.

What PostgreSQL counts for itself is told late, by a second while a session works and by ten where
it has nothing to do, so whoever compares two counts lets what went before come to rest first.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

REST_SECONDS: Final = 11.0
"""After so long without work everything that was done is in the counts."""

# Rows that an index was read for count even where the table was not looked into: who goes through
# a whole index reads as much as who goes through the table.
_READ: Final = text("""
    SELECT t.relname AS name, t.n_live_tup AS rows, coalesce(t.seq_scan, 0) AS scans,
           coalesce(t.seq_tup_read, 0) + coalesce(i.read, 0) AS read
      FROM pg_stat_user_tables t
      LEFT JOIN (SELECT relid, sum(idx_tup_read)::bigint AS read FROM pg_stat_user_indexes
                  GROUP BY relid) i USING (relid)""")

_COMMITS: Final = text("""
    SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()""")


@dataclass(frozen=True, slots=True)
class Table:
    """How many rows a table has, and how many were read of it and of its indexes so far."""

    rows: int
    scans: int
    read: int


async def tidy(engine: AsyncEngine) -> None:
    """As upkeep leaves them, so that what is measured next pays for nothing that was loaded."""
    async with engine.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("VACUUM (ANALYZE)"))
        await outside.execute(text("CHECKPOINT"))


async def tables(engine: AsyncEngine) -> dict[str, Table]:
    """Every table by its name."""
    async with engine.connect() as connection:
        return {
            row.name: Table(row.rows, row.scans, row.read)
            for row in await connection.execute(_READ)
        }


async def transactions(engine: AsyncEngine) -> int:
    """How many there were so far in this database."""
    async with engine.connect() as connection:
        return int((await connection.execute(_COMMITS)).scalar_one())
