"""Catching up before acting: the store's side of ``domain.gate``.

While armed, no process changes a chat. ``arm`` is called at every start of reconcile and at
every backward step (a rewind, a restore, a recreated topic). The watcher then notes the ends
of all partitions seen *after* that moment; once ingest has passed them, and every mark set
until then is derived, it disarms. Any process may watch, several may at once. Only partitions
that Kafka still has count (``projections.gate.kafka_sights``).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.gate import CatchUpCause, Gate, Progress, lag, verdict
from projections.database import Driver, driver
from projections.gate import first_load, kafka_sights
from projections.gate.forgotten_chats import look_for_forgotten
from projections.gate.kafka_sights import Sight
from projections.instants import Instant, rows, set_right
from projections.queue import claims


@dataclass(frozen=True, slots=True)
class Look:
    """When, by the database, the topics' ends are about to be asked for, and what is armed then."""

    at: datetime
    armed_at: datetime | None


async def arm(connection: AsyncConnection, cause: CatchUpCause) -> None:
    """Change no chat until everything that the topics hold by now is read and derived."""
    await connection.execute(
        text("""UPDATE catch_up SET armed_at = clock_now(),
                       reason = CASE WHEN reason = :restored THEN reason ELSE :reason END,
                       ends_seen_at = NULL, passed_at = NULL"""),
        {"reason": cause.value, "restored": CatchUpCause.RESTORED.value},
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
    SELECT clock_now() AS now, c.armed_at, c.reason, c.ends_seen_at, c.passed_at, c.loading_since,
           CASE WHEN c.watched_at < 'infinity' THEN c.watched_at
                WHEN c.watched_at = 'infinity' THEN clock_now() END AS watched_at,
           c.lagging_since,
           (SELECT min(e.seen_at) FROM topic_ends e LEFT JOIN ingest_partitions p
                   USING (topic, part, topic_id)
             WHERE e.end_off > coalesce(p.next_off, 0)) AS oldest_unread,
           (SELECT min(since) FROM missing_topics) AS missing_since,
           CASE WHEN c.armed_at IS NULL THEN (SELECT min(marked_at) FROM stale_entities) END
                AS oldest_mark,
           (SELECT string_agg(topic || '/' || part, ', ' ORDER BY topic, part)
              FROM partitions_read WHERE state = 'gap') AS gaps
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
            if row.loading_since is not None:
                step = "the first load is being read, and chats are derived when it is"
        closed = f"catching up ({row.reason}): {step}"
    return Progress(
        now=row.now,
        closed_because=closed,
        oldest_unread=row.oldest_unread,
        oldest_mark=row.oldest_mark,
        missing_since=row.missing_since,
        watched_at=row.watched_at,
        lagging_since=row.lagging_since,
    )


async def watch(connection: AsyncConnection, sight: Sight, asked: Look) -> None:
    """Take in what Kafka has told since ``asked``.

    Of several watchers the latest word counts: one that stood still between its question and
    this call says nothing.
    """
    store = await driver(connection)
    # One watcher at a time from here on; an ``arm`` meanwhile waits, and then starts anew.
    row = await store.fetchrow(
        """SELECT armed_at, ends_seen_at, passed_at, watched_at,
                  coalesce(watched_at > :asked AND watched_at <= clock_now(), false) AS late
             FROM catch_up FOR UPDATE""",
        asked=asked.at,
    )
    if row is None or row["late"]:
        return
    # Marks are many while records are being read, and their age decides nothing then.
    await _set_right(store, marks=row["armed_at"] is None or row["passed_at"] is not None)
    await kafka_sights.note(store, sight, asked.at)
    since = row["watched_at"]
    await _sample(store, sight, asked.at if since is None else min(since, asked.at))
    armed_at = row["armed_at"]
    if armed_at is not None:
        if row["ends_seen_at"] is None and asked.armed_at == armed_at:
            await _note_ends(store, sight)
            await first_load.begin(store)
        await _advance(store, sight)
    await _note_lag(connection, store, asked.at)


_SEEN = """unnest(CAST(:topics AS text[]), CAST(:parts AS int[]), CAST(:topic_ids AS text[]),
                  CAST(:ends AS bigint[])) AS u (topic, part, topic_id, end_off)"""

# What is there now and was not at the last look may be there since just after it.
_SAMPLE = f"""
    INSERT INTO topic_ends (topic, part, topic_id, end_off, seen_at)
    SELECT u.topic, u.part, u.topic_id, u.end_off, :since FROM {_SEEN}
    ON CONFLICT DO NOTHING"""  # noqa: S608 - made of constants

# An end that went back was one of a log that is no more.
_DROP_BEYOND = f"""
    DELETE FROM topic_ends e USING {_SEEN}
     WHERE (e.topic, e.part) = (u.topic, u.part) AND e.end_off > u.end_off"""  # noqa: S608 - as above

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


_ENDS_AHEAD = "UPDATE topic_ends SET seen_at = clock_now() WHERE seen_at > clock_now()"

# ``least`` takes no null for what it is: that nothing has passed yet must stay so.
_CATCH_UP_AHEAD = """
    UPDATE catch_up
       SET passed_at = CASE WHEN passed_at > clock_now() THEN clock_now() ELSE passed_at END,
           lagging_since = CASE WHEN lagging_since > clock_now() THEN clock_now()
                                ELSE lagging_since END,
           loading_since = CASE WHEN loading_since > clock_now() THEN clock_now()
                                ELSE loading_since END
     WHERE greatest(passed_at, lagging_since, loading_since) > clock_now()"""


async def _set_right(store: Driver, *, marks: bool) -> None:
    """Nothing was marked, seen or passed later than now, nor is claimed for hours."""
    if marks:
        await claims.set_right_ahead(store)
    set_right(Instant.TOPIC_END, rows(await store.execute(_ENDS_AHEAD)))
    set_right(Instant.CATCH_UP, rows(await store.execute(_CATCH_UP_AHEAD)))


async def _sample(store: Driver, sight: Sight, since: datetime) -> None:
    columns = sight.columns()
    await store.execute(_DROP_BEYOND, **columns)
    await store.execute(_SAMPLE, **columns, since=since)
    await store.execute(_PRUNE)


async def _note_ends(store: Driver, sight: Sight) -> None:
    await store.execute("DELETE FROM catch_up_ends")
    await store.execute(
        f"""INSERT INTO catch_up_ends (topic, part, topic_id, end_off)
            SELECT u.* FROM {_SEEN}""",  # noqa: S608 - made of constants
        **sight.columns(),
    )
    await store.execute("UPDATE catch_up SET ends_seen_at = clock_now()")


async def _advance(store: Driver, sight: Sight) -> None:
    await store.execute(
        f"""UPDATE catch_up_ends c SET end_off = u.end_off FROM {_SEEN}
             WHERE (c.topic, c.part) = (u.topic, u.part) AND c.end_off > u.end_off""",  # noqa: S608 - as above
        **sight.columns(),
    )
    # Of a topic that is missing nobody knows the end.
    await store.execute(
        """UPDATE catch_up SET passed_at = clock_now()
            WHERE ends_seen_at IS NOT NULL AND passed_at IS NULL
              AND NOT EXISTS (SELECT FROM missing_topics) AND NOT EXISTS (
                  SELECT FROM catch_up_ends e
                    LEFT JOIN ingest_partitions p USING (topic, part, topic_id)
                   WHERE e.end_off > coalesce(p.next_off, 0) OR p.state = 'gap')"""
    )
    await first_load.end(store)
    reason = await store.fetchval(
        """UPDATE catch_up c SET armed_at = NULL, reason = NULL
             FROM (SELECT reason FROM catch_up) before
            WHERE passed_at IS NOT NULL AND NOT EXISTS (
                  SELECT FROM stale_entities s
                   WHERE s.marked_at <= c.passed_at OR s.marked_at > (SELECT clock_now()))
            RETURNING before.reason"""
    )
    if reason == CatchUpCause.RESTORED.value:
        await look_for_forgotten(store)


async def _note_lag(connection: AsyncConnection, store: Driver, looked_at: datetime) -> None:
    await store.execute("UPDATE catch_up SET watched_at = :looked_at", looked_at=looked_at)
    behind = lag(await progress(connection)) is not None
    await store.execute(
        """UPDATE catch_up SET lagging_since =
                  CASE WHEN :behind THEN coalesce(lagging_since, clock_now()) END""",
        behind=behind,
    )
