"""One chat's reconciliation: read if unknown, diff, plan, and call.

Each call stands between its intent and its outcome.

Guarantees: what a plan takes from anybody passes the guard before its first call, or waits while
all else goes on; no call without a committed intent; after a call whose outcome is not known the
chat is read before any other change (a create is repeated by its ``external_id``); one
refused account never stops the others; the pass ends in exactly one ``Outcome``. The pass
may be cut off anywhere: what it had not settled is found again as an open intent.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from domain.expected import Role
from domain.guard import Admission
from domain.ids import MaxChatId
from domain.plan import (
    Action,
    Create,
    Delete,
    Deleted,
    Frozen,
    Limits,
    Seen,
    Unknown,
    holding,
    plan,
    takes,
    takings,
)
from domain.work import (
    Applied,
    ChatMade,
    Done,
    Effect,
    EffectUnknown,
    GateShut,
    Lease,
    LeaseLost,
    NoEffect,
    NotAdmitted,
    Outcome,
    Outdated,
    RetryAfter,
    Waiting,
    Work,
)
from gateway import calls, errors
from gateway.budget import HeldBudget, NotSent
from gateway.outcomes import Halted, outcome_of
from gateway.ports import CallBudget, ChatSnapshot, Messenger
from gateway.refusals import AddRefusal, has_rights, refusal_of
from gateway.store import ReconcileStore

CALL_SECONDS = 15.0
"""No call is sent so late that its time-out could outlive the lease."""

log = structlog.get_logger()

PASSES = 50
"""How often one lease looks again: after a read, a chat that was there already, or an account
that was refused; each of them leaves less to look at, so the bound is only a fuse."""


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
    ) -> None:
        """``call_seconds`` is more than any call takes before it times out.

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

    async def reconcile(self, lease: Lease, *, removals_wait: bool = False) -> Outcome | Halted:
        """Work on the leased chat until it is as it should be, or cannot be now.

        ``removals_wait`` holds back everything that takes somebody out, or rights away,
        because ingest is behind: such a chat is due again in a moment.
        """
        held = HeldBudget(self._budget)
        held.hold(self._call_seconds)
        chat = _LeasedChat(
            store=self._store,
            messenger=self._messenger.through(held),
            hold=lambda: held.hold(self._call_seconds),
            limits=self._limits,
            lease=lease,
            removals_wait=removals_wait,
        )
        return await chat.work()


