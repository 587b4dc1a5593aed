"""The webhook as a loop: served here, subscribed at MAX, and watched.

Several processes of one installation may have the same settings; one of them has the port, and
any of them may keep the subscription.
"""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.web_server import serving
from gateway.client import MaxMessenger
from gateway.subscription_watch import SubscriptionWatch
from gateway.webhooks import Confirmations, Webhook
from projections.messenger.subscription import SubscriptionState
from projections.watch.hints import Hints

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookPlace:
    """The public address, and where the application listens behind it."""

    url: str
    host: str
    port: int
    secret: str = field(repr=False)


def secret_from(token: str) -> str:
    """A secret that every process with this token knows, and nobody else."""
    return hmac.new(token.encode(), b"rollcall webhook", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class WebhookLoop:
    """Serves and watches until told to stop."""

    place: WebhookPlace
    engine: AsyncEngine
    messenger: MaxMessenger
    links: Confirmations | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Listen first, then subscribe: nothing that MAX sends finds nobody."""
        path = urlsplit(self.place.url).path or "/"
        webhook = Webhook(Hints(self.engine), path, self.place.secret, self.links)
        watch = SubscriptionWatch(
            self.messenger, SubscriptionState(self.engine), webhook, self.place.url
        )
        try:
            async with serving(webhook, self.place.host, self.place.port):
                await watch.run(stop)
        except OSError as error:
            log.warning("webhook.not_served", address=self.place.host, reason=error.strerror)
            await watch.run(stop)
