"""The people of the messenger: who refuses to be added, and who confirmed a profile link.

Any positive id is an account that can be added, unless told otherwise here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from simulator.changes import (
    AccountChange,
    AccountSet,
    BotSet,
    LinkConfirmed,
    LinkIssued,
    Unlinked,
)
from simulator.errors import AbsentError, ConflictError

ALREADY_MEMBER = "add.participant.already.member"
"""Not in MAX's documentation: what a client would meet if adding a present member failed."""

CHAT_FULL = "chat.full"
"""By the partner contract: there is no room for the account."""

Failed = dict[int, str]
"""Of people who were to be added, who was not, and the code of why."""


class Refusal(Enum):
    """Why an account cannot be added; the value is the word used under ``/sim``."""

    PRIVACY = "privacy"
    NOT_FOUND = "not_found"

    @property
    def error_code(self) -> str:
        """The code in ``failed_user_details``."""
        if self is Refusal.PRIVACY:
            return "add.participant.privacy"
        return "add.participant.not.found"


@dataclass(frozen=True, slots=True)
class ProfileLink:
    """A one-time link by which a person says which account is theirs."""

    link_id: str
    external_id: str
    expires_at: int


class Accounts:
    """Refusals and profile links; changes go through ``commit`` and come back by ``apply``."""

    def __init__(self, commit: Callable[[AccountChange], None], now: Callable[[], int]) -> None:
        self._commit = commit
        self._now = now
        self._refusals: dict[int, Refusal] = {}
        self._bots: set[int] = set()
        self._links: dict[str, ProfileLink] = {}
        self._link_of: dict[str, str] = {}
        self._linked: dict[str, int] = {}
        self._issued = 0

    def refusal(self, user_id: int) -> Refusal | None:
        """Why this account cannot be added, None if it can."""
        return self._refusals.get(user_id)

    def set_refusal(self, user_id: int, refusal: Refusal | None) -> None:
        """Decide whether the account can be added from now on."""
        self._commit(AccountSet(user_id, refusal.value if refusal else None))

    def is_bot(self, user_id: int) -> bool:
        """Whether the account is a bot of somebody else's."""
        return user_id in self._bots

    def set_bot(self, user_id: int, *, is_bot: bool) -> None:
        """Decide whether the account is a bot."""
        self._commit(BotSet(user_id, is_bot))

    def linked_account(self, external_id: str) -> int | None:
        """The account that confirmed for this person, if any."""
        return self._linked.get(external_id)

    def issue_link(self, external_id: str, lifetime: float) -> ProfileLink:
        """Make a link for a person; the one before it stops working. ``lifetime`` in seconds."""
        expires_at = self._now() + int(lifetime * 1000)
        link_id = f"link-{self._issued + 1}"
        self._commit(LinkIssued(link_id, external_id, expires_at))
        return self._links[link_id]

    def confirm_link(self, link_id: str, user_id: int) -> ProfileLink:
        """A person opens the link in MAX and says yes.

        Raises ``AbsentError`` for an unknown link or an account that does not exist,
        ``ConflictError`` for a link that is too old. A confirmed link is unknown from then on.
        """
        link = self._links.get(link_id)
        if link is None:
            raise AbsentError("no such profile link")
        if self.refusal(user_id) is Refusal.NOT_FOUND:
            raise AbsentError("no such account")
        if self._now() >= link.expires_at:
            raise ConflictError("the profile link has expired")
        self._commit(LinkConfirmed(link_id, link.external_id, user_id, self._now()))
        return link

    def unlink(self, external_id: str) -> None:
        """Forget a person's account and open link. Raises ``AbsentError`` where none is."""
        if external_id not in self._linked and external_id not in self._link_of:
            raise AbsentError("no such profile link")
        self._commit(Unlinked(external_id))

    def apply(self, change: AccountChange) -> None:
        """Make a committed change true."""
        match change:
            case AccountSet(user_id, refuses):
                if refuses is None:
                    self._refusals.pop(user_id, None)
                else:
                    self._refusals[user_id] = Refusal(refuses)
            case BotSet(user_id, is_bot):
                (self._bots.add if is_bot else self._bots.discard)(user_id)
            case LinkIssued(link_id, external_id, expires_at):
                self._issued += 1
                self._forget_link(external_id)
                self._links[link_id] = ProfileLink(link_id, external_id, expires_at)
                self._link_of[external_id] = link_id
            case LinkConfirmed(_, external_id, user_id, _):
                self._forget_link(external_id)
                self._linked[external_id] = user_id
            case Unlinked(external_id):
                self._forget_link(external_id)
                self._linked.pop(external_id, None)
            case _:
                assert_never(change)

    def _forget_link(self, external_id: str) -> None:
        link_id = self._link_of.pop(external_id, None)
        if link_id is not None:
            del self._links[link_id]
