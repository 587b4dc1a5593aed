"""The one budget of calls over all workers and processes: N slots in PostgreSQL.

A slot carries one call after the other. Guarantees, all by database time and whoever asks:

- Grants of one slot are a window apart, so any N + 1 grants are: no more than N in any window.
- A grant is used when it is asked for just before sending. The next use of the slot comes a
  second after it and half of what the window leaves over; later where the answer came late,
  for then the call may have arrived as late. Thus two calls of one slot do not reach the
  messenger within one second, and N slots are never more than N calls in its second, however
  unevenly they travel.
- While there is a pause, nothing is used, what was granted before it included.

What cannot be known: when a call without an answer arrives. Its slot waits no longer than others.
"""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.grants import Grant
from projections.database import transaction

# The pause row is the queue's head: whoever holds it chooses a slot, so no two choose one.
_HEAD = text("SELECT FROM call_pause FOR UPDATE")

_FILL = text("""
    INSERT INTO call_slots (slot, granted_at)
    SELECT n, '-infinity' FROM generate_series(0, :calls - 1) AS n ON CONFLICT DO NOTHING""")

_NEXT = "greatest(granted_at + make_interval(secs => :window), free_at)"
_GRANT = text(f"""
    UPDATE call_slots SET granted_at = greatest(
           clock_now(), {_NEXT}, (SELECT until FROM call_pause))
     WHERE slot = (SELECT slot FROM call_slots WHERE slot < :calls ORDER BY {_NEXT}, slot LIMIT 1)
       AND greatest({_NEXT}, (SELECT until FROM call_pause), clock_now())
           <= clock_now() + make_interval(secs => :patience)
    RETURNING slot, extract(epoch FROM granted_at - clock_now())::float8 AS wait""")  # noqa: S608 - made of constants

_USE = text("""
    UPDATE call_slots
       SET used_at = clock_now(), free_at = clock_now() + make_interval(secs => :apart)
     WHERE slot = :slot AND greatest(free_at, (SELECT until FROM call_pause)) <= clock_now()
    RETURNING slot""")

_NOT_YET = text("""
    SELECT extract(epoch FROM greatest(free_at, until) - clock_now())::float8
      FROM call_slots, call_pause WHERE slot = :slot""")

_ARRIVED = text("""
    UPDATE call_slots
       SET free_at = greatest(free_at, clock_now() + make_interval(secs => :seconds))
     WHERE slot = :slot""")

SECOND = 1.0
"""The messenger's, in which it takes so many calls."""

MARGIN = 0.005
"""Seconds for what is not known exactly: how long the way back is, and two clocks."""


class CallSlots:
    """``calls`` slots, each used once in ``window`` seconds at most."""

    def __init__(
        self, engine: AsyncEngine, *, calls: int = 30, window: float = 1.1, second: float = SECOND
    ) -> None:
        self._engine = engine
        self._calls = calls
        self._window = window
        self._second = min(second, window)
        self._slack = (window - self._second) / 2

    async def take(self, patience: float) -> Grant | None:
        """Reserve the next grant, for ``use`` at its time.

        None where it is more than ``patience`` seconds away: nothing is reserved.
        """
        clock = asyncio.get_running_loop().time
        async with transaction(self._engine) as connection:
            await connection.execute(_HEAD)
            found = await self._grant(connection, patience)
            told = clock()
        return None if found is None else Grant(found.slot, found.wait - (clock() - told))

    async def _grant(self, connection: AsyncConnection, patience: float) -> Grant | None:
        """The next slot; without one, after making sure that all are there."""
        asked = {"calls": self._calls, "window": self._window, "patience": patience}
        row = (await connection.execute(_GRANT, asked)).one_or_none()
        if row is None:
            await connection.execute(_FILL, {"calls": self._calls})
            row = (await connection.execute(_GRANT, asked)).one_or_none()
        return None if row is None else Grant(row.slot, row.wait)

    async def use(self, slot: int) -> float | None:
        """Begin a call in a slot that was granted: None, and it is to be sent now.

        Else the seconds after which to ask again: the call before it in this slot was late, or
        there is a pause.
        """
        async with transaction(self._engine) as connection:
            asked = {"slot": slot, "apart": self._second + self._slack}
            if (await connection.execute(_USE, asked)).one_or_none() is not None:
                return None
            wait: float | None = (await connection.execute(_NOT_YET, asked)).scalar_one_or_none()
        return max(wait or 0.0, 0.0)

    async def answered(self, slot: int, took: float, back: float) -> None:
        """The call in this slot has ended, ``took`` seconds after it was begun.

        It had arrived at least ``back`` seconds ago, and no more is known.
        """
        if took - back + MARGIN <= self._slack:
            return
        seconds = self._second - back + MARGIN
        async with transaction(self._engine) as connection:
            await connection.execute(_ARRIVED, {"slot": slot, "seconds": seconds})

    async def push_back(self, seconds: float) -> None:
        """Let nobody call for this long, or longer if a pause is on already."""
        async with transaction(self._engine) as connection:
            await connection.execute(
                text("""UPDATE call_pause SET until = greatest(
                               until, clock_now() + make_interval(secs => :seconds))"""),
                {"seconds": seconds},
            )
