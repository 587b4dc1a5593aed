"""What a year leaves in PostgreSQL: autovacuum's rule by our clock, sizes, and retention.

Autovacuum looks once a minute by real time, and a day is a second here. So it is switched off,
and at the end of each day the benchmark asks PostgreSQL's own question of each table, by the same
counters and by the settings of server and table, and runs VACUUM or ANALYZE where the answer is
yes. A real one looks 1,440 times a day: what is measured is no better than it would be there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from projections.watch.upkeep import CALLS_DAYS, RESERVATIONS_DAYS, Retention
from tests.servers.databases import database_name, database_url

FLOOR_BYTES: Final = 256 * 1024
"""What is smaller than this when it is rewritten counts as this much: a few pages are no bloat."""

MOST: Final = 2.0
"""How many times its size when rewritten a table may have."""

# PostgreSQL 18's relation_needs_vacanalyze, but for wraparound, which no year comes near.
_DUE: Final = """
    WITH settings AS (
        SELECT s.relid, s.relname, s.n_dead_tup, s.n_mod_since_analyze, s.n_ins_since_vacuum,
               greatest(c.reltuples, 0) AS rows,
               1 - CASE WHEN c.relpages > 0
                        THEN least(c.relallfrozen::float8 / c.relpages, 1) ELSE 0 END AS unfrozen,
               coalesce((SELECT jsonb_object_agg(o.option_name, o.option_value)
                           FROM pg_options_to_table(c.reloptions) o), '{}') AS own
          FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
         WHERE s.schemaname = 'public'),
    limits AS (
        SELECT t.*,
               coalesce((own->>'autovacuum_enabled')::boolean, true) AS enabled,
               pick('autovacuum_vacuum_threshold') AS base,
               pick('autovacuum_vacuum_scale_factor') AS scale,
               pick('autovacuum_vacuum_max_threshold') AS most,
               pick('autovacuum_vacuum_insert_threshold') AS insert_base,
               pick('autovacuum_vacuum_insert_scale_factor') AS insert_scale,
               pick('autovacuum_analyze_threshold') AS analyze_base,
               pick('autovacuum_analyze_scale_factor') AS analyze_scale
          FROM settings t)
    SELECT relname,
           n_dead_tup > CASE WHEN most >= 0 THEN least(base + scale * rows, most)
                             ELSE base + scale * rows END
           OR (insert_base >= 0
               AND n_ins_since_vacuum > insert_base + insert_scale * rows * unfrozen) AS vacuum,
           n_mod_since_analyze > analyze_base + analyze_scale * rows AS "analyze"
      FROM limits WHERE enabled"""

_PICKED: Final = (
    "autovacuum_vacuum_threshold", "autovacuum_vacuum_scale_factor",
    "autovacuum_vacuum_max_threshold", "autovacuum_vacuum_insert_threshold",
    "autovacuum_vacuum_insert_scale_factor", "autovacuum_analyze_threshold",
    "autovacuum_analyze_scale_factor",
)  # fmt: skip

_SIZES: Final = """
    SELECT c.relname, pg_total_relation_size(c.oid) AS bytes,
           pg_indexes_size(c.oid) AS indexes
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"""

_OVERDUE: Final = {
    "fact_history": "superseded_at < clock_now() - make_interval(days => $1)",
    "past_memberships": """known_from < clock_now() - make_interval(days => $1)
        AND EXISTS (SELECT FROM membership_history l
                     WHERE (l.chat_id, l.person_id) = (t.chat_id, t.person_id)
                       AND l.entry > t.entry)""",
    "intents": "settled_at < clock_now() - make_interval(days => $1)",
    "lesson_intents": "settled_at < clock_now() - make_interval(days => $1)",
    "outbox": "published_at < clock_now() - make_interval(days => $1)",
    "removal_reservations": """spent_at < clock_now() - make_interval(days => $1)
        AND NOT in_doubt
        AND NOT EXISTS (SELECT FROM intents i WHERE i.reservation_id = t.reservation_id)""",
    "webhook_hints": "received_at < clock_now() - make_interval(days => $1)",
}
"""What of each table should have gone, by the days for which it is kept."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table at the end: its size with indexes and TOAST, and the same when rewritten."""

    name: str
    rows: int
    bytes: int
    index_bytes: int
    live_bytes: int

    @property
    def ratio(self) -> float:
        """How many times its size when rewritten, where that is more than a few pages."""
        return self.bytes / max(self.live_bytes, FLOOR_BYTES)

    @property
    def is_bloated(self) -> bool:
        """Whether that is more than it may be."""
        return self.ratio > MOST


