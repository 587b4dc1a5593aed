"""The one budget of calls over all workers and processes, as a sliding window in PostgreSQL.

Each of the N rows of ``call_slots`` is one grant. A new grant takes the oldest row and is
dated at least a window after it, so of any N + 1 grants the first and the last are a whole
window apart: no more than N in any window of database time, bursts included.

The window is a little longer than the messenger's second, because calls granted evenly do
not arrive evenly.
"""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from projections.database import transaction

# The pause row is the queue's head: whoever holds it chooses a slot, so no two choose one.
_HEAD = text(
    "SELECT greatest(until - clock_now(), interval '0') AS pause FROM call_pause FOR UPDATE"
)

_FILL = text("""
    INSERT INTO call_slots (slot, granted_at)
    SELECT n, '-infinity' FROM generate_series(0, :calls - 1) AS n ON CONFLICT DO NOTHING""")

_GRANT = text("""
    UPDATE call_slots SET granted_at = greatest(
           clock_now(), granted_at + make_interval(secs => :window),
           (SELECT until FROM call_pause))
     WHERE slot = (SELECT slot FROM call_slots WHERE slot < :calls
                    ORDER BY granted_at, slot LIMIT 1)
       AND greatest(granted_at + make_interval(secs => :window), (SELECT until FROM call_pause),
                    clock_now()) <= clock_now() + make_interval(secs => :patience)
    RETURNING greatest(extract(epoch FROM granted_at - clock_now()), 0)::float8 AS wait""")


class CallSlots:
    """Grants of the shared budget: ``calls`` in any ``window`` seconds."""

    def __init__(self, engine: AsyncEngine, *, calls: int = 30, window: float = 1.1) -> None:
        self._engine = engine
        self._calls = calls
        self._window = window
        self._filled = False

    async def take(self, patience: float) -> float | None:
        """Reserve the next grant and return the seconds until it.

        What PostgreSQL's answer and the commit took is off already, so a grant that was to be
        used at once comes back with a little less than nought. None where the next one is more
        than ``patience`` seconds away: nothing is reserved.
        """
        clock = asyncio.get_running_loop().time
        async with transaction(self._engine) as connection:
            if not self._filled:
                await connection.execute(_FILL, {"calls": self._calls})
            await connection.execute(_HEAD)
            asked = clock()
            granted = await connection.execute(
                _GRANT, {"calls": self._calls, "window": self._window, "patience": patience}
            )
            wait: float | None = granted.scalar_one_or_none()
        self._filled = True
        return None if wait is None else wait - (clock() - asked)

    async def push_back(self, seconds: float) -> None:
        """Grant nothing to anybody for this long, or longer if a pause is on already."""
        async with transaction(self._engine) as connection:
            await connection.execute(
                text("""UPDATE call_pause SET until = greatest(
                               until, clock_now() + make_interval(secs => :seconds))"""),
                {"seconds": seconds},
            )
