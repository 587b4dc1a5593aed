"""The reconcile loop's store: each method one committed transaction."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.drift import DriftRules
from domain.gate import CatchUpCause, Gate, shut
from domain.guard import Admission
from domain.ids import MaxUserId
from domain.plan import Action, Seen, Unknown, takes
from domain.seasons import GuardPolicy
from domain.work import (
    Blamed,
    Done,
    Effect,
    GateShut,
    Intended,
    IntentId,
    Lease,
    LeaseLost,
    Outcome,
    RetryAfter,
    Waiting,
    Work,
)
from projections.database import transaction
from projections.drift import ends
from projections.drift import seen as drift
from projections.gate import catch_up, restores
from projections.guard import admission, held_plans, reservations
from projections.messenger import own_account
from projections.queue import due
from projections.reconcile import (
    adding,
    announce,
    blame,
    dates,
    gone,
    intents,
    observed,
    reads,
    setbacks,
)
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
        policy: GuardPolicy | None = None,
        lease_seconds: float = LEASE_SECONDS,
        reread_seconds: float = intents.REREAD_SECONDS,
        drift_rules: DriftRules | None = None,
    ) -> None:
        self._engine = engine
        self._policy = policy or GuardPolicy()
        self._lease_seconds = lease_seconds
        self._reread_seconds = reread_seconds
        self._drift = drift_rules or DriftRules()

    async def gate(self) -> Gate:
        """Whether chats may be changed now."""
        async with transaction(self._engine) as connection:
            return await catch_up.gate(connection)

    async def arm(self, cause: CatchUpCause) -> None:
        """Change no chat until all that the topics hold by now is read and derived."""
        async with transaction(self._engine) as connection:
            await catch_up.arm(connection, cause)

    async def configure_adding(self, *, invites: bool) -> bool:
        """What the setting says about adding. True where people are only invited."""
        async with transaction(self._engine) as connection:
            return await adding.configure(connection, invites=invites)

    async def claim(self, chat_id: str | None = None) -> Lease | None:
        """Lease the next due chat, or this one."""
        async with transaction(self._engine) as connection:
            return await due.claim(connection, self._lease_seconds, chat_id)

    async def load(self, lease: Lease) -> Work | LeaseLost:
        """The leased chat's work."""
        async with transaction(self._engine) as connection:
            let_go = await gone.let_go(connection, lease)
            work = await load(connection, lease, self._drift)
            if let_go is not None and isinstance(work, Work):
                await announce.gone(connection, lease, work, let_go)
            if isinstance(work, Work) and isinstance(work.observed, Unknown):
                await drift.begin_read(connection, lease.chat_id)
            return work

    async def admit(
        self, lease: Lease, work: Work, actions: Sequence[Action]
    ) -> Admission | LeaseLost:
        """Reserve what the plan takes from people; what the answer names is held."""
        async with transaction(self._engine) as connection:
            if await due.extend(connection, lease, self._lease_seconds) is None:
                return LeaseLost()
            return await admission.admit(
                connection, work.chat_id, work.school_id, actions, self._policy
            )

    async def intend(self, lease: Lease, work: Work, action: Action) -> Intended:
        """Commit the intent and extend the lease, where the gate is open still.

        A pass may last long, and its process may have stood still in the middle of it.
        """
        async with transaction(self._engine) as connection:
            why = shut(await catch_up.gate(connection), takes=takes(action))
            if why is not None:
                return GateShut(why)
            return await intents.intend(connection, lease, work, action, self._lease_seconds)

    async def settle(
        self, lease: Lease, work: Work, intent: IntentId, action: Action, effect: Effect
    ) -> None:
        """Commit the outcome and its effect."""
        async with transaction(self._engine) as connection:
            await intents.settle(connection, lease, work, intent, action, effect)

    async def record_read(
        self, lease: Lease, seen: Seen, *, whole: bool = True
    ) -> LeaseLost | None:
        """Commit a read."""
        reading = reads.Reading(whole, self._reread_seconds, self._drift)
        async with transaction(self._engine) as connection:
            return await reads.record_read(connection, lease, seen, reading)

    async def refused(self, lease: Lease, blamed: Blamed) -> bool:
        """Note whom the messenger refused, and count what it says about adding as such."""
        async with transaction(self._engine) as connection:
            return await blame.refused(connection, lease.chat_id, blamed)

    async def own_account(self) -> MaxUserId | None:
        """Which account is ours, as far as it was ever told."""
        async with transaction(self._engine) as connection:
            return await own_account.known(connection)

    async def know_own_account(self, account: MaxUserId) -> None:
        """Remember which account is ours."""
        async with transaction(self._engine) as connection:
            await own_account.know(connection, account)

    async def forget(self, lease: Lease) -> None:
        """The chat must be read before any change."""
        async with transaction(self._engine) as connection:
            await observed.forget(connection, [lease.chat_id])

    async def gone(self, lease: Lease) -> None:
        """The messenger says that it deleted this chat for ever."""
        async with transaction(self._engine) as connection:
            await gone.note(connection, lease)

    async def finish(self, lease: Lease, work: Work | None, outcome: Outcome) -> None:
        """Give the lease back; a chat that has just converged is announced."""
        async with transaction(self._engine) as connection:
            if not await due.holds(connection, lease):
                return
            if work is None:
                await due.finish(connection, lease, None, outcome, None)
                return
            # What is over goes first: the chat is due at the dates of what is left.
            await ends.on_finish(connection, work, outcome, self._drift)
            if isinstance(outcome, Done | Waiting):
                await setbacks.over(connection, lease.chat_id)
                await setbacks.not_wanted(connection, lease.chat_id, work.loaded_at)
            next_at = await dates.next_after(connection, lease.chat_id, work.loaded_at)
            await due.finish(connection, lease, work, outcome, next_at)
            if isinstance(outcome, Done):
                await held_plans.close(connection, lease.chat_id, work.generation)
                await restores.when_done(connection, lease.chat_id)
            else:
                await held_plans.end_decisions(connection, lease.chat_id)
            if not isinstance(outcome, RetryAfter):
                await reservations.drop(connection, lease.chat_id)
            await announce.converged(connection, lease, work, outcome)

    def wake_ups(self) -> AbstractAsyncContextManager[WakeUps]:
        """Listen for chats becoming due."""
        return listening(self._engine, due.CHANNEL)