@dataclass(slots=True)
class Autovacuum:
    """PostgreSQL's autovacuum, which looks when it is asked to."""

    url: str
    vacuums: int = 0
    analyzes: int = 0

    async def look(self) -> None:
        """What it would do now."""
        connection = await asyncpg.connect(self.url)
        try:
            for row in await connection.fetch(_question()):
                await self._tend(connection, row)
        finally:
            await connection.close()

    async def _tend(self, connection: Any, row: Any) -> None:  # noqa: ANN401 - asyncpg ships no types
        self.vacuums += row["vacuum"]
        self.analyzes += row["analyze"]
        if row["vacuum"]:
            also = "(ANALYZE) " if row["analyze"] else ""
            await connection.execute(f"VACUUM {also}{row['relname']}")
        elif row["analyze"]:
            await connection.execute(f"ANALYZE {row['relname']}")


def _question() -> str:
    question = _DUE
    for name in _PICKED:
        of_table = f"coalesce((own->>'{name}')::float8, current_setting('{name}')::float8)"
        question = question.replace(f"pick('{name}')", of_table)
    return question


async def switch_autovacuum_off(url: str) -> None:
    """For the whole server, which is the benchmark's own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ALTER SYSTEM SET autovacuum = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def tables(url: str) -> list[Table]:
    """Every table beside itself when rewritten in a copy; nobody may be connected."""
    name = database_name(url)
    copy = f"{name}_rewritten"
    server = await asyncpg.connect(database_url(url, "postgres"))
    try:
        await server.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        try:
            live = await _sizes(database_url(url, copy), rewrite=True)
        finally:
            await server.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')
    finally:
        await server.close()
    return [
        Table(table, rows, size, indexes, live[table][1])
        for table, (rows, size, indexes) in (await _sizes(url, rewrite=False)).items()
    ]


async def _sizes(url: str, *, rewrite: bool) -> dict[str, tuple[int, int, int]]:
    connection = await asyncpg.connect(url)
    try:
        if rewrite:
            await connection.execute("VACUUM FULL")
        return {
            row["relname"]: (
                await connection.fetchval(f"SELECT count(*) FROM {row['relname']}"),  # noqa: S608 - a table
                row["bytes"],
                row["indexes"],
            )
            for row in await connection.fetch(_SIZES)
        }
    finally:
        await connection.close()


def kept_days(retention: Retention, hints_days: int) -> dict[str, int]:
    """For how many days each table keeps what is over."""
    return {
        "fact_history": retention.fact_history,
        "past_memberships": retention.membership_history,
        "intents": retention.intents,
        "lesson_intents": retention.intents,
        "outbox": retention.outbox,
        "removal_reservations": RESERVATIONS_DAYS,
        "webhook_hints": hints_days,
    }


async def overdue(url: str, kept: dict[str, int]) -> dict[str, int]:
    """Rows that are there and should have gone, by table; of lessons' calls those still told."""
    connection = await asyncpg.connect(url)
    try:
        found = {
            table: await connection.fetchval(
                f"SELECT count(*) FROM {table} t WHERE {_OVERDUE[table]}",  # noqa: S608 - made of constants
                days,
            )
            for table, days in kept.items()
        }
        found["lesson_calls"] = await connection.fetchval(
            """SELECT count(*) FROM lesson_calls l JOIN fact_lessons f USING (lesson_id)
                WHERE NOT l.live AND l.call_id IS NOT NULL
                  AND f.ends_at < clock_now() - make_interval(days => $1)""",
            CALLS_DAYS,
        )
        return found
    finally:
        await connection.close()


def bloated(found: Sequence[Table]) -> list[Table]:
    """Those that are larger than they may be."""
    return [table for table in found if table.is_bloated]
