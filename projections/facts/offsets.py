"""Where ingest stands in each partition: the truth beside the facts, in one transaction.

Guarantees: offsets move only by compare-and-set, so of two processes that read the same
partition one is refused with ``OffsetsMoved`` before it writes anything. ``next_off`` is the
first offset that was not read; ``reached_off`` the highest that it ever was, which tells a
rewind (ours) from a restored database (Kafka remembers more than we do).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.gate import CatchUpCause
from projections.database import Driver, driver
from projections.errors import OffsetsMoved
from projections.gate import catch_up, kafka_sights, restores
from projections.queue import due, lesson_doubts

PartitionKey = tuple[str, int]
"""Topic and partition."""


NOT_KNOWN = -1
"""The leader epoch of a record that was not told."""


class ReadingState(Enum):
    """Whether a partition is read; in a gap, and where it was stopped, it waits for a person."""

    READING = "reading"
    GAP = "gap"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Position:
    """A row of ``ingest_partitions``.

    ``leader_epoch`` is Kafka's of the last batch before ``next_off``: with it Kafka can tell
    whether its log still holds what we read.
    """

    topic_id: str
    next_off: int
    reached_off: int
    state: ReadingState = ReadingState.READING
    reason: str | None = None
    leader_epoch: int = NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Step:
    """From where to where a batch reads in one partition of the topic ``topic_id``."""

    topic: str
    part: int
    topic_id: str
    start: int
    end: int
    leader_epoch: int = NOT_KNOWN


async def unread_since(store: Driver, steps: Sequence[Step]) -> datetime | None:
    """Since when Kafka may hold what these steps have read; None where nobody ever looked.

    What they mark is as old as that for the gate: reading is no new beginning.
    """
    found: datetime | None = await store.fetchval(
        """SELECT coalesce(min(e.seen_at), (SELECT watched_at FROM catch_up))
             FROM topic_ends e
             JOIN unnest(CAST(:topics AS text[]), CAST(:parts AS int[]),
                         CAST(:starts AS bigint[]), CAST(:topic_ids AS text[]))
                  AS u (topic, part, start_off, topic_id) USING (topic, part, topic_id)
            WHERE e.end_off > u.start_off""",
        topics=[step.topic for step in steps],
        parts=[step.part for step in steps],
        starts=[step.start for step in steps],
        topic_ids=[step.topic_id for step in steps],
    )
    return found


async def load(connection: AsyncConnection, topics: Sequence[str]) -> dict[PartitionKey, Position]:
    """Where every partition of these topics stands, of those ever read."""
    rows = await connection.execute(
        text("""SELECT topic, part, topic_id, next_off, reached_off, state, state_reason,
                       leader_epoch
                  FROM ingest_partitions WHERE topic = ANY(:topics)"""),
        {"topics": list(topics)},
    )
    return {
        (row.topic, row.part): Position(
            row.topic_id,
            row.next_off,
            row.reached_off,
            ReadingState(row.state),
            row.state_reason,
            row.leader_epoch,
        )
        for row in rows
    }


_ADVANCE = """
    UPDATE ingest_partitions p
       SET next_off = u.end_off, reached_off = greatest(p.reached_off, u.end_off),
           leader_epoch = u.leader_epoch, updated_at = clock_now()
      FROM unnest(CAST(:topics AS text[]), CAST(:parts AS int[]), CAST(:topic_ids AS text[]),
                  CAST(:starts AS bigint[]), CAST(:ends AS bigint[]), CAST(:epochs AS int[]))
           AS u (topic, part, topic_id, start_off, end_off, leader_epoch)
     WHERE (p.topic, p.part, p.topic_id, p.next_off)
         = (u.topic, u.part, u.topic_id, u.start_off) AND p.state = 'reading'
    RETURNING p.updated_at"""


async def advance(store: Driver, steps: Sequence[Step]) -> datetime:
    """Move the offsets of these partitions; the answer is database time.

    Raises:
        OffsetsMoved: one of them is not where the step starts.
    """
    ordered = sorted(steps, key=lambda step: (step.topic, step.part))
    rows = await store.fetch(
        _ADVANCE,
        topics=[step.topic for step in ordered],
        parts=[step.part for step in ordered],
        topic_ids=[step.topic_id for step in ordered],
        starts=[step.start for step in ordered],
        ends=[step.end for step in ordered],
        epochs=[step.leader_epoch for step in ordered],
    )
    if len(rows) != len(ordered):
        raise OffsetsMoved("a partition is not where this batch starts")
    now: datetime = rows[0][0]
    return now


async def place(
    connection: AsyncConnection, key: PartitionKey, before: Position | None, after: Position
) -> None:
    """Write where a partition stands, if it still is as ``before`` (None: no row).

    Raises:
        OffsetsMoved: somebody else was here.
    """
    store = await driver(connection)
    values = {
        "topic": key[0],
        "part": key[1],
        "id": after.topic_id,
        "next": after.next_off,
        "reached": after.reached_off,
        "state": after.state.value,
        "reason": after.reason,
        "epoch": after.leader_epoch,
    }
    if before is None:
        rows = await store.fetch(
            """INSERT INTO ingest_partitions (topic, part, topic_id, next_off, reached_off,
                                              state, state_reason, leader_epoch, updated_at)
               VALUES (:topic, :part, :id, :next, :reached, :state, :reason, :epoch, clock_now())
               ON CONFLICT DO NOTHING RETURNING 1""",
            **values,
        )
    else:
        rows = await store.fetch(
            """UPDATE ingest_partitions
                  SET topic_id = :id, next_off = :next, reached_off = :reached, state = :state,
                      state_reason = :reason, leader_epoch = :epoch, updated_at = clock_now()
                WHERE (topic, part, topic_id, next_off) = (:topic, :part, :former_id, :former_next)
               RETURNING 1""",
            **values,
            former_id=before.topic_id,
            former_next=before.next_off,
        )
    if not rows:
        raise OffsetsMoved("a partition was placed by another process")
    now = await store.fetchval("SELECT clock_now()")
    await kafka_sights.see(store, {key: after.topic_id}, now)


async def rewind(connection: AsyncConnection, topics: Sequence[str] | None = None) -> int:
    """Have every partition of these topics (None: of all) read again from its beginning.

    The catch-up is armed; running ingest notices within a second and seeks. The answer is the
    number of partitions.
    """
    rows = await connection.execute(
        text("""UPDATE ingest_partitions SET next_off = 0, leader_epoch = -1,
                       updated_at = clock_now()
                 WHERE state = 'reading' AND (CAST(:topics AS text[]) IS NULL
                                              OR topic = ANY(CAST(:topics AS text[])))
                RETURNING 1"""),
        {"topics": None if topics is None else list(topics)},
    )
    count = len(rows.all())
    await catch_up.arm(connection, CatchUpCause.REPLAY)
    return count


@dataclass(frozen=True, slots=True)
class Gap:
    """A partition that waits for a person, why, and where reading would go on."""

    topic: str
    part: int
    next_off: int
    reason: str
    since: datetime


async def gaps(connection: AsyncConnection) -> list[Gap]:
    """The partitions whose records are missing."""
    rows = await connection.execute(
        text("""SELECT topic, part, next_off, coalesce(state_reason, '') AS reason, updated_at
                  FROM partitions_read WHERE state = 'gap' ORDER BY topic, part""")
    )
    return [Gap(*row) for row in rows]


async def acknowledge_gap(connection: AsyncConnection, topic: str, part: int) -> bool:
    """A person accepts that records are missing: read on from where the log starts.

    ``next_off`` of a gap is the log's start. False where there is no gap.
    """
    rows = await connection.execute(
        text("""UPDATE ingest_partitions
                   SET state = 'reading', state_reason = NULL, updated_at = clock_now()
                 WHERE topic = :topic AND part = :part AND state = 'gap' RETURNING 1"""),
        {"topic": topic, "part": part},
    )
    found = bool(rows.all())
    if found:
        await catch_up.arm(connection, CatchUpCause.GAP_ACKNOWLEDGED)
    return found


async def forget_observed(connection: AsyncConnection) -> None:
    """The database is older than the messenger: what chats hold is unknown, all are due.

    Which chats may have been made since then is decided once all is read again.
    """
    await restores.mark_all(connection)
    await due.look_at_all(connection)
    await lesson_doubts.doubt_all(connection)
    await catch_up.arm(connection, CatchUpCause.RESTORED)
