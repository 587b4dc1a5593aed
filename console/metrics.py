"""Every metric of Rollcall by its name, and the application that serves them.

Guarantees: values are asked of the store at each scrape and never remembered, so an outage
shows as ``rollcall_store_up 0`` and missing series instead of old numbers; labels are from
closed sets, never an id or a name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.words import CHAT_STATES
from domain.gate import GateClosed, GateOpen, RemovalsWait
from domain.obstacles import ObstacleKind
from operations import status
from operations.report import Overall, Report, Survey
from operations.store import Overview
from projections.errors import StoreError


class Name(Enum):
    """The metrics: (name, what it says). All are gauges of the moment of the scrape."""

    STORE_UP = ("rollcall_store_up", "1 if PostgreSQL answered this scrape")
    # Absent until the topics' ends were looked at for the first time.
    LAG = ("rollcall_lag_records", "records in Kafka that are not ingested, by the last look")
    # Absent likewise; an old look means that ``LAG`` is old.
    LAG_AGE = ("rollcall_lag_age_seconds", "age of the last look at the topics' ends")
    GAPS = ("rollcall_gaps", "partitions whose records are missing until a person acknowledges")
    STALE = ("rollcall_stale", "entities that changed and are not derived")
    DUE = ("rollcall_due_chats", "chats that are due within a minute")
    LEASED = ("rollcall_leased_chats", "chats that a worker holds")
    IN_FLIGHT = ("rollcall_in_flight_calls", "calls with an intent and no known outcome")
    HELD = ("rollcall_held_chats", "chats whose plan waits for approval")
    REJECTED = ("rollcall_rejected_chats", "chats where a person rejected removals")
    PARKED = ("rollcall_parked_chats", "chats in which the bot may do nothing")
    REFUSED = ("rollcall_refused_chats", "chats whose last call the messenger refused")
    LESSONS_DUE = ("rollcall_due_lessons", "distance lessons whose call is due within a minute")
    BLOCKED = ("rollcall_blocked_accounts", "accounts that the messenger does not add to a chat")
    DRIFT = ("rollcall_open_drift", "what people changed in the messenger and is not over")
    PROPOSALS = ("rollcall_proposals", "of it, people whom a person may decide to keep")
    LEFT = ("rollcall_left_members", "of it, people who went out and are not put back yet")
    INVITED = ("rollcall_invited_members", "people who can come in by the chat's link alone")
    ADDING_OFF = ("rollcall_adding_off", "1 while nobody can be added, only invited")
    ANSWERED_ONLY = (
        "rollcall_answered_only_chats",
        "chats of which part rests on answers that no read has confirmed yet",
    )
    # Labelled ``calls``: all, or a class of calls that is limited by itself.
    CALL_LIMIT = (
        "rollcall_call_limit",
        "calls a second that the messenger was found to take; 0 while as many as set",
    )
    QUARANTINED = ("rollcall_quarantined_records", "records that are not events of the contract")
    UNPUBLISHED = ("rollcall_unpublished_events", "events of ours that are not in Kafka yet")
    # Of the last survey, which a region's database takes some seconds for: these, and
    # ``INVITED``. Absent before the first. Labelled ``state``, as in ``dashboard.chats``.
    CHATS = ("rollcall_chats", "chats by state")
    EXPECTED = ("rollcall_expected_members", "people who belong in chats that are kept in step")
    DELIVERABLE = ("rollcall_deliverable_members", "of them, distinct linked accounts per chat")
    OBSERVED = ("rollcall_observed_members", "accounts in those chats as far as we know")
    CATCH_UP_ARMED = ("rollcall_catch_up_armed", "1 while no chat is changed before catching up")
    # Labelled ``kind``, as in ``status --json``: every kind, 0 where nothing is held back.
    OBSTACLES = ("rollcall_obstacles", "what keeps chats from being as they should be")
    # Likewise; absent for a kind that holds nothing back.
    OBSTACLE_AGE = ("rollcall_obstacle_age_seconds", "since when the oldest of it does")
    IN_STEP = ("rollcall_in_step", "1 while nothing is under way and nothing is held back")
    # Labelled ``gate``: open, removals_wait or closed; exactly one of them is 1.
    GATE = ("rollcall_gate", "whether chats may be changed now")


class ProcessName(Enum):
    """What one process has done since it started: (name, what it says).

    Counters but where it says so; a process has those of the parts that it runs.
    """

    READ = ("rollcall_ingest_records", "records ingested, read again ones too")
    APPLIED = ("rollcall_ingest_facts", "facts that became the ones that count")
    QUARANTINED = ("rollcall_ingest_quarantined", "records put into quarantine")
    BATCHES = ("rollcall_ingest_batches", "transactions of ingest")
    OFFSETS_MOVED = (
        "rollcall_ingest_offsets_moved",
        "batches refused by an offset moved by others",
    )
    UNREADABLE = (
        "rollcall_ingest_unreadable",
        "fetches that ended in a batch that nobody can read",
    )
    # Labelled ``what``: subject or key. Upstream should look; the ids in data count.
    DIFFERS = (
        "rollcall_ingest_identity_differs",
        "events whose subject or key names another entity",
    )
    # Labelled ``what``: of the database's clock, which was put back.
    AHEAD = ("rollcall_instants_ahead", "instants further ahead than they can be, set right")
    # Gauges: 0 means lag and no progress for too long; partitions that are being read.
    INGEST_LIVE = ("rollcall_ingest_live", "1 while records are read as they should")
    PARTITIONS = ("rollcall_ingest_partitions", "partitions that this process reads")
    MARKS = ("rollcall_derive_marks", "marks of changed entities that were derived")
    # Labelled ``kind`` (create, add, remove, …) and ``outcome`` (done, some_refused, …).
    CALLS = ("rollcall_calls", "changing calls by what came of them")
    # Labelled ``kind`` (make, change, delete) and ``outcome`` (done, gone, no_effect, unknown).
    LESSON_CALLS = ("rollcall_lesson_calls", "calls for distance lessons by what came of them")


def metrics_app(store: Overview, process: Collector) -> Starlette:
    """``/metrics`` (and ``/``, the base address): what the store and this process say.

    ``process`` has the counters of this process.
    """

    async def scrape(request: Request) -> Response:
        try:
            report = await status.status(store)
        except StoreError:
            report = None
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        body = encode(_Scrape(report, process))
        return Response(body, headers={"Content-Type": content_type})

    return Starlette(routes=[Route(path, scrape) for path in ("/metrics", "/")])


@dataclass(frozen=True, slots=True)
class _Scrape(Collector):
    """One scrape; ``report`` is None where the store did not answer."""

    report: Report | None
    process: Collector

    def collect(self) -> Iterator[Metric]:
        """All metrics, the process's own last."""
        yield _gauge(Name.STORE_UP, self.report is not None)
        if self.report is not None:
            standing = self.report.standing
            yield from _counts(standing)
            yield from _freshness(standing)
            if standing.survey is not None:
                yield from _surveyed(standing.survey)
            yield _labelled(Name.GATE, "gate", _gates(standing))
            yield from _obstacles(standing)
            yield _gauge(Name.IN_STEP, self.report.in_step)
        yield from self.process.collect()