@dataclass(slots=True)
class _LeasedChat:
    """One chat under one lease; ``hold`` moves the time until which calls may be sent."""

    store: ReconcileStore
    messenger: Messenger
    hold: Callable[[], None]
    limits: Limits
    lease: Lease
    removals_wait: bool
    changed: bool = False
    refusal: AddRefusal | None = None

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
        given_back = RetryAfter(outcome.reason, 60.0) if isinstance(outcome, Halted) else outcome
        await self.store.finish(self.lease, work, given_back)
        return outcome

    async def _pass(self, work: Work) -> Outcome | None:
        """Read, or plan and call; None to load and look again."""
        observed = work.observed
        if isinstance(observed, Unknown):
            return await self._read(work)
        actions = plan(work.target, observed, self.limits)
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
            actions = plan(target, observed, self.limits)
        admitted = tuple(action for action in actions if admission.lets(action))
        kept = tuple(action for action in admitted if not (self.removals_wait and takes(action)))
        for action in kept:
            if await self._act(work, action):
                return None
        if len(kept) < len(admitted):
            return RetryAfter("removals wait for ingest", 1.0)
        waiting = admission.waiting
        return Done(changed=self.changed) if waiting is None else Waiting(waiting)

    async def _read(self, work: Work) -> Outcome | None:
        if work.max_chat_id is None:
            message = "a chat that is not created is not unknown"
            raise AssertionError(message)
        try:
            snapshot = await self.messenger.read(work.max_chat_id, self.lease.lane)
        except (errors.NotFound, errors.Gone):
            return await self._not_there(work)
        if snapshot.is_short:
            # Some pages held fewer people than the chat has: nobody may be missed by that.
            raise errors.IncompleteRead("read", "fewer members than the chat counts")
        await self.store.record_read(self.lease, seen(snapshot))
        if self.refusal is not None:
            await self._nobody_was_added(self.refusal, snapshot)
        return None

    async def _not_there(self, work: Work) -> Outcome | None:
        """What follows for a chat that cannot be read, since it is not there.

        A wrong address says so too. Only a create of the same ``external_id`` tells: the chat
        was deleted for ever, or it is there after all, and then a person must look.
        """
        asking = Create(work.title, (), ())
        try:
            await self._act(work, Delete() if isinstance(work.target, Deleted) else asking)
        except errors.Gone:
            # A closed chat is missed by nobody: it is forgotten, and made anew when it reopens.
            return None if isinstance(work.target, Frozen) else Waiting("gone")
        except errors.NotFound:
            return Waiting("parked")
        again = await self.store.load(self.lease)
        if isinstance(again, Work) and again.max_chat_id == work.max_chat_id:
            return Waiting("parked")
        return None

    def _says_no(self, work: Work, action: Action, error: errors.GatewayError) -> bool:
        """Whether an add was refused for everybody; then a read tells what to make of it."""
        self.refusal = refusal_of(action, error, again=work.attempts > 0)
        return self.refusal is not None

    async def _nobody_was_added(self, refusal: AddRefusal, snapshot: ChatSnapshot) -> None:
        self.refusal = None
        if not has_rights(snapshot):
            raise errors.Forbidden("read", 0, "bot.rights")
        out = refusal.left_out(snapshot)
        if await self.store.not_added(self.lease, out, refusal.reason, certain=refusal.certain):
            log.error("adding.refused", reason="people are invited by link until it works again")

    async def _act(self, work: Work, action: Action) -> bool:
        """Intent, call, outcome. True where the chat must be looked at again before more calls."""
        self.hold()
        intent = await self.store.intend(self.lease, work, action)
        if isinstance(intent, LeaseLost | NotAdmitted | Outdated):
            return True
        if isinstance(intent, GateShut):
            raise NotSent("gate", intent.reason, 1.0)
        try:
            effect = await self._call(work, action)
        except errors.OutcomeUnknown as error:
            unknown = EffectUnknown(error.detail)
            await self.store.settle(self.lease, work, intent, action, unknown)
            if self._says_no(work, action, error):
                return True
            raise
        except errors.GatewayError as error:
            nothing = NoEffect(type(error).__name__)
            await self.store.settle(self.lease, work, intent, action, nothing)
            if isinstance(error, errors.NotFound | errors.Refused):
                await self.store.forget(self.lease)
            if isinstance(error, errors.Gone):
                await self.store.gone(self.lease)
                if work.max_chat_id is None and not _has_people(action):
                    return True  # it was only made to find out, and nobody is wanted in it
            if self._says_no(work, action, error):
                await self.store.forget(self.lease)
                return True
            raise
        await self.store.settle(self.lease, work, intent, action, effect)
        self.changed = True
        # A chat that was there already is read; one made only to find out is looked at again.
        found = isinstance(effect, ChatMade) and not (effect.created and _has_people(action))
        return found or (isinstance(effect, ChatMade | Applied) and bool(effect.failed))

    async def _call(self, work: Work, action: Action) -> Effect:
        if isinstance(action, Create):
            return await calls.create(self.messenger, work, action, self.lease.lane)
        # A chat that was created earlier in this pass is known only after a fresh load.
        chat_id = work.max_chat_id or await self._chat_id()
        return await calls.change(self.messenger, chat_id, action, self.lease.lane)

    async def _chat_id(self) -> MaxChatId:
        work = await self.store.load(self.lease)
        if isinstance(work, LeaseLost) or work.max_chat_id is None:
            raise errors.Unavailable("load", "the chat was taken over")
        return work.max_chat_id


def seen(snapshot: ChatSnapshot) -> Seen:
    """A snapshot as the plan wants it: accounts with roles, the bot left out."""
    members = {
        member.user_id: Role.ADMINISTRATOR if member.is_admin else Role.MEMBER
        for member in snapshot.members
        if not (member.is_bot or member.is_owner)
    }
    return Seen(members, snapshot.title)


def _tell_of_waiting(work: Work, admission: Admission) -> None:
    for held in admission.news:
        log.warning(
            "plan.held",
            chat_id=work.chat_id,
            school_id=work.school_id,
            reason=f"{held.scope.value}: {held.would_be} of {held.limit}",
        )


def _has_people(action: Action) -> bool:
    return isinstance(action, Create) and bool(action.members)


__all__ = ["Halted", "Reconciler", "seen"]
