"""One chat's reconciliation: read if unknown, diff, plan, and call.

Each call stands between its intent and its outcome.

Guarantees: what a plan takes from anybody passes the guard before its first call, or waits while
all else goes on; no call without a committed intent; after a call whose outcome is not known the
chat is read before any other change (a create is repeated by its ``external_id``); one refused
account never stops the others, and only what is proved to be about the bot parks the chat; our
own account is in no call; the pass ends in exactly one ``Outcome``. The pass may be cut off
anywhere: what it had not settled is found again as an open intent. Each call is made in
``attempts``.
"""

from dataclasses import dataclass

import structlog

from domain.guard import Admission
from domain.places import place_of
from domain.plan import (
    Create,
    Delete,
    Deleted,
    Frozen,
    Limits,
    Unknown,
    plan,
    takes,
    takings,
)
from domain.refusals import apart
from domain.targets import holding
from domain.troubles import Outage
from domain.work import (
    ChatWait,
    Done,
    Lease,
    LeaseLost,
    Outcome,
    Refused,
    RetryAfter,
    Waiting,
    Work,
)
from gateway import errors
from gateway.attempts import Attempts
from gateway.budget import HeldBudget
from gateway.outcomes import Halted, outcome_of
from gateway.ports import CallBudget, Messenger
from gateway.sight import seen
from gateway.store import ReconcileStore

CALL_SECONDS = 15.0
"""No call is sent so late that its time-out could outlive the lease."""

log = structlog.get_logger()

PASSES = 50
"""How often one lease looks again: after a read, a chat that was there already, or an account
that was refused; each of them leaves less to look at, so the bound is only a fuse."""

SHORT_READS = 3
"""So often in a row a chat that lists fewer people than it counts is read again soon."""


class Reconciler:
    """Makes chats in the messenger match what is wanted of them, one lease at a time."""

    def __init__(
        self,
        store: ReconcileStore,
        messenger: Messenger,
        budget: CallBudget,
        limits: Limits,
        *,
        lease_seconds: float,
        call_seconds: float = CALL_SECONDS,
        isolates: bool = True,
    ) -> None:
        """``call_seconds`` is more than any call takes before it times out.

        ``isolates``: what fails over one chat, and is no outage, is that chat's state.

        Raises:
            Misconfigured: a lease that leaves no time to wait for a slot before a call.
        """
        if lease_seconds < 2 * call_seconds:
            shortest = 2 * call_seconds
            raise errors.Misconfigured("lease", f"must be {shortest} seconds or more")
        self._store = store
        self._messenger = messenger
        self._budget = budget
        self._limits = limits
        self._call_seconds = lease_seconds - call_seconds
        self._isolates = isolates

    async def reconcile(self, lease: Lease, *, removals_wait: bool = False) -> Outcome | Halted:
        """Work on the leased chat until it is as it should be, or cannot be now.

        ``removals_wait`` holds back everything that takes somebody out, or rights away,
        because ingest is behind: such a chat is due again in a moment.
        """
        held = HeldBudget(self._budget)
        held.hold(self._call_seconds)
        messenger = self._messenger.through(held)
        chat = _LeasedChat(
            store=self._store,
            messenger=messenger,
            attempts=Attempts(self._store, messenger, lambda: held.hold(self._call_seconds), lease),
            limits=self._limits,
            lease=lease,
            removals_wait=removals_wait,
            isolates=self._isolates,
        )
        return await chat.work()


