"""The brake on our own bugs: a faulty release must not set a region aside record by record.

A record that our code or PostgreSQL fails over, though the contract takes it, is set aside, so
that it costs no good one behind it. Guarantees: where such records are more than ``IN_A_ROW``
after each other, or more than ``IN_A_THOUSAND`` of the last thousand of a partition, nothing more
of it is read until a person says so. It is counted by what stands in quarantine, in the
transaction that would add to it, so a restart does not begin to count anew.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.database import Driver
from projections.errors import TooManyFailures
from projections.facts.offsets import PartitionKey, Position, Step
from projections.facts.quarantine import BadRecord, Cause

IN_A_ROW: Final = 5
IN_A_THOUSAND: Final = 20
WINDOW: Final = 1000

REASON: Final = (
    f"our own code fails over its records: more than {IN_A_ROW} in a row, or {IN_A_THOUSAND} of"
    f" the last {WINDOW}"
)

_COUNT = """
    SELECT count(*) FILTER (WHERE off >= :next - CAST(:few AS bigint)) AS row, count(*) AS all
      FROM quarantine
     WHERE topic_id = :topic_id AND part = :part AND cause <> 'contract'
       AND off < :next AND off >= :next - CAST(:many AS bigint)"""


async def check(store: Driver, bad: Sequence[BadRecord], steps: Sequence[Step]) -> None:
    """Look at the partitions in which this transaction has set something of ours aside.

    Raises:
        TooManyFailures: they are too many.
    """
    ours = {(each.topic, each.part): each.off for each in bad if each.cause is not Cause.CONTRACT}
    for step in steps:
        last = ours.get((step.topic, step.part))
        if last is None:
            continue
        found = await store.fetchrow(
            _COUNT,
            topic_id=step.topic_id,
            part=step.part,
            next=last + 1,
            many=WINDOW,
            few=IN_A_ROW + 1,
        )
        if found is not None and (found["row"] > IN_A_ROW or found["all"] > IN_A_THOUSAND):
            raise TooManyFailures(f"{step.topic}/{step.part}: {REASON}")


async def stop(connection: AsyncConnection, key: PartitionKey, standing: Position) -> None:
    """Read no more of a partition, where it still stands as we think."""
    await connection.execute(
        text("""UPDATE ingest_partitions
                   SET state = 'stopped', state_reason = :reason, updated_at = clock_now()
                 WHERE (topic, part, topic_id, next_off) = (:topic, :part, :id, :next)
                   AND state = 'reading'"""),
        {
            "reason": REASON,
            "topic": key[0],
            "part": key[1],
            "id": standing.topic_id,
            "next": standing.next_off,
        },
    )


async def release(connection: AsyncConnection) -> int:
    """Read on everywhere; how many partitions were stopped.

    Those that fail again stop again: what was set aside meanwhile still counts.
    """
    rows = await connection.execute(
        text("""UPDATE ingest_partitions
                   SET state = 'reading', state_reason = NULL, updated_at = clock_now()
                 WHERE state = 'stopped' RETURNING 1""")
    )
    return len(rows.all())
