"""What the reconcile loop asks of a messenger, in the project's own words.

Two capabilities: *membership* (the public MAX Bot API) and *provisioning* (the partner
contract). Implementations raise only the hierarchy of ``gateway.errors``. A snapshot exists
only when it was read to the end: a partial read is an error, never a short list.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane


class AddFailure(Enum):
    """Why the messenger did not add one account (MAX Bot API, ``failed_user_details``).

    ``UNKNOWN`` comes with no reason, and may even mean that the account is a member already:
    only a read tells.
    """

    PRIVACY = "add.participant.privacy"
    NOT_FOUND = "add.participant.not.found"
    FULL = "chat.full"
    """There is no room in the chat (the partner contract; MAX does not document what it says)."""
    INVITED = "adding.refused"
    """Nobody asked the messenger: in this installation people only come in by link."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SeenMember:
    """One member of a chat as the messenger reported it."""

    user_id: MaxUserId
    is_admin: bool
    is_owner: bool
    is_bot: bool


@dataclass(frozen=True, slots=True)
class ChatSnapshot:
    """A chat's title and all its members, read to the last page.

    Reading is paged, so members who moved between pages may be missing or doubled by the
    messenger; doubles are folded, and a read whose pages do not end is an error. ``counted``
    is the messenger's own number of members, None where it told none: it may lag behind, but
    while it is above ``len(members)`` the snapshot does not prove that anybody is absent.
    """

    chat_id: MaxChatId
    title: str
    members: tuple[SeenMember, ...]
    counted: int | None = None

    @property
    def is_short(self) -> bool:
        """Whether the messenger counts more members than it listed."""
        return self.counted is not None and self.counted > len(self.members)


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to a create: the chat that carries our ``external_id``, new or not."""

    chat_id: MaxChatId
    link: str | None
    created: bool
    failed: Mapping[MaxUserId, AddFailure]


class CallBudget(Protocol):
    """The one budget of calls over all processes (30 in any second, or fewer)."""

    def slot(
        self, lane: Lane, kind: CallClass = CallClass.READ
    ) -> AbstractAsyncContextManager[None]:
        """Wait for a slot, then call at once inside the ``async with`` block.

        What entering raises goes to the caller as it is; nothing was sent then.
        """

    async def push_back(self, seconds: float) -> None:
        """No slot to anybody for this long: the messenger answered 429."""

    async def too_many(self, kind: CallClass, told: int | None) -> None:
        """A call of this class was refused for the limit; ``told`` is the number it named."""


class Membership(Protocol):
    """Members, administrators and title of a chat that exists."""

    async def read(self, chat_id: MaxChatId, lane: Lane) -> ChatSnapshot:
        """Read the chat and every page of its members."""

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """Add up to 100 accounts; the answer names those that were not added.

        ``AddingUnavailable``, with nothing sent, where people are only invited.
        """

    async def remove(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Remove one account; one who is not there counts as removed."""

    async def promote(self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane) -> None:
        """Make present members administrators, in one call."""

    async def demote(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Take an administrator's rights; one who has none counts as demoted."""

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> None:
        """Set the title (1-200 code points)."""


class Provisioning(Protocol):
    """Creating and deleting chats, by the partner contract."""

    async def create(
        self,
        external_id: str,
        title: str,
        kind: str,
        user_ids: Sequence[MaxUserId],
        admin_ids: Sequence[MaxUserId],
        lane: Lane,
    ) -> Created:
        """Create, or find, the chat of this ``external_id``. ``Gone`` if it was deleted.

        At most 100 ``user_ids``, and at most 50 ``admin_ids`` from among them.
        """

    async def delete(self, chat_id: MaxChatId, lane: Lane) -> None:
        """Delete for ever; a chat that is not there counts as deleted."""


class Messenger(Membership, Provisioning, Protocol):
    """Both capabilities on one object."""

    def through(self, budget: CallBudget) -> "Messenger":
        """The same messenger and connections, each call waiting on another budget."""


__all__ = [
    "AddFailure",
    "CallBudget",
    "ChatSnapshot",
    "Created",
    "Membership",
    "Messenger",
    "Provisioning",
    "SeenMember",
]
