"""The one budget of calls over all workers and processes: N slots in PostgreSQL.

A slot carries one call after the other. Guarantees, all by database time and whoever asks:

- Grants of one slot are a window apart, so any N + 1 grants are: no more than N in any window.
- A grant is used when it is asked for just before sending. The next use of the slot comes a
  second after it and half of what the window leaves over; later where the answer came late,
  for then the call may have arrived as late. Thus two calls of one slot do not reach the
  messenger within one second, and N slots are never more than N calls in its second, however
  unevenly they travel.
- While there is a pause, nothing is used, what was granted before it included.
- N is what is set, or fewer where the messenger refused more (``domain.pace``). Where it takes
  fewer of one class of calls alone, that class has a ring of slots of its own, and a call of it
  takes a slot of both.

What cannot be known: when a call without an answer arrives. Its slot waits no longer than others.
"""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.call_classes import CallClass
from domain.grants import Grant
from domain.pace import WINDOW_SECONDS
from projections.database import transaction
from projections.messenger import pace
from projections.messenger.pace import ALL

log = structlog.get_logger()

# The pause row is the queue's head: whoever holds it chooses a slot, so no two choose one.
_HEAD = text("SELECT FROM call_pause FOR UPDATE")

_LIMITS = text("SELECT ring, calls FROM call_limits WHERE ring = ANY(CAST(:rings AS text[]))")

_FILL = text("""
    INSERT INTO call_slots (ring, slot, granted_at)
    SELECT r.ring, n, '-infinity'
      FROM unnest(CAST(:rings AS text[]), CAST(:calls AS int[])) AS r (ring, calls),
           generate_series(0, r.calls - 1) AS n ON CONFLICT DO NOTHING""")

# One slot of each ring, all at the time of the latest.
_GRANT = text("""
    WITH chosen AS (
        SELECT r.ring, s.slot, s.next
          FROM unnest(CAST(:rings AS text[]), CAST(:calls AS int[])) AS r (ring, calls),
               LATERAL (
                   SELECT slot, greatest(granted_at + make_interval(secs => :window), free_at)
                          AS next
                     FROM call_slots s WHERE s.ring = r.ring AND s.slot < r.calls
                    ORDER BY next, slot LIMIT 1) s),
         planned AS (
        SELECT greatest(max(next), clock_now(), (SELECT until FROM call_pause)) AS at,
               max(next) > clock_now() AS full, count(*) AS slots FROM chosen)
    UPDATE call_slots SET granted_at = planned.at
      FROM chosen, planned
     WHERE call_slots.ring = chosen.ring AND call_slots.slot = chosen.slot
       AND planned.slots = cardinality(CAST(:rings AS text[]))
       AND planned.at <= clock_now() + make_interval(secs => :patience)
    RETURNING call_slots.ring, call_slots.slot, planned.full,
              extract(epoch FROM planned.at - clock_now())::float8 AS wait""")

_MINE = """(ring, slot) IN (SELECT * FROM unnest(CAST(:rings AS text[]), CAST(:slots AS int[])))"""

# Locked before they are looked at: two who were granted one slot do not both find it free.
_USE = text(f"""
    WITH mine AS MATERIALIZED (
        SELECT ring, slot, free_at FROM call_slots WHERE {_MINE} ORDER BY ring FOR UPDATE),
         free AS (
        SELECT bool_and(greatest(mine.free_at, p.until) <= clock_now()) AS now
          FROM mine, call_pause p)
    UPDATE call_slots s
       SET used_at = clock_now(), free_at = clock_now() + make_interval(secs => :apart)
      FROM mine, free
     WHERE s.ring = mine.ring AND s.slot = mine.slot AND free.now
    RETURNING s.slot""")  # noqa: S608 - made of constants

_NOT_YET = text(f"""
    SELECT extract(epoch FROM max(greatest(free_at, until)) - clock_now())::float8
      FROM call_slots, call_pause WHERE {_MINE}""")  # noqa: S608 - as above

_ARRIVED = text(f"""
    UPDATE call_slots
       SET free_at = greatest(free_at, clock_now() + make_interval(secs => :seconds))
     WHERE {_MINE}""")  # noqa: S608 - as above

SECOND = 1.0
"""The messenger's, in which it takes so many calls."""

MARGIN = 0.005
"""Seconds for what is not known exactly: how long the way back is, and two clocks."""


