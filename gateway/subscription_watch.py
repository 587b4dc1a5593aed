"""The watch over our webhook's subscription: MAX drops one that gave no 200 for eight hours.

Guarantees: a subscription that is missing is set again within minutes, and since hints may
have been missed in the meantime, every chat is then put on the sweep. How the messenger spells
our address is its business: what it lists for it counts as ours. One that is missing again and
again is set, and chats are swept for it, a few times a day; then it is a state that people see.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog

from domain.lanes import Lane
from gateway.errors import GatewayError
from gateway.subscriptions import Subscription
from gateway.webhooks import Webhook
from loops.waiting import nap

log = structlog.get_logger()

_PORTS = {"http": 80, "https": 443}


class SubscriptionStore(Protocol):
    """What is known of our subscription (``projections.messenger.subscription``)."""

    async def known_as(self, url: str) -> str | None:
        """How the messenger spells it, where that was found out."""

    async def may_set(self) -> bool:
        """Whether it was not set again so often today that this is a state."""

    async def confirmed(self, url: str, *, anew: bool, known_as: str | None) -> None:
        """The messenger has it; ``anew``: it was missing, so every chat is swept."""

    async def lost(self, url: str) -> bool:
        """The messenger does not keep it; True where that is new."""


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
        subscriptions = self.messenger.subscriptions
        present = await subscriptions.present(Lane.LIVE)
        known_as = await self.store.known_as(self.url)
        missing = not any(self._is_ours(each, known_as) for each in present)
        anew = missing and await self.store.may_set()
        if anew or set_anyway:
            types, secret = self.webhook.update_types, self.webhook.secret
            await subscriptions.subscribe(self.url, types, secret, Lane.LIVE)
        if anew:
            known_as = await self._spelt(present) or known_as
            log.warning("webhook.subscribed", reason="it was not there: chats are swept")
        if missing and not anew:
            if await self.store.lost(self.url):
                log.error("webhook.lost", reason="it was set again, and is missing every time")
        else:
            await self.store.confirmed(self.url, anew=anew, known_as=known_as)
        return anew

    async def _spelt(self, before: Sequence[Subscription]) -> str | None:
        """What has come to the list by our subscribing."""
        old = {each.url for each in before}
        now = await self.messenger.subscriptions.present(Lane.LIVE)
        come = [each.url for each in now if each.url not in old and each.url != self.url]
        return come[0] if len(come) == 1 else None

    def _is_ours(self, one: Subscription, known_as: str | None) -> bool:
        all_types = not one.update_types or set(self.webhook.update_types) <= set(one.update_types)
        return all_types and (one.url == known_as or _plain(one.url) == _plain(self.url))


def _plain(url: str) -> tuple[str, str, int | None, str, str]:
    """An address without what its spelling leaves open."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", url, None, "", "")
    scheme = parts.scheme.lower()
    port = None if port == _PORTS.get(scheme) else port
    path = unquote(parts.path).rstrip("/")
    return (scheme, (parts.hostname or "").lower(), port, path, unquote(parts.query))


__all__ = ["SubscriptionStore", "SubscriptionWatch", "SubscriptionsPort", "WatchedMessenger"]
