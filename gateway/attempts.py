"""One call of a pass: its intent, the call, what came of it, and what a refusal is about.

Guarantees: no call without a committed intent, and its outcome is committed before anything
else is done. What the messenger refused is never just sent again: the bot is asked for first
where it may be about the bot, then the chat is read, and only who the call did not serve is
blamed, in ever smaller groups (``refusals``).
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from domain.ids import MaxChatId, MaxUserId
from domain.plan import Action, Add, Create, Demote, Promote, Remove, Seen
from domain.refusals import AddFailure, Wish
from domain.work import (
    Applied,
    Blamed,
    ChatMade,
    Effect,
    EffectUnknown,
    GateShut,
    Lease,
    LeaseLost,
    NoEffect,
    NotAdmitted,
    Outdated,
    Work,
)
from gateway import calls, errors
from gateway.budget import NotSent
from gateway.ports import Messenger
from gateway.refusals import Refusal, refusal_of, said_by
from gateway.standing import must_be_able
from gateway.store import ReconcileStore

DOUBTS = 1
"""After so many passes in a row that failed, a create without an answer is made with nobody."""

ABOUT_PEOPLE = (Add, Remove, Promote, Demote)

log = structlog.get_logger()


@dataclass(slots=True)
class Attempts:
    """The calls of one lease; ``hold`` moves the time until which they may be sent.

    ``refusal`` is of the last call, until a read has told whom it is about.
    """

    store: ReconcileStore
    messenger: Messenger
    hold: Callable[[], None]
    lease: Lease
    changed: bool = False
    refusal: Refusal | None = None

    async def make(self, work: Work, action: Action) -> bool:
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
            return await self._in_doubt(work, action, error)
        except errors.GatewayError as error:
            nothing = NoEffect(f"{type(error).__name__} {error.detail}".strip())
            await self.store.settle(self.lease, work, intent, action, nothing)
            return await self._failed(work, action, error)
        await self.store.settle(self.lease, work, intent, action, effect)
        self.changed = True
        # A chat that was there already is read; one made only to find out is looked at again.
        found = isinstance(effect, ChatMade) and not (effect.created and _has_people(action))
        return found or (isinstance(effect, ChatMade | Applied) and bool(effect.failed))

    async def _in_doubt(self, work: Work, action: Action, error: errors.OutcomeUnknown) -> bool:
        """Nobody knows what came of it: the chat is read, at once if some answer came."""
        self.refusal = refusal_of(action, error)
        if self.refusal is not None or (error.answered and isinstance(action, ABOUT_PEOPLE)):
            return True
        if isinstance(action, Create) and action.members and work.attempts >= DOUBTS:
            await self._make_it_empty(action, said_by(error))
        raise error

    async def _failed(self, work: Work, action: Action, error: errors.GatewayError) -> bool:
        """It certainly had no effect: the same cannot just be sent again."""
        if isinstance(error, errors.Gone):
            await self.store.gone(self.lease)
            if work.max_chat_id is None and not _has_people(action):
                return True  # it was only made to find out, and nobody is wanted in it
            raise error
        refused = isinstance(error, errors.Answered | errors.AddingUnavailable)
        if not refused or isinstance(error, errors.Unauthorized):
            raise error
        if isinstance(action, Create):
            if not action.members:
                raise error
            await self._make_it_empty(action, said_by(error))
            return True
        if isinstance(error, errors.Forbidden):
            await self.prove(await self._chat_id(work), error, action)
        # It may rest on what is not so any more.
        await self.store.forget(self.lease)
        self.refusal = refusal_of(action, error)
        if self.refusal is None:
            raise error
        return True

    async def _make_it_empty(self, action: Create, said: str) -> None:
        """The chat is made with nobody in it, and then each of them is tried."""
        blamed = Blamed(Wish.ADD, action.members, said, named=max(2, len(action.members)))
        await self.store.refused(self.lease, blamed)

    async def _call(self, work: Work, action: Action) -> Effect:
        if isinstance(action, Create):
            return await calls.create(self.messenger, work, action, self.lease.lane)
        chat_id = await self._chat_id(work)
        return await calls.change(self.messenger, chat_id, action, self.lease.lane)

    async def _chat_id(self, work: Work) -> MaxChatId:
        if work.max_chat_id is not None:
            return work.max_chat_id
        # A chat that was created earlier in this pass is known only after a fresh load.
        again = await self.store.load(self.lease)
        if isinstance(again, LeaseLost) or again.max_chat_id is None:
            raise errors.Unavailable("load", "the chat was taken over")
        return again.max_chat_id

    async def blame(self, seen: Seen) -> None:
        """The chat was read: who a refused call did not serve waits, or is tried among fewer."""
        refusal, self.refusal = self.refusal, None
        if refusal is None:
            return
        suspects = refusal.suspects(seen)
        if suspects and await self.store.refused(self.lease, _blamed(refusal, suspects)):
            log.error("adding.refused", reason="people are invited by link until it works again")

    async def prove(
        self, chat_id: MaxChatId, error: errors.Forbidden, action: Action | None
    ) -> None:
        """Raise ``BotLost`` if it is the bot that may not; return if it is somebody else."""
        lane = self.lease.lane
        await must_be_able(self.messenger, chat_id, lane, error, action)


def _blamed(refusal: Refusal, suspects: tuple[MaxUserId, ...]) -> Blamed:
    return Blamed(
        wish=refusal.wish,
        accounts=suspects,
        said=refusal.said,
        named=len(refusal.user_ids),
        each=refusal.certain or refusal.why is AddFailure.FULL,
        why=refusal.why,
        certain=refusal.certain,
        vague=refusal.vague,
    )


def _has_people(action: Action) -> bool:
    return isinstance(action, Create) and bool(action.members)


__all__ = ["Attempts"]
