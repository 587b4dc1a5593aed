"""One pass over one chat: read if unknown, diff, plan, and call, each call between its
intent and its outcome.

Guarantees: no call without a committed intent; after a call whose outcome is not known the
chat is read before any other change (a create is repeated by its ``external_id``); one
refused account never stops the others; the pass ends in exactly one ``Outcome``. The pass
may be cut off anywhere: what it had not settled is found again as an open intent.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.expected import Role
from domain.ids import MaxChatId, MaxUserId
from domain.plan import (
    Action,
    Add,
    Create,
    Delete,
    Demote,
    Limits,
    NotCreated,
    Promote,
    Remove,
    Rename,
    Seen,
    Unknown,
    plan,
)
from domain.work import (
    Applied,
    ChatMade,
    Done,
    Effect,
    EffectUnknown,
    Lease,
    LeaseLost,
    NoEffect,
    Outcome,
    Refused,
    RetryAfter,
    Waiting,
    Work,
)
from gateway import errors
from gateway.budget import hold_until
from gateway.ports import AddFailure, ChatSnapshot, Membership, Provisioning
from gateway.store import ReconcileStore

CALL_SECONDS = 15.0
"""No call is sent so late that its time-out could outlive the lease."""

PASSES = 50
"""How often one lease looks again: after a read, a chat that was there already, or an account
that was refused; each of them leaves less to look at, so the bound is only a fuse."""


@dataclass(frozen=True, slots=True)
class Halted:
    """The token is not valid: no call of anybody can work until it is mended."""

    reason: str


class Reconciler:
    """Makes one chat in the messenger match what is wanted of it."""

    def __init__(
        self,
        store: ReconcileStore,
        membership: Membership,
        provisioning: Provisioning,
        limits: Limits,
        *,
        lease_seconds: float,
    ) -> None:
        self._store = store
        self._membership = membership
        self._provisioning = provisioning
        self._limits = limits
        self._lease_seconds = lease_seconds

    async def reconcile(self, lease: Lease, *, removals_wait: bool = False) -> Outcome | Halted:
        """One pass; the lease is given back in every case but a lost one.

        ``removals_wait`` holds back everything that takes somebody out, or rights away,
        because ingest is behind: such a chat is due again in a moment.
        """
        work: Work | None = None
        outcome: Outcome | Halted
        self._hold()
        try:
            for _ in range(PASSES):
                loaded = await self._store.load(lease)
                if isinstance(loaded, LeaseLost):
                    return Done(changed=False)
                work = loaded
                step = await self._pass(lease, work, removals_wait=removals_wait)
                if step is not None:
                    outcome = step
                    break
            else:
                outcome = RetryAfter("the chat changed while we looked")
        except errors.GatewayError as error:
            outcome = outcome_of(error)
        given_back = RetryAfter(outcome.reason, 60.0) if isinstance(outcome, Halted) else outcome
        await self._store.finish(lease, work, given_back)
        return outcome

    async def _pass(self, lease: Lease, work: Work, *, removals_wait: bool) -> Outcome | None:
        """Read, plan and call once; None to load and look again."""
        observed = work.observed
        if isinstance(observed, Unknown):
            if work.max_chat_id is None:
                observed = NotCreated()
            else:
                return await self._read(lease, work, work.max_chat_id)
        actions = plan(work.target, observed, self._limits)
        kept = tuple(action for action in actions if not (removals_wait and _takes(action)))
        for action in kept:
            again = await self._act(lease, work, action)
            if again:
                return None
        if len(kept) < len(actions):
            return RetryAfter("removals wait for ingest", 1.0)
        return Done(changed=bool(actions))

    async def _read(self, lease: Lease, work: Work, chat_id: MaxChatId) -> Outcome | None:
        try:
            snapshot = await self._membership.read(chat_id, lease.lane)
        except errors.NotFound:
            return Waiting("parked")
        if isinstance(await self._store.record_read(lease, seen(snapshot)), LeaseLost):
            return Done(changed=False)
        return None

    async def _act(self, lease: Lease, work: Work, action: Action) -> bool:
        """Intent, call, outcome. True where the chat must be looked at again before more calls."""
        self._hold()
        intent = await self._store.intend(lease, action)
        if isinstance(intent, LeaseLost):
            return True
        try:
            effect = await self._call(lease, work, action)
        except errors.OutcomeUnknown as error:
            await self._store.settle(lease, work, intent, action, EffectUnknown(error.detail))
            raise
        except errors.GatewayError as error:
            await self._store.settle(lease, work, intent, action, NoEffect(type(error).__name__))
            if isinstance(error, errors.NotFound | errors.Refused):
                await self._store.forget(lease)
            raise
        await self._store.settle(lease, work, intent, action, effect)
        found = isinstance(effect, ChatMade) and not effect.created
        return found or (isinstance(effect, ChatMade | Applied) and bool(effect.failed))

    def _hold(self) -> None:
        """The lease runs from now, or a little later by the database's clock."""
        hold_until(time.monotonic() + self._lease_seconds - CALL_SECONDS)

    async def _call(self, lease: Lease, work: Work, action: Action) -> Effect:
        if isinstance(action, Create):
            made = await self._provisioning.create(
                work.external_id,
                action.title,
                work.kind.value,
                action.members,
                action.administrators,
                lease.lane,
            )
            return ChatMade(made.chat_id, made.link, made.created, _reasons(made.failed))
        # A chat that was created earlier in this pass is known only after a fresh load.
        chat_id = work.max_chat_id or await self._chat_id(lease)
        return await self._change(chat_id, lease, action)

    async def _change(self, chat_id: MaxChatId, lease: Lease, action: Action) -> Effect:
        match action:
            case Add(user_ids):
                failed = await self._membership.add(chat_id, user_ids, lease.lane)
                return Applied(_reasons(failed))
            case Remove(user_id):
                await self._membership.remove(chat_id, user_id, lease.lane)
            case Promote(user_ids):
                await self._membership.promote(chat_id, user_ids, lease.lane)
            case Demote(user_id):
                await self._membership.demote(chat_id, user_id, lease.lane)
            case Rename(title):
                await self._membership.rename(chat_id, title, lease.lane)
            case Delete():
                await self._provisioning.delete(chat_id, lease.lane)
            case Create():
                message = "a create has no chat yet"
                raise AssertionError(message)
            case _:
                assert_never(action)
        return Applied({})

    async def _chat_id(self, lease: Lease) -> MaxChatId:
        work = await self._store.load(lease)
        if isinstance(work, LeaseLost) or work.max_chat_id is None:
            raise errors.Unavailable("load", "the chat was taken over")
        return work.max_chat_id


