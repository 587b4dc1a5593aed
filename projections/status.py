"""How things stand, in one snapshot: what is stale, due, leased, held, blocked, quarantined.

``rollcall status`` and the console show it. Lag is not here: only Kafka knows its ends.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.open_drift import LEFT, PROPOSAL
from projections.reconcile.adding import REASON

_STATUS = text(f"""
    SELECT (SELECT count(*) FROM stale_entities) AS stale,
           (SELECT count(*) FROM chats WHERE next_change_at <= clock_now()) AS turning,
           count(*) FILTER (WHERE s.due_at <= clock_now() + interval '1 minute') AS due,
           count(*) FILTER (WHERE s.lease_until > clock_now()) AS leased,
           (SELECT count(*) FROM intents WHERE settled_at IS NULL) AS in_flight,
           count(*) FILTER (WHERE s.waiting = 'held') AS held,
           count(*) FILTER (WHERE s.waiting IN ('parked', 'gone')) AS parked,
           count(*) FILTER (WHERE s.waiting = 'gone') AS gone,
           count(*) FILTER (WHERE s.waiting = 'refused') AS refused,
           (SELECT count(*) FROM blocked_accounts) AS blocked,
           (SELECT count(*) FROM drift d WHERE d.resolution IS NULL) AS drift,
           (SELECT count(*) FROM drift d WHERE d.resolution IS NULL AND {PROPOSAL}) AS proposals,
           (SELECT count(*) FROM drift d WHERE d.resolution IS NULL AND {LEFT}) AS left_out,
           (SELECT reason FROM adding WHERE off_since IS NOT NULL) AS adding_off,
           (SELECT count(*) FROM quarantine) AS quarantined,
           (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS unpublished,
           (SELECT armed_at FROM catch_up) AS armed_at,
           (SELECT reason FROM catch_up) AS armed_reason
      FROM chat_sync s""")  # noqa: S608 - constants

_SURVEY = text("""
    SELECT state, count(*) AS chats, sum(expected) AS expected,
           sum(deliverable) AS deliverable, sum(observed) AS observed
      FROM dashboard.chats GROUP BY state""")

# Where people can be added, it is those of whom the messenger said otherwise. Where they cannot,
# it is everybody who is outside of a chat that is there: one pass over all memberships.
_INVITED = text("""
    SELECT CASE WHEN off_since IS NULL
                THEN (SELECT count(*) FROM blocked_accounts WHERE reason = :refused)
                ELSE (SELECT count(*) FROM dashboard.blocked WHERE state = 'invited') END
      FROM adding""")

_POSITIONS = text("SELECT topic, part, topic_id, next_off, state FROM ingest_partitions")


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of one moment. ``due`` counts chats due within a minute.

    ``gone`` are those of the parked chats that the messenger deleted for ever. Of what people
    changed in the messenger (``drift``), ``proposals`` are for a person to decide, and
    ``left_out`` went out and are not put back yet. ``adding_off`` is why nobody can be added.
    """

    stale: int
    turning: int
    due: int
    leased: int
    in_flight: int
    held: int
    parked: int
    gone: int
    refused: int
    blocked: int
    drift: int
    proposals: int
    left_out: int
    adding_off: str | None
    quarantined: int
    unpublished: int
    armed_at: datetime | None
    armed_reason: str | None

    @property
    def busy(self) -> int:
        """How much is still to be done by the loops themselves."""
        return self.stale + self.turning + self.due + self.leased + self.in_flight


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the chats that are kept in step; ``chats`` and ``frozen`` count chats."""

    chats: int
    frozen: int
    expected: int
    deliverable: int
    observed: int


@dataclass(frozen=True, slots=True)
class Survey:
    """All chats: how many are in each state of ``dashboard.chats``, and their sums.

    ``invited`` are who can come in by the chat's link alone.
    """

    states: dict[str, int]
    totals: Totals
    invited: int


UNCOUNTED = Survey({}, Totals(0, 0, 0, 0, 0), 0)
"""For who does not want to wait for the survey."""


def as_json(
    counts: Status, survey: Survey, *, lag: int | None, gaps: int, settled: bool
) -> dict[str, object]:
    """The members of ``rollcall status --json`` and of the console's ``/api/status``.

    ``lag`` is null where nobody knows; ``chats`` counts by the states of ``dashboard.chats``.
    """
    return {
        "settled": settled,
        "lag": lag,
        "stale": counts.stale + counts.turning,
        "due": counts.due,
        "leased": counts.leased,
        "in_flight": counts.in_flight,
        "held": counts.held,
        "parked": counts.parked,
        "gone": counts.gone,
        "refused": counts.refused,
        "blocked": counts.blocked,
        "drift": counts.drift,
        "proposals": counts.proposals,
        "left": counts.left_out,
        "invited": survey.invited,
        "adding_off": counts.adding_off,
        "quarantined": counts.quarantined,
        "unpublished": counts.unpublished,
        "gaps": gaps,
        "catching_up": counts.armed_reason if counts.armed_at else None,
        "converged": survey.states.get("converged", 0),
        "chats": survey.states,
    }


@dataclass(frozen=True, slots=True)
class Position:
    """Where ingest stands in one partition."""

    topic: str
    partition: int
    topic_id: str
    next_offset: int
    state: str


async def status(connection: AsyncConnection) -> Status:
    """How things stand now."""
    row = (await connection.execute(_STATUS)).one()
    return Status(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


async def survey(connection: AsyncConnection) -> Survey:
    """All chats, counted in one pass over them: seconds, where they are a region's."""
    rows = list(await connection.execute(_SURVEY))
    kept = [row for row in rows if row.state != "frozen"]
    states = {row.state: row.chats for row in rows}
    return Survey(
        states=states,
        totals=Totals(
            chats=sum(states.values()),
            frozen=states.get("frozen", 0),
            expected=sum(int(row.expected) for row in kept),
            deliverable=sum(int(row.deliverable) for row in kept),
            observed=sum(int(row.observed) for row in kept),
        ),
        invited=int((await connection.execute(_INVITED, {"refused": REASON})).scalar_one()),
    )


async def positions(connection: AsyncConnection) -> list[Position]:
    """Where ingest stands in each partition that it has met."""
    return [
        Position(row.topic, row.part, row.topic_id, row.next_off, row.state)
        for row in await connection.execute(_POSITIONS)
    ]
