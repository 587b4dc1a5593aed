"""The watch over our webhook's subscription: MAX drops one that gave no 200 for eight hours.

Guarantees: a subscription that is missing is set again within minutes, and since hints may
have been missed in the meantime, every chat is then put on the sweep.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from domain.ids import MaxUserId
from domain.lanes import Lane
from gateway.errors import GatewayError
from gateway.subscriptions import Subscription
from gateway.sweep import nap
from gateway.updates import UPDATE_TYPES
from gateway.webhooks import Webhook

log = structlog.get_logger()


class SubscriptionStore(Protocol):
    """When our subscription was last confirmed (``projections.sweep``)."""

    async def confirmed(self, url: str, *, anew: bool) -> None:
        """Note it; ``anew`` puts every chat on the sweep."""


class SubscriptionsPort(Protocol):
    """``gateway.subscriptions``."""

    async def present(self, lane: Lane) -> Sequence[Subscription]:
        """All subscriptions of the bot."""

    async def subscribe(
        self, url: str, update_types: Sequence[str], secret: str, lane: Lane
    ) -> None:
        """Have updates sent to ``url``."""


class WatchedMessenger(Protocol):
    """The messenger whose webhook it is."""

    @property
    def subscriptions(self) -> SubscriptionsPort:
        """Its webhooks."""

    async def whoami(self, lane: Lane) -> MaxUserId:
        """The bot's own account."""


@dataclass(frozen=True, slots=True)
class SubscriptionWatch:
    """Keeps ``webhook`` subscribed under its public ``url``.

    The first look sets it in any case, since nobody tells which secret it was set with.
    """

    messenger: WatchedMessenger
    store: SubscriptionStore
    webhook: Webhook
    url: str
    look_seconds: float = 300.0

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few minutes until ``stop``; the messenger's failures are waited out."""
        first = True
        while not stop.is_set():
            wait = self.look_seconds
            try:
                await self.look(set_anyway=first)
                first = False
            except GatewayError as error:
                log.warning("webhook.not_subscribed", error=type(error).__name__)
                wait = min(wait, 15.0)
            await nap(stop, wait)

    async def look(self, *, set_anyway: bool = False) -> bool:
        """One look; True where the subscription was missing and is set again."""
        if self.webhook.bot_id is None:
            self.webhook.bot_id = await self.messenger.whoami(Lane.LIVE)
        subscriptions = self.messenger.subscriptions
        present = await subscriptions.present(Lane.LIVE)
        missing = not any(self._is_ours(each) for each in present)
        if missing or set_anyway:
            await subscriptions.subscribe(self.url, UPDATE_TYPES, self.webhook.secret, Lane.LIVE)
        if missing:
            log.warning("webhook.subscribed", reason="it was not there: chats are swept")
        await self.store.confirmed(self.url, anew=missing)
        return missing

    def _is_ours(self, one: Subscription) -> bool:
        all_types = not one.update_types or set(UPDATE_TYPES) <= set(one.update_types)
        return one.url == self.url and all_types


__all__ = ["SubscriptionStore", "SubscriptionWatch", "SubscriptionsPort", "WatchedMessenger"]