def outcome_of(error: errors.GatewayError) -> Outcome | Halted:
    """What follows from an error of the messenger."""
    match error:
        case errors.Unauthorized():
            return Halted(str(error))
        case errors.Forbidden():
            return Waiting("parked")
        case errors.TooManyRequests(retry_after=seconds):
            return RetryAfter("429", seconds)
        case errors.Unavailable(retry_after=seconds):
            return RetryAfter("unavailable", seconds)
        case errors.NotFound():
            return RetryAfter("not found: the chat is read first")
        case errors.Gone() | errors.Refused() | errors.AddingUnavailable():
            return Refused(str(error))
        case _:
            return RetryAfter(type(error).__name__)


def seen(snapshot: ChatSnapshot) -> Seen:
    """A snapshot as the plan wants it: accounts with roles, the bot left out."""
    members = {
        member.user_id: Role.ADMINISTRATOR if member.is_admin else Role.MEMBER
        for member in snapshot.members
        if not (member.is_bot or member.is_owner)
    }
    return Seen(members, snapshot.title)


def _takes(action: Action) -> bool:
    return isinstance(action, Remove | Demote | Delete)


def _reasons(failed: Mapping[MaxUserId, AddFailure]) -> dict[MaxUserId, str]:
    return {user_id: failure.value for user_id, failure in failed.items()}


__all__ = ["Halted", "Reconciler", "outcome_of", "seen"]