@dataclass(slots=True)
class _LeasedChat:
    """One chat under one lease."""

    store: ReconcileStore
    messenger: Messenger
    attempts: Attempts
    limits: Limits
    lease: Lease
    removals_wait: bool
    isolates: bool

    async def work(self) -> Outcome | Halted:
        """Passes until one ends in an outcome; then the lease is given back."""
        work: Work | None = None
        outcome: Outcome | Halted = RetryAfter("the chat changed while we looked")
        try:
            for _ in range(PASSES):
                loaded = await self.store.load(self.lease)
                if isinstance(loaded, LeaseLost):
                    return Done(changed=False)
                work = loaded
                ended = await self._pass(work)
                if ended is not None:
                    outcome = ended
                    break
        except errors.GatewayError as error:
            outcome = outcome_of(error)
        except Outage:
            raise
        except Exception as error:
            if not self.isolates:
                raise
            outcome = self._of_its_own(error)
        given_back = RetryAfter(outcome.reason, 60.0) if isinstance(outcome, Halted) else outcome
        if isinstance(outcome, Refused):
            chat_id = self.lease.chat_id
            log.warning("chat.refused", chat_id=chat_id, reason=outcome.reason)
        await self.store.finish(self.lease, work, given_back)
        return outcome

    def _of_its_own(self, error: Exception) -> Outcome:
        """What fails over one chat stops no other; its text may quote what nobody must read."""
        kind, where = type(error).__name__, place_of(error)
        log.error("chat.failed", chat_id=self.lease.chat_id, error=kind, where=where)
        return RetryAfter(f"{kind} at {where}")

    async def _pass(self, work: Work) -> Outcome | None:
        """Read, or plan and call; None to load and look again."""
        observed = work.observed
        if isinstance(observed, Unknown):
            return await self._read(work)
        actions = apart(plan(work.target, observed, self.limits, work.bot), work.setbacks)
        admission = Admission()
        if takings(actions):
            admitted_now = await self.store.admit(self.lease, work, actions)
            if isinstance(admitted_now, LeaseLost):
                return None
            admission = admitted_now
            _tell_of_waiting(work, admission)
        if admission.waits:
            # Who waits keeps a place and rights that others then cannot have.
            target = holding(work.target, observed, admission.waits.keys(), self.limits)
            actions = apart(plan(target, observed, self.limits, work.bot), work.setbacks)
        admitted = tuple(action for action in actions if admission.lets(action))
        kept = tuple(action for action in admitted if not (self.removals_wait and takes(action)))
        for action in kept:
            if await self.attempts.make(work, action):
                return None
        if len(kept) < len(admitted):
            return RetryAfter("removals wait for ingest", 1.0)
        return self._ended(work, admission)

    def _ended(self, work: Work, admission: Admission) -> Outcome:
        """All was done that can be done now."""
        if admission.waiting is not None:
            return Waiting(admission.waiting)
        if work.whole:
            return Done(changed=self.attempts.changed)
        if work.attempts < SHORT_READS:
            return RetryAfter("fewer people are listed than counted")
        return Waiting(ChatWait.SHORT_READ)

    async def _read(self, work: Work) -> Outcome | None:
        if work.max_chat_id is None:
            message = "a chat that is not created is not unknown"
            raise AssertionError(message)
        try:
            snapshot = await self.messenger.read(work.max_chat_id, self.lease.lane)
        except (errors.NotFound, errors.Gone):
            return await self._not_there(work)
        except errors.Forbidden as error:
            await self.attempts.prove(work.max_chat_id, error, None)
            raise errors.Unavailable(error.call, error.detail) from None
        found = seen(snapshot, work.bot)
        await self.store.record_read(self.lease, found, whole=not snapshot.is_short)
        await self.attempts.blame(found)
        return None

    async def _not_there(self, work: Work) -> Outcome | None:
        """What follows for a chat that cannot be read, since it is not there.

        A wrong address says so too. Only a create of the same ``external_id`` tells: the chat
        was deleted for ever, or it is there after all, and then a person must look.
        """
        asking = Create(work.title, (), ())
        try:
            await self.attempts.make(work, Delete() if isinstance(work.target, Deleted) else asking)
        except errors.Gone:
            # A closed chat is missed by nobody: it is forgotten, and made anew when it reopens.
            return None if isinstance(work.target, Frozen) else Waiting(ChatWait.GONE)
        except errors.NotFound:
            return Waiting(ChatWait.PARKED)
        again = await self.store.load(self.lease)
        if isinstance(again, Work) and again.max_chat_id == work.max_chat_id:
            return Waiting(ChatWait.PARKED)
        return None


def _tell_of_waiting(work: Work, admission: Admission) -> None:
    for held in admission.news:
        log.warning(
            "plan.held",
            chat_id=work.chat_id,
            school_id=work.school_id,
            reason=f"{held.scope.value}: {held.would_be} of {held.limit}",
        )


__all__ = ["Halted", "Reconciler"]
