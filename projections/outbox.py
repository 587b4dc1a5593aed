"""The outbox: events of ours, written with the change that they tell of, published later.

Guarantees: at least once, in the order of ``entry``, with an id that stays the same over all
repetitions. Two changes of one chat are never under way at once (the lease), so the order
holds for each chat.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.database import driver

SOURCE = "rollcall"
"""The CloudEvents source of everything that we publish."""

_LOCK = 0x4F757462  # «Outb»: one publisher at a time, so the order holds


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event to publish: its topic, the record's key, and the whole event as JSON."""

    entry: int
    topic: str
    key: str
    value: str


async def add(
    connection: AsyncConnection,
    *,
    event_id: str,
    topic: str,
    event_type: str,
    subject: str,
    data: Mapping[str, object],
) -> None:
    """Add an event to the transaction; one with a known ``event_id`` is not added again."""
    await connection.execute(
        text("""INSERT INTO outbox (event_id, topic, key, value, created_at)
                SELECT :id, :topic, :subject, CAST(:event AS jsonb) || jsonb_build_object('time',
                       to_char(now.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
                       now.at
                  FROM (SELECT clock_now() AS at) AS now
                ON CONFLICT (event_id) DO NOTHING"""),
        {
            "id": event_id,
            "topic": topic,
            "subject": subject,
            "event": json.dumps(
                {
                    "specversion": "1.0",
                    "id": event_id,
                    "source": SOURCE,
                    "type": event_type,
                    "subject": subject,
                    "datacontenttype": "application/json",
                    "data": dict(data),
                }
            ),
        },
    )


async def take(connection: AsyncConnection, limit: int) -> list[Outgoing]:
    """The oldest events to publish; none while another publisher is at work.

    The lock is held until the transaction ends: publish and call ``published`` within it.
    """
    store = await driver(connection)
    if not await store.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
        return []
    rows = await store.fetch(
        """SELECT entry, topic, key, value::text AS value FROM outbox WHERE published_at IS NULL
            ORDER BY entry LIMIT $1""",
        limit,
    )
    return [Outgoing(row["entry"], row["topic"], row["key"], row["value"]) for row in rows]


async def published(connection: AsyncConnection, entries: Sequence[int]) -> None:
    """Kafka has acknowledged these."""
    store = await driver(connection)
    await store.execute(
        "UPDATE outbox SET published_at = clock_now() WHERE entry = ANY($1::bigint[])",
        list(entries),
    )
