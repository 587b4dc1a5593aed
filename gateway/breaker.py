"""A circuit breaker for each class of calls: a messenger that fails is left alone for a while.

Guarantees: after ``FAILURES`` failures in a row a class of calls is not made at all for a
second, then one call is let through; each time that fails the pause doubles, up to a minute,
so that a long outage ends in a prompt recovery. Reads, changes of members and the partner
contract break each by itself: while chats cannot be made, people can still be removed.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway.budget import NotSent
from gateway.errors import (
    BadAnswer,
    OutcomeUnknown,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unsuccessful,
)
from gateway.ports import AddFailure, BotStanding, CallBudget, ChatSnapshot, Created, Messenger

FAILURES = 5
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0

T = TypeVar("T")


@dataclass(slots=True)
class Breaker:
    """The breaker of one class of calls; ``monotonic`` is in seconds."""

    monotonic: Callable[[], float] = time.monotonic
    failures: int = 0
    pause: float = FIRST_PAUSE
    opens_at: float | None = None
    successes: int = 0
    said: str = ""
    """What the last failure was."""

    def wait(self) -> float:
        """Seconds until a call may be made; 0 for now. Letting one through is a probe."""
        if self.opens_at is None:
            return 0.0
        remaining = self.opens_at - self.monotonic()
        if remaining > 0:
            return remaining
        # One probe: until it has ended the others wait as long as before.
        self.opens_at = self.monotonic() + self.pause
        return 0.0

    def succeeded(self) -> None:
        """The messenger answered as it should."""
        self.failures, self.pause, self.opens_at = 0, FIRST_PAUSE, None
        self.successes += 1

    def failed(self, said: str = "") -> None:
        """The messenger did not answer, or not as it should."""
        self.failures += 1
        self.said = said
        if self.failures < FAILURES:
            return
        if self.failures > FAILURES:
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.opens_at = self.monotonic() + self.pause

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self.opens_at is not None


def _closed() -> dict[CallClass, Breaker]:
    return {kind: Breaker() for kind in CallClass}


@dataclass(frozen=True, slots=True)
class BreakingMessenger:
    """A messenger whose failing classes of calls are not made for a while."""

    messenger: Messenger
    breakers: Mapping[CallClass, Breaker] = field(default_factory=_closed)

    def through(self, budget: CallBudget) -> "BreakingMessenger":
        """The same breakers over the same messenger, on another budget."""
        return BreakingMessenger(self.messenger.through(budget), self.breakers)

    async def call(self, kind: CallClass, make: Callable[[], Awaitable[T]]) -> T:
        """Make a call of this class, unless they pause."""
        breaker = self.breakers[kind]
        wait = breaker.wait()
        if wait > 0:
            raise NotSent("breaker", f"{kind.value} calls fail and pause", wait)
        try:
            answer = await make()
        except (NotSent, TooManyRequests):
            raise
        except Unsuccessful:
            breaker.succeeded()  # it answered, and said no
            raise
        except (Unavailable, OutcomeUnknown, BadAnswer) as error:
            breaker.failed(error.detail)
            raise
        except Unauthorized:
            raise  # it says nothing of this class of calls
        except Exception:
            breaker.succeeded()  # as above
            raise
        breaker.succeeded()
        return answer

    async def read(self, chat_id: MaxChatId, lane: Lane) -> ChatSnapshot:
        """Read the chat and every page of its members."""
        return await self.call(CallClass.READ, lambda: self.messenger.read(chat_id, lane))

    async def standing(self, chat_id: MaxChatId, lane: Lane) -> BotStanding:
        """How the bot itself stands to the chat."""
        return await self.call(CallClass.READ, lambda: self.messenger.standing(chat_id, lane))

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """Add up to 100 accounts."""
        return await self.call(CallClass.ADD, lambda: self.messenger.add(chat_id, user_ids, lane))

    async def remove(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Remove one account."""
        await self.call(CallClass.CHANGE, lambda: self.messenger.remove(chat_id, user_id, lane))

    async def promote(self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane) -> None:
        """Make present members administrators."""
        await self.call(CallClass.CHANGE, lambda: self.messenger.promote(chat_id, user_ids, lane))

    async def demote(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Take an administrator's rights."""
        await self.call(CallClass.CHANGE, lambda: self.messenger.demote(chat_id, user_id, lane))

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> str | None:
        """Set the title."""
        return await self.call(
            CallClass.CHANGE, lambda: self.messenger.rename(chat_id, title, lane)
        )

    async def create(
        self,
        external_id: str,
        title: str,
        kind: str,
        user_ids: Sequence[MaxUserId],
        admin_ids: Sequence[MaxUserId],
        lane: Lane,
    ) -> Created:
        """Create, or find, the chat of this ``external_id``."""
        return await self.call(
            CallClass.PARTNER,
            lambda: self.messenger.create(external_id, title, kind, user_ids, admin_ids, lane),
        )

    async def delete(self, chat_id: MaxChatId, lane: Lane) -> None:
        """Delete for ever."""
        await self.call(CallClass.PARTNER, lambda: self.messenger.delete(chat_id, lane))
