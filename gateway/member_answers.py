"""The messenger's answers about chats and members, and what they say of the people in them.

The partner contract answers in the same words as the Bot API, so both read them here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, Field

from domain.ids import MaxUserId
from gateway.ports import AddFailure, SeenMember
from gateway.replies import Answer, Call, ChatIdIn, Problem, UserIdIn
from gateway.verdicts import unsuccessful

_REASONS = {reason.value: reason for reason in AddFailure}


def storable(text: str) -> str:
    """A text of the messenger as it can be kept: what no database or log takes is replaced."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


Title = Annotated[str, AfterValidator(storable)]


class ChatAnswer(Answer):
    """``Chat``: the title, how the bot stands to it, and how many the messenger counts."""

    chat_id: ChatIdIn
    title: Title | None = None
    status: str = "active"
    participants_count: int | None = None


class MemberAnswer(Answer):
    """``ChatMember``, without the names that we must not keep."""

    user_id: UserIdIn
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    permissions: tuple[str, ...] | None = None

    def seen(self) -> SeenMember:
        """The member in our words. An owner has every right, so counts as administrator."""
        return SeenMember(
            MaxUserId(self.user_id), self.is_admin or self.is_owner, self.is_owner, self.is_bot
        )


class MembersPage(Answer):
    """``ChatMembersList``: one page, and the marker of the next if there is one."""

    members: tuple[MemberAnswer, ...]
    marker: int | None = None

    def in_our_words(self) -> tuple[SeenMember, ...]:
        """The members of this page."""
        return tuple(member.seen() for member in self.members)


class FailedUsers(Answer):
    """``FailedUserDetails``: the accounts that were not added for one reason."""

    error_code: str
    user_ids: tuple[UserIdIn, ...]


class Failures(Answer):
    """The two lists by which a success says whom it left out; either may be null or absent."""

    failed_user_ids: tuple[UserIdIn, ...] | None = None
    failed_user_details: tuple[FailedUsers, ...] | None = None

    def of(self, asked: Iterable[MaxUserId]) -> dict[MaxUserId, AddFailure]:
        """Who of ``asked`` was left out and why; ids without details are ``UNKNOWN``."""
        failed = dict.fromkeys(self.failed_user_ids or (), AddFailure.UNKNOWN)
        for group in self.failed_user_details or ():
            reason = _REASONS.get(group.error_code, AddFailure.UNKNOWN)
            failed.update(dict.fromkeys(group.user_ids, reason))
        return {user_id: failed[user_id] for user_id in asked if user_id in failed}


class AddAnswer(Failures):
    """``ModifyMembersResult``."""

    success: bool
    code: str | None = None
    message: str | None = None


class ChangedChat(Answer):
    """What answers a PATCH: the chat as it is now."""

    chat_id: ChatIdIn
    title: Title | None = None


class CreatedAnswer(Failures):
    """The answer to a create of the partner contract."""

    chat_id: ChatIdIn
    link: str | None = None
    created: bool


def _leads_out(url: str) -> str:
    """A person follows it, so it must be an address of the web and nothing that runs."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or not url.isprintable():
        raise ValueError("must be an https address")
    return url


class LinkAnswer(Answer):
    """A profile link of the partner contract."""

    url: Annotated[str, Field(max_length=1000), AfterValidator(_leads_out)]
    expires_at: Annotated[AwareDatetime, Field(strict=False)]


class PlannedAnswer(Answer):
    """A call of the partner contract; its id becomes a step of an address."""

    call_id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9:_-]+$")]
    join_url: Annotated[str, Field(max_length=1000), AfterValidator(_leads_out)]


def failures_of(
    call: Call, answer: AddAnswer, asked: Sequence[MaxUserId]
) -> Mapping[MaxUserId, AddFailure]:
    """Who was not added.

    ``success: false`` that names nobody is what its code says. One that names some leaves the
    others in doubt, and they are ``UNKNOWN``: to add somebody again does no harm.
    """
    failed = answer.of(asked)
    if answer.success:
        return failed
    if not failed:
        raise unsuccessful(call, Problem(code=answer.code, message=answer.message))
    return {user_id: failed.get(user_id, AddFailure.UNKNOWN) for user_id in asked}


__all__ = [
    "AddAnswer",
    "ChangedChat",
    "ChatAnswer",
    "CreatedAnswer",
    "Failures",
    "LinkAnswer",
    "MembersPage",
    "PlannedAnswer",
    "failures_of",
]
