"""How things stand, in one snapshot: what is stale, due, leased, held, blocked, quarantined.

``rollcall status`` and the console show it. Lag is not here: only Kafka knows its ends.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.backlog import LATELY, minutes_left
from projections.reports.open_drift import LEFT, PROPOSAL

_STATUS = text(f"""
    SELECT (SELECT count(*) FROM stale_entities) AS stale,
           (SELECT count(*) FROM chats WHERE next_change_at <= (SELECT clock_now())) AS turning,
           count(*) FILTER (WHERE s.due_at <= clock_now() + interval '1 minute') AS due,
           count(*) FILTER (WHERE s.lease_until > clock_now()) AS leased,
           count(*) FILTER (WHERE s.last_converged_at
                                  > clock_now() - make_interval(secs => :lately)) AS done_lately,
           (SELECT count(*) FROM intents WHERE settled_at IS NULL) AS in_flight,
           count(*) FILTER (WHERE s.waiting = 'held') AS held,
           count(*) FILTER (WHERE s.waiting = 'rejected') AS rejected,
           count(*) FILTER (WHERE s.waiting IN ('parked', 'gone')) AS parked,
           count(*) FILTER (WHERE s.waiting = 'gone') AS gone,
           count(*) FILTER (WHERE s.waiting = 'refused') AS refused,
           (SELECT count(*) FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id)
             WHERE l.live AND (l.due_at <= clock_now() + interval '1 minute'
                               OR l.lease_until > clock_now()
                               OR l.seen IS DISTINCT FROM w.fingerprint)) AS lessons_due,
           (SELECT count(*) FROM blocked_accounts) AS blocked,
           (SELECT count(*) FROM drift d WHERE d.resolution IS NULL) AS drift,
           (SELECT count(*) FROM drift d WHERE d.resolution IS NULL AND {PROPOSAL}) AS proposals,
           (SELECT count(*) FROM drift d WHERE d.resolution IS NULL AND {LEFT}) AS left_out,
           (SELECT reason FROM adding WHERE off_since IS NOT NULL) AS adding_off,
           count(*) FILTER (WHERE s.answered_since IS NOT NULL) AS answered_only,
           (SELECT json_object_agg(ring, calls) FROM call_limits) AS call_limits,
           (SELECT count(*) FROM quarantine) AS quarantined,
           (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS unpublished,
           (SELECT armed_at FROM catch_up) AS armed_at,
           (SELECT reason FROM catch_up) AS armed_reason
      FROM chat_sync s""")  # noqa: S608 - constants

_POSITIONS = text("SELECT topic, part, topic_id, next_off, state FROM partitions_read")


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of one moment. ``due`` counts chats due within a minute.

    ``done_lately`` are chats that were found or made as they should be in ``backlog.LATELY``.
    ``held`` chats wait for a decision, of ``rejected`` ones a person has decided against it.
    ``gone`` are those of the parked chats that the messenger deleted for ever. Of what people
    changed in the messenger (``drift``), ``proposals`` are for a person to decide, and
    ``left_out`` went out and are not put back yet. ``adding_off`` is why nobody can be added.
    ``answered_only`` are chats of which part rests on answers that no read has confirmed yet.
    ``lessons_due``: distance lessons whose call is to be looked at, or is about to be.
    ``call_limits``: fewer calls a second than set are taken, of ``all`` or of a class.
    """

    stale: int
    turning: int
    due: int
    leased: int
    done_lately: int
    in_flight: int
    held: int
    rejected: int
    parked: int
    gone: int
    refused: int
    lessons_due: int
    blocked: int
    drift: int
    proposals: int
    left_out: int
    adding_off: str | None
    answered_only: int
    call_limits: dict[str, int] | None
    quarantined: int
    unpublished: int
    armed_at: datetime | None
    armed_reason: str | None

    @property
    def minutes_left(self) -> int | None:
        """How long the chats that are due take at the pace of late; None where it is not known."""
        return minutes_left(self.due, self.done_lately)

    @property
    def busy(self) -> int:
        """How much is still to be done by the loops themselves."""
        chats = self.due + self.leased + self.in_flight
        return self.stale + self.turning + chats + self.lessons_due


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """Where ingest stands in one partition."""

    topic: str
    partition: int
    topic_id: str
    next_offset: int
    state: str


async def status(connection: AsyncConnection) -> Status:
    """How things stand now."""
    row = (await connection.execute(_STATUS, {"lately": LATELY.total_seconds()})).one()
    return Status(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


async def positions(connection: AsyncConnection) -> list[PartitionRow]:
    """Where ingest stands in each partition that it has met and Kafka still has."""
    return [
        PartitionRow(row.topic, row.part, row.topic_id, row.next_off, row.state)
        for row in await connection.execute(_POSITIONS)
    ]
