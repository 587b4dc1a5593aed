"""Catching up before acting: the store's side of ``domain.gate``.

While armed, no process changes a chat. ``arm`` is called at every start of reconcile and at
every backward step (a rewind, a restore, a recreated topic). The watcher then notes the ends
of all partitions seen *after* that moment; once ingest has passed them, and every mark set
until then is derived, it disarms. Any process may watch, several may at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.gate import Gate, Progress, lag, verdict
from projections.database import Driver, driver
from projections.doubts import raise_doubts

RESTORED = "the database was restored"
"""The reason that outlives other reasons to arm: at its end chats are looked for."""

Ends = Mapping[tuple[str, int], int]
"""The end offset of each (topic, partition): the offset that the next record will get."""


@dataclass(frozen=True, slots=True)
class Look:
    """When, by the database, the topics' ends are about to be asked for, and what is armed then."""

    at: datetime
    armed_at: datetime | None


async def arm(connection: AsyncConnection, reason: str) -> None:
    """Change no chat until everything that the topics hold by now is read and derived."""
    await connection.execute(
        text("""UPDATE catch_up SET armed_at = clock_now(),
                       reason = CASE WHEN reason = :restored THEN reason ELSE :reason END,
                       ends_seen_at = NULL, passed_at = NULL"""),
        {"reason": reason, "restored": RESTORED},
    )
    await connection.execute(text("DELETE FROM catch_up_ends"))


async def look(connection: AsyncConnection) -> Look:
    """To be called before Kafka is asked: what it tells may be that old when it is taken in."""
    row = (await connection.execute(text("SELECT clock_now() AS at, armed_at FROM catch_up"))).one()
    return Look(row.at, row.armed_at)


async def gate(connection: AsyncConnection) -> Gate:
    """Whether chats may be changed now."""
    return verdict(await progress(connection))


# Marks are many while the catch-up is armed, and their age decides nothing then.
_PROGRESS = text("""
    SELECT clock_now() AS now, c.armed_at, c.reason, c.ends_seen_at, c.passed_at,
           c.watched_at, c.lagging_since,
           (SELECT min(e.seen_at) FROM topic_ends e LEFT JOIN ingest_partitions p
                   USING (topic, part) WHERE e.end_off > coalesce(p.next_off, 0)) AS oldest_unread,
           CASE WHEN c.armed_at IS NULL THEN (SELECT min(marked_at) FROM stale_entities) END
                AS oldest_mark,
           (SELECT string_agg(topic || '/' || part, ', ' ORDER BY topic, part)
              FROM ingest_partitions WHERE state = 'gap') AS gaps
      FROM catch_up c""")


async def progress(connection: AsyncConnection) -> Progress:
    """How far ingest and derive are."""
    row = (await connection.execute(_PROGRESS)).one()
    closed: str | None = None
    if row.gaps is not None:
        closed = f"records are missing in {row.gaps}; a person must acknowledge it"
    elif row.armed_at is not None:
        step = "everything that was there then is read"
        if row.ends_seen_at is None:
            step = "the topics' ends are not known yet"
        elif row.passed_at is None:
            step = "records are being read"
        closed = f"catching up ({row.reason}): {step}"
    return Progress(
        now=row.now,
        closed_because=closed,
        oldest_unread=row.oldest_unread,
        oldest_mark=row.oldest_mark,
        watched_at=row.watched_at,
        lagging_since=row.lagging_since,
    )


async def watch(connection: AsyncConnection, ends: Ends, asked: Look) -> None:
    """Take in the ends that Kafka has told since ``asked``.

    Of several watchers the latest word counts: one that stood still between its question and
    this call says nothing.
    """
    store = await driver(connection)
    # One watcher at a time from here on; an ``arm`` meanwhile waits, and then starts anew.
    row = await store.fetchrow(
        """SELECT armed_at, ends_seen_at, watched_at,
                  coalesce(watched_at > $1 AND watched_at <= clock_now(), false) AS late
             FROM catch_up FOR UPDATE""",
        asked.at,
    )
    if row is None or row["late"]:
        return
    await _sample(store, ends, row["watched_at"] or asked.at)
    armed_at = row["armed_at"]
    if armed_at is not None:
        if row["ends_seen_at"] is None and asked.armed_at == armed_at:
            await _note_ends(store, ends)
        await _advance(store, ends)
    await _note_lag(connection, store, asked.at)


