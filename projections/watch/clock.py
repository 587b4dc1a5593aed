"""No instant in the future is believed without a bound.

The database's clock may be set wrong and then right. What was written meanwhile lies ahead: slots
of the budget, pauses, leases, claims, dates. Each has a longest time that it can lie ahead by
right; one that is further counts as now (a lease, and a date that people were promised, as the
longest time), is logged and counted (``instants``).

Guarantees: what stops everybody is found within ``LOOK_SECONDS``, all else when the clock is
seen to step back or has left any of that ahead, at the start of a process, and once an hour.
Whoever holds a chat and lives goes on to hold it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.drift import DriftRules
from domain.work import DAY
from loops.waiting import nap
from projections.database import transaction
from projections.instants import Instant, set_right
from projections.reconcile import adding, late_calls

LOOK_SECONDS = 2.0
STEP_SECONDS = 1.0
"""A clock that is so far behind where it should be has stepped."""

WHOLE_SECONDS = 3600.0
SLACK_SECONDS = 5.0

LONGEST_GRANT = 60.0
"""A grant and a slot's next use lie less ahead: the patience of a call, and a few windows."""

LONGEST_PAUSE = 900.0
"""As long as the messenger is waited for at most."""


@dataclass(frozen=True, slots=True)
class Longest:
    """How far ahead instants of this installation can lie, in seconds."""

    lease: float
    claim: float
    reread: float
    drift: DriftRules = field(default_factory=DriftRules)

    @property
    def promised(self) -> float:
        """The longest date of what people changed."""
        return 3600.0 * max(self.drift.proposal_hours, self.drift.put_back_hours)


_NOW = "clock_now()"


@dataclass(frozen=True, slots=True)
class _Column:
    """Where instants stand, and the seconds that they can lie ahead."""

    what: Instant
    table: str
    column: str
    most: float
    believed: str = _NOW

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"

    def statement(self) -> str:
        """Makes believable what is not."""
        return (
            f"UPDATE {self.table} SET {self.column} = {self.believed} "  # noqa: S608 - constants
            f"WHERE {self.column} > clock_now() + make_interval(secs => {self.most})"
        )


def _urgent(longest: Longest) -> tuple[_Column, ...]:
    """What stops everybody, or one chat: small tables, and one index."""
    return (
        _Column(Instant.SLOT, "call_slots", "granted_at", LONGEST_GRANT),
        _Column(Instant.SLOT, "call_slots", "free_at", LONGEST_GRANT),
        _Column(Instant.PAUSE, "call_pause", "until", LONGEST_PAUSE + SLACK_SECONDS),
        _Column(Instant.LIMIT, "call_limits", "changed_at", SLACK_SECONDS),
        # Not over at once: its holder may live, and be in the middle of a call.
        _Column(
            Instant.LEASE,
            "chat_sync",
            "lease_until",
            longest.lease + SLACK_SECONDS,
            f"{_NOW} + make_interval(secs => {longest.lease})",
        ),
        _Column(
            Instant.LEASE,
            "lesson_calls",
            "lease_until",
            longest.lease + SLACK_SECONDS,
            f"{_NOW} + make_interval(secs => {longest.lease})",
        ),
    )


def _others(longest: Longest) -> tuple[_Column, ...]:
    due = max(DAY, longest.promised, adding.PROBE_SECONDS) + SLACK_SECONDS
    recheck = longest.reread * max(late_calls.LATER) + SLACK_SECONDS
    promised = f"clock_now() + make_interval(secs => {longest.promised})"
    return (
        _Column(Instant.CLAIM, "stale_entities", "claimed_until", longest.claim + SLACK_SECONDS),
        _Column(Instant.DUE, "chat_sync", "due_at", due),
        _Column(Instant.DUE, "lesson_calls", "due_at", DAY + SLACK_SECONDS),
        _Column(Instant.READ, "chat_sync", "reread_at", longest.reread + SLACK_SECONDS),
        _Column(Instant.READ, "chat_sync", "recheck_at", recheck),
        _Column(Instant.READ, "chat_sync", "read_from", SLACK_SECONDS),
        _Column(Instant.READ, "chat_sync", "read_at", SLACK_SECONDS),
        _Column(Instant.READ, "chat_sync", "known_at", SLACK_SECONDS),
        _Column(Instant.HINT, "webhook_hints", "received_at", SLACK_SECONDS),
        _Column(Instant.SETBACK, "blocked_accounts", "retry_at", DAY + SLACK_SECONDS),
        _Column(Instant.SETBACK, "setbacks", "retry_at", DAY + SLACK_SECONDS),
        _Column(Instant.ADDING, "adding", "probe_at", adding.PROBE_SECONDS + SLACK_SECONDS),
        _Column(Instant.UPKEEP, "upkeep", "last_done", SLACK_SECONDS),
        _Column(Instant.DRIFT, "drift", "due_at", longest.promised + SLACK_SECONDS, promised),
    )


async def make_believable(
    connection: AsyncConnection, longest: Longest, *, whole: bool
) -> Mapping[str, int]:
    """Let what lies too far ahead count as now; how many instants of each column that were."""
    found: dict[str, int] = {}
    for column in (*_urgent(longest), *(_others(longest) if whole else ())):
        changed = (await connection.execute(text(column.statement()))).rowcount
        set_right(column.what, changed)
        if changed:
            found[column.name] = changed
    return found


@dataclass(slots=True)
class ClockWatch:
    """Looks at the database's clock and at what lies ahead of it."""

    engine: AsyncEngine
    longest: Longest
    _last: tuple[float, float] | None = None
    _whole_at: float = float("-inf")

    async def run(self, stop: asyncio.Event) -> None:
        """Look every other second until ``stop``; an error of the store ends the loop."""
        while not stop.is_set():
            await self.look(asyncio.get_running_loop().time())
            await nap(stop, LOOK_SECONDS)

    async def look(self, now: float) -> None:
        """One look, at this time of a monotonic clock."""
        async with transaction(self.engine) as connection:
            told = await connection.execute(text("SELECT extract(epoch FROM clock_now())::float8"))
            clock: float = told.scalar_one()
            whole = self._stepped_back(clock, now) or now - self._whole_at >= WHOLE_SECONDS
            found = await make_believable(connection, self.longest, whole=whole)
            if found and not whole:  # it has stepped between two looks
                whole = True
                await make_believable(connection, self.longest, whole=whole)
        self._last = clock, now
        if whole:
            self._whole_at = now

    def _stepped_back(self, clock: float, now: float) -> bool:
        if self._last is None:
            return True
        before, then = self._last
        return clock < before + (now - then) - STEP_SECONDS
