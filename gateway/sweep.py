"""The slow loops beside reconcile: the sweep, and the watch over our webhook subscription.

Neither changes a chat: both only say which chats are to be read, and reconcile reads them when
the budget has nothing better to do.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from domain.lanes import Lane
from gateway.errors import GatewayError
from gateway.subscriptions import Subscription
from gateway.updates import UPDATE_TYPES

DAY = 86_400.0

log = structlog.get_logger()


class SweepStore(Protocol):
    """Which chats nobody has read for long (``projections.sweep``)."""

    async def pick(self, every_seconds: float, chats: int) -> int:
        """Have up to so many chats read, unless something is due; how many that are."""

    async def look_for_reasons(self) -> int:
        """Have those chats looked at in which somebody who left has a new reason to be."""

    async def tidy(self) -> None:
        """Let old hints go."""


class SubscriptionStore(Protocol):
    """When our subscription was last confirmed (``projections.sweep``)."""

    async def confirmed(self, url: str, *, anew: bool) -> None:
        """Note it; ``anew`` puts every chat on the sweep."""


class SubscriptionsPort(Protocol):
    """The part of ``gateway.subscriptions`` that is needed here."""

    async def present(self, lane: Lane) -> Sequence[Subscription]:
        """All subscriptions of the bot."""

    async def subscribe(
        self, url: str, update_types: Sequence[str], secret: str, lane: Lane
    ) -> None:
        """Have updates sent to ``url``."""


@dataclass(frozen=True, slots=True)
class SweepConfig:
    """``every_days``: how long a chat goes unread. ``chats``: how many are asked for at once."""

    enabled: bool = True
    every_days: float = 7.0
    chats: int = 4
    look_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class SweepLoop:
    """Puts unread chats into the queue while it is idle."""

    store: SweepStore
    config: SweepConfig = field(default_factory=SweepConfig)

    async def run(self, stop: asyncio.Event) -> None:
        """Look now and then until ``stop``; an error of the store ends the loop."""
        while not stop.is_set():
            await self.look()
            await _nap(stop, self.config.look_seconds)

    async def look(self) -> int:
        """One look; how many chats are to be read because of it."""
        await self.store.look_for_reasons()
        await self.store.tidy()
        if not self.config.enabled:
            return 0
        return await self.store.pick(self.config.every_days * DAY, self.config.chats)


@dataclass(frozen=True, slots=True)
class SubscriptionWatch:
    """Keeps our webhook subscribed: MAX drops one that gave no 200 for eight hours.

    The first look sets it in any case, since nobody tells which secret it was set with.
    """

    subscriptions: SubscriptionsPort
    store: SubscriptionStore
    url: str
    secret: str = field(repr=False)
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
            await _nap(stop, wait)

    async def look(self, *, set_anyway: bool = False) -> bool:
        """One look; True where the subscription was missing and is set again."""
        present = await self.subscriptions.present(Lane.LIVE)
        missing = not any(self._is_ours(each) for each in present)
        if missing or set_anyway:
            await self.subscriptions.subscribe(self.url, UPDATE_TYPES, self.secret, Lane.LIVE)
        if missing:
            log.warning("webhook.subscribed", reason="it was not there: chats are swept")
        await self.store.confirmed(self.url, anew=missing)
        return missing

    def _is_ours(self, one: Subscription) -> bool:
        all_types = not one.update_types or set(UPDATE_TYPES) <= set(one.update_types)
        return one.url == self.url and all_types


async def _nap(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


__all__ = ["SubscriptionWatch", "SweepConfig", "SweepLoop"]
