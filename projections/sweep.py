"""The sweep: chats that nobody has read for long are read again when nothing better is due.

Webhooks may be lost, and the messenger sends none for a change of administrators, so every
chat is read now and then all the same. Guarantees: the sweep asks for a chat at most once in
its period; it adds to the queue only while the queue has nothing that is due.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.lanes import Lane
from projections import hints, upkeep
from projections.database import transaction
from projections.reconcile import queue

_PICK = text("""
    UPDATE chat_sync SET observed_at = NULL, swept_at = clock_now(), sweep_wanted = false,
           lane = CAST(:lane AS smallint), due_at = clock_now(),
           due_generation = due_generation + 1
     WHERE chat_id IN (
           SELECT s.chat_id FROM chat_sync s JOIN chats c USING (chat_id)
            WHERE s.max_chat_id IS NOT NULL AND NOT c.deleted AND s.lease_until IS NULL
              AND (s.due_at IS NULL OR s.due_at > clock_now())
              AND (s.sweep_wanted
                   OR (s.known_at < clock_now() - make_interval(secs => :every)
                       AND coalesce(s.swept_at < clock_now() - make_interval(secs => :every),
                                    true)))
              AND NOT EXISTS (SELECT FROM chat_sync better WHERE better.due_at <= clock_now())
            ORDER BY s.sweep_wanted DESC, s.known_at NULLS FIRST
            LIMIT :chats FOR UPDATE OF s SKIP LOCKED)""")

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
            picked = await connection.execute(
                _PICK, {"every": every_seconds, "chats": chats, "lane": int(Lane.RESYNC)}
            )
            if picked.rowcount:
                await connection.execute(text(f"NOTIFY {queue.CHANNEL}"))
            return int(picked.rowcount)

    async def look_for_reasons(self) -> int:
        """Mark chats in which somebody who left has a new reason to be; how many that are."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(_NEW_REASONS)
            chats = [row.chat_id for row in found]
            if chats:
                await queue.mark_due(connection, chats, Lane.LIVE)
            return len(chats)

    async def tidy(self) -> None:
        """Once a day let old hints go."""
        async with transaction(self._engine) as connection:
            if await upkeep.claim(connection, "hints", 86_400.0):
                await hints.forget_old(connection)