# What is there now and was not at the last look may be there since just after it.
_SAMPLE = """
    INSERT INTO topic_ends (topic, part, end_off, seen_at)
    SELECT u.topic, u.part, u.end_off, $4
      FROM unnest($1::text[], $2::int[], $3::bigint[]) AS u (topic, part, end_off)
    ON CONFLICT DO NOTHING"""

# An end that went back belongs to a topic that is no more.
_DROP_FOREIGN = """
    DELETE FROM topic_ends e
     USING unnest($1::text[], $2::int[], $3::bigint[]) AS u (topic, part, end_off)
     WHERE (e.topic, e.part) = (u.topic, u.part) AND e.end_off > u.end_off"""

# Of the older ones the newest is enough: what is unread there is old, and that is all we ask.
_PRUNE = """
    DELETE FROM topic_ends e
     WHERE e.seen_at < clock_now() - interval '2 minutes'
       AND (EXISTS (SELECT FROM ingest_partitions p WHERE (p.topic, p.part) = (e.topic, e.part)
                       AND p.next_off >= e.end_off)
            OR EXISTS (SELECT FROM topic_ends later
                        WHERE (later.topic, later.part) = (e.topic, e.part)
                          AND later.end_off > e.end_off
                          AND later.seen_at < clock_now() - interval '2 minutes'))
       AND EXISTS (SELECT FROM topic_ends later
                    WHERE (later.topic, later.part) = (e.topic, e.part)
                      AND later.end_off > e.end_off)"""


def _columns(ends: Ends) -> tuple[list[str], list[int], list[int]]:
    keys = sorted(ends)
    return [topic for topic, _ in keys], [part for _, part in keys], [ends[key] for key in keys]


async def _sample(store: Driver, ends: Ends, since: datetime) -> None:
    columns = _columns(ends)
    await store.execute(_DROP_FOREIGN, *columns)
    await store.execute(_SAMPLE, *columns, since)
    await store.execute(_PRUNE)


async def _note_ends(store: Driver, ends: Ends) -> None:
    await store.execute("DELETE FROM catch_up_ends")
    await store.execute(
        """INSERT INTO catch_up_ends (topic, part, end_off)
           SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])""",
        *_columns(ends),
    )
    await store.execute("UPDATE catch_up SET ends_seen_at = clock_now()")


async def _advance(store: Driver, ends: Ends) -> None:
    await store.execute(
        """UPDATE catch_up_ends c SET end_off = u.end_off
             FROM unnest($1::text[], $2::int[], $3::bigint[]) AS u (topic, part, end_off)
            WHERE (c.topic, c.part) = (u.topic, u.part) AND c.end_off > u.end_off""",
        *_columns(ends),
    )
    await store.execute(
        """UPDATE catch_up SET passed_at = clock_now()
            WHERE ends_seen_at IS NOT NULL AND passed_at IS NULL AND NOT EXISTS (
                  SELECT FROM catch_up_ends e LEFT JOIN ingest_partitions p USING (topic, part)
                   WHERE e.end_off > coalesce(p.next_off, 0) OR p.state = 'gap')"""
    )
    reason = await store.fetchval(
        """UPDATE catch_up c SET armed_at = NULL, reason = NULL
             FROM (SELECT reason FROM catch_up) before
            WHERE passed_at IS NOT NULL AND NOT EXISTS (
                  SELECT FROM stale_entities s WHERE s.marked_at <= c.passed_at)
            RETURNING before.reason"""
    )
    if reason == RESTORED:
        await raise_doubts(store)


async def _note_lag(connection: AsyncConnection, store: Driver, looked_at: datetime) -> None:
    await store.execute("UPDATE catch_up SET watched_at = $1", looked_at)
    behind = lag(await progress(connection)) is not None
    await store.execute(
        """UPDATE catch_up SET lagging_since =
                  CASE WHEN $1 THEN coalesce(lagging_since, clock_now()) END""",
        behind,
    )
