"""The reconcile loop's store: each method one committed transaction."""

from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.gate import Gate
from domain.plan import Action, Seen
from domain.work import Effect, IntentId, Lease, LeaseLost, Outcome, Work
from projections import catch_up
from projections.database import transaction
from projections.reconcile import announce, intents, observed, queue
from projections.reconcile.load import load
from projections.wake_ups import WakeUps, listening

LEASE_SECONDS = 45.0
"""How long a chat is held from its last intent; longer than one call with its wait for a slot."""


class PostgresReconcileStore:
    """``gateway.store.ReconcileStore`` on PostgreSQL."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        lease_seconds: float = LEASE_SECONDS,
        reread_seconds: float = intents.REREAD_SECONDS,
    ) -> None:
        self._engine = engine
        self._lease_seconds = lease_seconds
        self._reread_seconds = reread_seconds

    async def gate(self) -> Gate:
        """Whether chats may be changed now."""
        async with transaction(self._engine) as connection:
            return await catch_up.gate(connection)

    async def arm(self, reason: str) -> None:
        """Change no chat until all that the topics hold by now is read and derived."""
        async with transaction(self._engine) as connection:
            await catch_up.arm(connection, reason)

    async def claim(self, chat_id: str | None = None) -> Lease | None:
        """Lease the next due chat, or this one."""
        async with transaction(self._engine) as connection:
            return await queue.claim(connection, self._lease_seconds, chat_id)

    async def load(self, lease: Lease) -> Work | LeaseLost:
        """The leased chat's work."""
        async with transaction(self._engine) as connection:
            return await load(connection, lease)

    async def intend(self, lease: Lease, action: Action) -> IntentId | LeaseLost:
        """Commit the intent and extend the lease."""
        async with transaction(self._engine) as connection:
            return await intents.intend(connection, lease, action, self._lease_seconds)

    async def settle(
        self, lease: Lease, work: Work, intent: IntentId, action: Action, effect: Effect
    ) -> None:
        """Commit the outcome and its effect."""
        async with transaction(self._engine) as connection:
            await intents.settle(connection, lease, work, intent, action, effect)

    async def record_read(self, lease: Lease, seen: Seen) -> LeaseLost | None:
        """Commit a complete read."""
        async with transaction(self._engine) as connection:
            return await intents.record_read(connection, lease, seen, self._reread_seconds)

    async def forget(self, lease: Lease) -> None:
        """The chat must be read before any change."""
        async with transaction(self._engine) as connection:
            await observed.forget(connection, [lease.chat_id])

    async def finish(self, lease: Lease, work: Work | None, outcome: Outcome) -> None:
        """Give the lease back; a chat that has just converged is announced."""
        async with transaction(self._engine) as connection:
            if await queue.finish(connection, lease, work, outcome) and work is not None:
                await announce.converged(connection, lease, work, outcome)

    def wake_ups(self) -> AbstractAsyncContextManager[WakeUps]:
        """Listen for chats becoming due."""
        return listening(self._engine, queue.CHANNEL)
