"""Marks that ingest sets: entities whose chats must be derived anew.

Guarantees: marks are set in sorted order, so two transactions cannot deadlock over them; one
that a worker has claimed gets a new generation and is free again, so nothing that the worker
may not have seen is cleared with it; and ``marked_at`` stays that of the first mark that is
not derived.
"""

from collections.abc import Mapping
from datetime import datetime

from domain.lanes import Lane
from projections.database import Driver, wake
from projections.facts.columns import MarkKey

CHANNEL = "rollcall_stale"
"""The NOTIFY channel that says: some mark was set."""

# A mark that nobody has claimed keeps its place in the queue: whoever claims it begins after
# this transaction has committed, and sees what it brings.
_SET = """
    INSERT INTO stale_entities AS s (kind, id, scope, lane, cause_at, marked_at)
    SELECT m.kind, m.id, m.scope, $5::smallint, m.cause_at, $6::timestamptz
      FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
           AS m (kind, id, scope, cause_at)
    ON CONFLICT (kind, id, scope) DO UPDATE
       SET generation = CASE WHEN s.claimed_until IS NULL THEN s.generation
                             ELSE excluded.generation END,
           claimed_until = NULL,
           lane = least(s.lane, excluded.lane),
           marked_at = least(s.marked_at, excluded.marked_at),
           cause_at = greatest(s.cause_at, excluded.cause_at)"""


async def set_marks(
    driver: Driver, touched: Mapping[MarkKey, datetime], lane: Lane, since: datetime
) -> None:
    """Mark these entities and wake the derive loop at commit.

    ``since``: since when what touched them may have been there for us to read.
    """
    if not touched:
        return
    keys = sorted(touched)
    await driver.execute(
        _SET,
        [kind for kind, _, _ in keys],
        [id_ for _, id_, _ in keys],
        [scope for _, _, scope in keys],
        [touched[key] for key in keys],
        int(lane),
        since,
    )
    wake(CHANNEL)
