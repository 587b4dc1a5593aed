"""What the reconcile loop asks of a messenger, in the project's own words.

Two capabilities: *membership* (the public MAX Bot API) and *provisioning* (the partner
contract). Implementations raise only the hierarchy of ``gateway.errors``. A snapshot says
itself whether it is the whole chat: one that is not shows who is in, and never who is out.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from domain.lesson_calls import CallPlan
from domain.refusals import AddFailure


@dataclass(frozen=True, slots=True)
class SeenMember:
    """One member of a chat as the messenger reported it."""

    user_id: MaxUserId
    is_admin: bool
    is_owner: bool
    is_bot: bool


@dataclass(frozen=True, slots=True)
class ChatSnapshot:
    """A chat's title and the members that were read.

    Reading is paged, so members who moved between pages may be missing or doubled by the
    messenger; doubles are folded. ``ends`` is false where its pages do not end. ``counted``
    is the messenger's own number of members, None where it told none: it may lag behind, but
    while it is above ``len(members)`` the snapshot does not prove that anybody is absent.
    """

    chat_id: MaxChatId
    title: str
    members: tuple[SeenMember, ...]
    counted: int | None = None
    ends: bool = True

    @property
    def is_short(self) -> bool:
        """Whether somebody may be in the chat who is not listed."""
        return not self.ends or (self.counted is not None and self.counted > len(self.members))


@dataclass(frozen=True, slots=True)
class BotStanding:
    """How the bot stands to a chat, by its own membership there.

    ``permissions`` is None where the messenger did not tell them.
    """

    is_member: bool
    is_admin: bool = False
    permissions: frozenset[str] | None = None

    def may(self, permission: str | None) -> bool:
        """Whether it can use this right; None is for what needs no particular one."""
        if permission is None or self.permissions is None:
            return self.is_admin
        return self.is_admin and permission in self.permissions


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

    async def standing(self, chat_id: MaxChatId, lane: Lane) -> BotStanding:
        """How the bot itself stands to the chat: the proof of what a refusal is about."""

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

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> str | None:
        """Set the title (1-200 code points); what the messenger made of it, where it says so."""


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


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """A link by which one person, once, says which account is theirs; a secret of that person's."""

    url: str = field(repr=False)
    expires_at: datetime


class ProfileLinks(Protocol):
    """Linking people's study profiles, by the partner contract."""

    async def issue_link(self, external_id: str, lane: Lane) -> IssuedLink:
        """A new link for this person; it ends the one before it."""

    async def end_link(self, external_id: str, lane: Lane) -> None:
        """Unlink the person; one who is not linked counts as unlinked."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call of the messenger; the link lets in whoever has it."""

    call_id: str
    join_url: str = field(repr=False)


class LessonCalls(Protocol):
    """Calls in chats, by the partner contract."""

    async def plan_call(
        self, external_id: str, chat_id: MaxChatId, plan: CallPlan, lane: Lane
    ) -> PlannedCall:
        """Plan a call, or find the one of this ``external_id``, which stays as it is."""

    async def change_call(self, call_id: str, plan: CallPlan, lane: Lane) -> PlannedCall:
        """Give a call other words or times."""

    async def end_call(self, call_id: str, lane: Lane) -> None:
        """Delete a call; one that is not there counts as deleted."""


class Messenger(Membership, Provisioning, Protocol):
    """Both capabilities on one object."""

    def through(self, budget: CallBudget) -> "Messenger":
        """The same messenger and connections, each call waiting on another budget."""


__all__ = [
    "AddFailure",
    "BotStanding",
    "CallBudget",
    "ChatSnapshot",
    "Created",
    "IssuedLink",
    "LessonCalls",
    "Membership",
    "Messenger",
    "PlannedCall",
    "ProfileLinks",
    "Provisioning",
    "SeenMember",
]
