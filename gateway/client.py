"""The messenger as the rest of the product sees it: both ports on one object.

Wiring builds one ``MaxMessenger`` per process from a frozen ``MessengerConfig`` and closes it
at the end. It joins the Bot API and the partner contract, and sends an *add* the way this
installation has it (``gateway.adding``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import assert_never

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from domain.lesson_calls import CallPlan
from gateway.attempts_in_a_call import RetryPolicy, Timeouts
from gateway.bot_api import BotApi
from gateway.errors import AddingUnavailable
from gateway.max_http import Endpoint, MaxHttp, Surroundings
from gateway.partner_api import PartnerApi
from gateway.ports import (
    AddFailure,
    BotStanding,
    CallBudget,
    ChatSnapshot,
    Created,
    IssuedLink,
    PlannedCall,
)
from gateway.subscriptions import Subscriptions


class Adding(Enum):
    """How people get into a chat that exists (setting ``gateway.adding``)."""

    PARTNER = "partner"
    BOT = "bot"
    INVITE = "invite"


@dataclass(frozen=True, slots=True)
class MessengerConfig:
    """Where the messenger is and how to speak to it; tokens are never shown.

    ``ca_bundle`` is a PEM file with the only authorities that both connections then trust;
    None means those of the system.
    """

    bot_url: str
    partner_url: str
    token: str = field(repr=False)
    partner_token: str = field(repr=False)
    ca_bundle: Path | None = None
    adding: Adding = Adding.PARTNER
    timeouts: Timeouts = field(default_factory=Timeouts)
    retries: RetryPolicy = field(default_factory=RetryPolicy)

    def endpoint(self, url: str, token: str) -> Endpoint:
        """One of the two hosts with what both have in common."""
        return Endpoint(url, token, self.ca_bundle, self.timeouts, self.retries)


class MaxMessenger:
    """``Membership``, ``Provisioning``, ``ProfileLinks`` and ``LessonCalls`` over HTTP."""

    def __init__(
        self,
        config: MessengerConfig,
        budget: CallBudget,
        surroundings: Surroundings | None = None,
    ) -> None:
        """Connects to nothing yet. Raises ``Misconfigured`` for settings that cannot work."""
        world = surroundings or Surroundings()
        self._config = config
        self._bot_http = MaxHttp(config.endpoint(config.bot_url, config.token), world)
        self._partner_http = MaxHttp(
            config.endpoint(config.partner_url, config.partner_token), world
        )
        self._join(budget)

    def _join(self, budget: CallBudget) -> None:
        self._bot = BotApi(self._bot_http, budget)
        self._partner = PartnerApi(self._partner_http, budget)
        self.subscriptions = Subscriptions(self._bot_http, budget)

    def through(self, budget: CallBudget) -> "MaxMessenger":
        """The same messenger and connections, each call waiting on another budget.

        A slot may refuse to be taken: what its ``__aenter__`` raises (a lease that has run
        out, say) comes out of the call as it is, and that attempt was not sent.
        """
        other = object.__new__(type(self))
        other._config = self._config
        other._bot_http, other._partner_http = self._bot_http, self._partner_http
        other._join(budget)
        return other

    async def aclose(self) -> None:
        """Close both connections; also those of messengers made by ``through``."""
        try:
            await self._bot_http.aclose()
        finally:
            await self._partner_http.aclose()

    async def whoami(self, lane: Lane) -> MaxUserId:
        """The bot's own account."""
        return await self._bot.whoami(lane)

    async def read(self, chat_id: MaxChatId, lane: Lane) -> ChatSnapshot:
        """Read the chat and every page of its members."""
        return await self._bot.read(chat_id, lane)

    async def standing(self, chat_id: MaxChatId, lane: Lane) -> BotStanding:
        """How the bot itself stands to the chat."""
        return await self._bot.standing(chat_id, lane)

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """Add up to 100 accounts; ``AddingUnavailable`` where people are only invited."""
        match self._config.adding:
            case Adding.PARTNER:
                return await self._partner.add(chat_id, user_ids, lane)
            case Adding.BOT:
                return await self._bot.add(chat_id, user_ids, lane)
            case Adding.INVITE:
                raise AddingUnavailable(f"add to chat {chat_id}", "people are invited by link")
            case _ as never:
                assert_never(never)

    async def remove(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Remove one account; one who is not there counts as removed."""
        await self._bot.remove(chat_id, user_id, lane)

    async def promote(self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane) -> None:
        """Make present members administrators, in one call."""
        await self._bot.promote(chat_id, user_ids, lane)

    async def demote(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Take an administrator's rights; one who has none counts as demoted."""
        await self._bot.demote(chat_id, user_id, lane)

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> str | None:
        """Set the title (1-200 code points)."""
        return await self._bot.rename(chat_id, title, lane)

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

        Where people are only invited it is made with nobody in it, for the sake of its link.
        """
        if self._config.adding is Adding.INVITE:
            made = await self._partner.create(external_id, title, kind, (), (), lane)
            return replace(made, failed=dict.fromkeys(user_ids, AddFailure.INVITED))
        return await self._partner.create(external_id, title, kind, user_ids, admin_ids, lane)

    async def delete(self, chat_id: MaxChatId, lane: Lane) -> None:
        """Delete for ever; a chat that is not there counts as deleted."""
        await self._partner.delete(chat_id, lane)

    async def issue_link(self, external_id: str, lane: Lane) -> IssuedLink:
        """A new link by which this person says which account is theirs."""
        return await self._partner.issue_link(external_id, lane)

    async def end_link(self, external_id: str, lane: Lane) -> None:
        """Unlink the person; one who is not linked counts as unlinked."""
        await self._partner.end_link(external_id, lane)

    async def plan_call(
        self, external_id: str, chat_id: MaxChatId, plan: CallPlan, lane: Lane
    ) -> PlannedCall:
        """Plan a call in a chat, or find the one that is there."""
        return await self._partner.plan_call(external_id, chat_id, plan, lane)

    async def change_call(self, call_id: str, plan: CallPlan, lane: Lane) -> PlannedCall:
        """Give a call other words or times."""
        return await self._partner.change_call(call_id, plan, lane)

    async def end_call(self, call_id: str, lane: Lane) -> None:
        """Delete a call; one that is not there counts as deleted."""
        await self._partner.end_call(call_id, lane)


__all__ = ["Adding", "MaxMessenger", "MessengerConfig"]
