"""What the reconcile loop asks of the store.

Every method is one transaction that has committed when it returns. A lease that is no
longer ours is an answer (``LeaseLost``), not an error. An outage of the store is raised as
the store's own error and ends the pass: whatever was under way is found again as an intent
without an outcome.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.gate import Gate
from domain.guard import Admission
from domain.ids import MaxUserId
from domain.plan import Action, Seen
from domain.work import Blamed, Effect, Intended, IntentId, Lease, LeaseLost, Outcome, Work


class ReconcileStore(Protocol):
    """The queue of chats that are due, their state, and the journal of calls."""

    async def gate(self) -> Gate:
        """Whether chats may be changed now: catch up before acting."""

    async def own_account(self) -> MaxUserId | None:
        """Which account is ours, as far as it was ever told."""

    async def know_own_account(self, account: MaxUserId) -> None:
        """The messenger says which account is ours; no plan touches it."""

    async def claim(self, chat_id: str | None = None) -> Lease | None:
        """Lease the next due chat (or this one); None where nothing is due and free."""

    async def load(self, lease: Lease) -> Work | LeaseLost:
        """All that a pass over the leased chat needs, in one snapshot."""

    async def admit(
        self, lease: Lease, work: Work, actions: Sequence[Action]
    ) -> Admission | LeaseLost:
        """Reserve what this plan takes from people; what the answer names waits for a person."""

    async def intend(self, lease: Lease, work: Work, action: Action) -> Intended:
        """Commit that this call is about to be made, and extend the lease.

        A removal or demotion spends its reservation; without one it may not be called.
        """

    async def settle(
        self, lease: Lease, work: Work, intent: IntentId, action: Action, effect: Effect
    ) -> None:
        """Commit what came of the call, and what the messenger has now."""

    async def record_read(
        self, lease: Lease, seen: Seen, *, whole: bool = True
    ) -> LeaseLost | None:
        """Commit a read: it settles every intent of this chat.

        One that is not ``whole`` shows who is in, and nobody's absence.
        """

    async def refused(self, lease: Lease, blamed: Blamed) -> bool:
        """A call was refused for everybody in it: their state, and what it says about adding.

        True where from now on nobody is added any more; said once.
        """

    async def forget(self, lease: Lease) -> None:
        """What the messenger has in this chat is no longer known."""

    async def gone(self, lease: Lease) -> None:
        """The messenger says that it deleted this chat for ever: no call on it is open any more."""

    async def finish(self, lease: Lease, work: Work | None, outcome: Outcome) -> None:
        """Give the lease back, with the chat's next date by ``domain.work.requeue``."""

    def wake_ups(self) -> AbstractAsyncContextManager["WakeUps"]:
        """Listen for chats becoming due."""


class WakeUps(Protocol):
    """A hint that something may be due; the queue itself is the truth."""

    async def wait(self, seconds: float) -> None:
        """Return when something may have become due, at the latest after ``seconds``."""


__all__ = ["ReconcileStore", "WakeUps"]