class CallSlots:
    """``calls`` slots, each used once in ``window`` seconds at most."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        calls: int = 30,
        window: float = WINDOW_SECONDS,
        second: float = SECOND,
    ) -> None:
        self._engine = engine
        self._calls = calls
        self._window = window
        self._second = min(second, window)
        self._slack = (window - self._second) / 2

    async def take(self, patience: float, kind: CallClass = CallClass.READ) -> Grant | None:
        """Reserve the next grant, for ``use`` at its time.

        None where it is more than ``patience`` seconds away: nothing is reserved.
        """
        clock = asyncio.get_running_loop().time
        async with transaction(self._engine) as connection:
            await connection.execute(_HEAD)
            found = await self._grant(connection, patience, kind)
            told = clock()
        if found is None:
            return None
        return Grant(found.slot, found.wait - (clock() - told), found.of_class)

    async def _grant(
        self, connection: AsyncConnection, patience: float, kind: CallClass
    ) -> Grant | None:
        """The next slot; without one, after making sure that all are there."""
        limits = {ALL: self._calls}
        asked = await connection.execute(_LIMITS, {"rings": [ALL, kind.value]})
        limits |= {row.ring: min(row.calls, self._calls) for row in asked}
        rings = {"rings": list(limits), "calls": list(limits.values())}
        reserve = {**rings, "window": self._window, "patience": patience}
        rows = (await connection.execute(_GRANT, reserve)).all()
        if not rows:
            await connection.execute(_FILL, rings)
            rows = (await connection.execute(_GRANT, reserve)).all()
        if not rows:
            return None
        if rows[0].full:
            await self._climb(connection, limits)
        slots = {row.ring: row.slot for row in rows}
        of_class = (kind, slots[kind.value]) if kind.value in slots else None
        return Grant(slots[ALL], rows[0].wait, of_class)

    async def _climb(self, connection: AsyncConnection, limits: dict[str, int]) -> None:
        """Where fewer calls are made than set, and all of those, try one more now and then."""
        for ring, calls in limits.items():
            if calls < self._calls:
                more = await pace.climb(connection, ring, self._calls)
                if more is not None:
                    await connection.execute(_FILL, {"rings": [ring], "calls": [more]})

    async def use(self, grant: Grant) -> float | None:
        """Begin a call in a slot that was granted: None, and it is to be sent now.

        Else the seconds after which to ask again: the call before it in this slot was late, or
        there is a pause.
        """
        mine = _slots_of(grant)
        async with transaction(self._engine) as connection:
            asked = {**mine, "apart": self._second + self._slack}
            if (await connection.execute(_USE, asked)).first() is not None:
                return None
            wait: float | None = (await connection.execute(_NOT_YET, mine)).scalar_one_or_none()
        return max(wait or 0.0, 0.0)

    async def answered(self, grant: Grant, took: float, back: float) -> None:
        """The call in this slot has ended, ``took`` seconds after it was begun.

        It had arrived at least ``back`` seconds ago, and no more is known.
        """
        if took - back + MARGIN <= self._slack:
            return
        seconds = self._second - back + MARGIN
        async with transaction(self._engine) as connection:
            await connection.execute(_ARRIVED, {**_slots_of(grant), "seconds": seconds})

    async def push_back(self, seconds: float) -> None:
        """Let nobody call for this long, or longer if a pause is on already."""
        async with transaction(self._engine) as connection:
            await connection.execute(
                text("""UPDATE call_pause SET until = greatest(
                               until, clock_now() + make_interval(secs => :seconds))"""),
                {"seconds": seconds},
            )

    async def too_many(self, kind: CallClass, told: int | None, *, of_class: bool) -> None:
        """A call was refused for the messenger's limit: fewer calls from now on, for everybody.

        ``told`` is the number that it named. ``of_class``: others were taken meanwhile, so the
        limit is of this class alone.
        """
        async with transaction(self._engine) as connection:
            await connection.execute(_HEAD)
            ring = kind.value if of_class or await self._has_own(connection, kind) else ALL
            before, after = await pace.refused(connection, ring, self._calls, told)
        if after != before:
            log.warning("budget.slower", reason=f"{ring}: {after} calls a second after {before}")

    async def _has_own(self, connection: AsyncConnection, kind: CallClass) -> bool:
        found = await connection.execute(_LIMITS, {"rings": [kind.value]})
        return found.first() is not None


def _slots_of(grant: Grant) -> dict[str, object]:
    mine = {ALL: grant.slot}
    if grant.of_class is not None:
        kind, slot = grant.of_class
        mine[kind.value] = slot
    return {"rings": list(mine), "slots": list(mine.values())}