def _counts(standing: Overall) -> Iterator[Metric]:
    counts = standing.counts
    yield _gauge(Name.GAPS, len(standing.gaps))
    yield _gauge(Name.STALE, counts.stale + counts.turning)
    yield _gauge(Name.DUE, counts.due)
    yield _gauge(Name.LEASED, counts.leased)
    yield _gauge(Name.IN_FLIGHT, counts.in_flight)
    yield _gauge(Name.HELD, counts.held)
    yield _gauge(Name.REJECTED, counts.rejected)
    yield _gauge(Name.PARKED, counts.parked)
    yield _gauge(Name.REFUSED, counts.refused)
    yield _gauge(Name.LESSONS_DUE, counts.lessons_due)
    yield _gauge(Name.BLOCKED, counts.blocked)
    yield _gauge(Name.DRIFT, counts.drift)
    yield _gauge(Name.PROPOSALS, counts.proposals)
    yield _gauge(Name.LEFT, counts.left_out)
    yield _gauge(Name.ADDING_OFF, counts.adding_off is not None)
    yield _gauge(Name.ANSWERED_ONLY, counts.answered_only)
    yield _labelled(Name.CALL_LIMIT, "calls", {"all": 0} | (counts.call_limits or {}))
    yield _gauge(Name.QUARANTINED, counts.quarantined)
    yield _gauge(Name.UNPUBLISHED, counts.unpublished)
    yield _gauge(Name.CATCH_UP_ARMED, counts.armed_at is not None)


def _surveyed(survey: Survey) -> Iterator[Metric]:
    yield _labelled(Name.CHATS, "state", dict.fromkeys(CHAT_STATES, 0) | survey.states)
    yield _gauge(Name.EXPECTED, survey.totals.expected)
    yield _gauge(Name.DELIVERABLE, survey.totals.deliverable)
    yield _gauge(Name.OBSERVED, survey.totals.observed)
    yield _gauge(Name.INVITED, survey.invited)


def _freshness(standing: Overall) -> Iterator[Metric]:
    seen = standing.progress.watched_at
    if standing.lag is not None and seen is not None:
        yield _gauge(Name.LAG, standing.lag)
        yield _gauge(Name.LAG_AGE, (standing.progress.now - seen).total_seconds())


def _obstacles(standing: Overall) -> Iterator[Metric]:
    found = {each.kind.value: each for each in standing.obstacles}
    kinds = [kind.value for kind in ObstacleKind]
    counts = {kind: found[kind].count if kind in found else 0 for kind in kinds}
    yield _labelled(Name.OBSTACLES, "kind", counts)
    now = standing.progress.now
    ages = {
        kind: (now - each.since).total_seconds()
        for kind, each in found.items()
        if each.since is not None
    }
    yield _labelled(Name.OBSTACLE_AGE, "kind", ages)


def _gates(standing: Overall) -> dict[str, int]:
    match standing.gate:
        case GateOpen():
            now = "open"
        case RemovalsWait():
            now = "removals_wait"
        case GateClosed():
            now = "closed"
    return {gate: int(gate == now) for gate in ("open", "removals_wait", "closed")}


def _gauge(name: Name, value: float) -> Metric:
    return GaugeMetricFamily(*name.value, value=float(value))


def _labelled(name: Name, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(*name.value, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric((key,), float(value))
    return family
