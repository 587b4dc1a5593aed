"""The sweep: chats that nobody has read for long are read again when nothing better is due.

Webhooks may be lost, and the messenger sends none for a change of administrators, so every
chat is read now and then all the same; first those to which a call may still come late, then
those of which part was only answered and never seen. Guarantees: the sweep asks for a chat at
most once in its period; it adds to the queue only while the queue has nothing that is due, but
for one chat a minute where the queue does not come to its end.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.lanes import Lane
from projections.database import transaction, wake
from projections.queue import due
from projections.watch import hints, upkeep

_UNREAD = """s.known_at < {now} - make_interval(secs => :every)
              AND coalesce(s.swept_at < {now} - make_interval(secs => :every), true)"""
_FREE = """s.max_chat_id IS NOT NULL AND s.lease_until IS NULL
              AND (s.due_at IS NULL OR s.due_at > {now})
              AND NOT (SELECT c.deleted FROM chats c WHERE c.chat_id = s.chat_id)"""
_ORDER = """coalesce(s.recheck_at <= {now}, false) DESC, s.sweep_wanted DESC,
                     s.answered_since IS NOT NULL DESC, s.known_at NULLS FIRST"""


def _first(where: str, order: str = _ORDER) -> str:
    """The first few of those, at one moment: a clock that moves on goes by no index."""
    found = f"""(SELECT s.chat_id FROM chat_sync s WHERE {where} AND {_FREE}
                        ORDER BY {order} LIMIT :chats)"""  # noqa: S608 - made of constants
    return found.format(now="(SELECT clock_now())")


def _now(condition: str) -> str:
    return condition.format(now="clock_now()")


# For each reason to read a chat the first few by an index of its own: by one condition with all of
# them every chat would be looked at, every other second. What is said of these again is for a row
# that another has just changed.
_PICK = text(f"""
    UPDATE chat_sync SET observed_at = NULL, swept_at = clock_now(), sweep_wanted = false,
           lane = CAST(:lane AS smallint), due_at = clock_now(),
           due_generation = due_generation + 1
     WHERE chat_id = ANY(ARRAY(
           SELECT s.chat_id FROM chat_sync s
            WHERE s.chat_id = ANY(ARRAY(
                        {_first("s.recheck_at <= {now}")}
                  UNION {_first("s.sweep_wanted")}
                  UNION {_first("s.answered_since IS NOT NULL AND " + _UNREAD, "s.known_at")}
                  UNION {_first(_UNREAD, "s.known_at")}))
              AND (s.sweep_wanted OR s.recheck_at <= clock_now() OR {_now(_UNREAD)})
              AND {_now(_FREE)}
              AND (CAST(:beside AS boolean)
                   OR NOT EXISTS (SELECT FROM chat_sync better
                                   WHERE better.due_at <= (SELECT clock_now())))
            ORDER BY {_now(_ORDER)}
            LIMIT :chats FOR UPDATE OF s SKIP LOCKED))""")  # noqa: S608 - made of constants

BESIDE_SECONDS = 60.0
"""What is due for so long stops the sweep no more than that: one chat in such a time."""

_LONG_DUE = text("""
    SELECT EXISTS (SELECT FROM chat_sync
                    WHERE due_at < (SELECT clock_now()) - make_interval(secs => :seconds))""")

# Who left is put back only for a new reason; a reason that changes nobody's place marks no
# chat, so it is found here.
_NEW_REASONS = text("""
    SELECT DISTINCT chat_id FROM drift
     WHERE resolution IS NULL AND kind IN ('left', 'removed_by_administrator') AND NOT insists
       AND coalesce(due_at > clock_now(), true)
       AND NOT reasons_of(chat_id, max_user_id) <@ reasons""")


class Sweep:
    """The store of ``gateway.sweep`` on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def pick(self, every_seconds: float, chats: int) -> int:
        """Have up to so many chats read that nobody has read for so long; how many that are."""
        async with transaction(self._engine) as connection:
            picked = await pick(connection, every_seconds, chats)
            if not picked and await _stands_still(connection):
                picked = await pick(connection, every_seconds, 1, beside=True)
            if picked:
                wake(due.CHANNEL)
            return picked

    async def look_for_reasons(self) -> int:
        """Mark chats in which somebody who left has a new reason to be; how many that are."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(_NEW_REASONS)
            chats = [row.chat_id for row in found]
            if chats:
                await due.mark_due(connection, chats, Lane.LIVE)
            return len(chats)

    async def tidy(self) -> None:
        """Once a day let old hints go."""
        async with transaction(self._engine) as connection:
            if await upkeep.claim(connection, "hints", 86_400.0):
                await hints.forget_old(connection)


async def pick(
    connection: AsyncConnection, every_seconds: float, chats: int, *, beside: bool = False
) -> int:
    """Have up to so many chats read, while nothing is due or ``beside`` it; how many that are."""
    asked = {"every": every_seconds, "lane": int(Lane.RESYNC), "chats": chats, "beside": beside}
    return int((await connection.execute(_PICK, asked)).rowcount)


async def _stands_still(connection: AsyncConnection) -> bool:
    """Whether something has been due for long, and nobody has swept beside it just now."""
    found = await connection.execute(_LONG_DUE, {"seconds": BESIDE_SECONDS})
    if not found.scalar_one():
        return False
    return await upkeep.claim(connection, "sweep beside the queue", BESIDE_SECONDS)
