"""Subscribing to updates: webhooks, and long polling while there is none."""

import asyncio
from urllib.parse import urlsplit

from pydantic import Field

from simulator import fields
from simulator.config import SimulatorConfig
from simulator.objects import Objects
from simulator.operations import Call, CallKind, Operation
from simulator.updates import UpdateLog
from simulator.wire import ApiError, JsonObject, hung_up, invalid
from simulator.world import World


class _Subscription(fields.Body):
    url: fields.Text = Field(min_length=1, max_length=2048)
    secret: str | None = Field(None, pattern=r"^[a-zA-Z0-9_-]{5,256}$")
    update_types: fields.Texts | None = None


class SubscriptionsApi:
    """``/subscriptions`` and ``/updates``."""

    def __init__(
        self, config: SimulatorConfig, world: World, objects: Objects, log: UpdateLog
    ) -> None:
        self._config = config
        self._world = world
        self._objects = objects
        self._log = log

    def operations(self) -> list[Operation]:
        """What this part of the API offers."""
        return [
            Operation("GET", "/subscriptions", CallKind.OTHER, self.list_all),
            Operation("POST", "/subscriptions", CallKind.OTHER, self.subscribe),
            Operation("DELETE", "/subscriptions", CallKind.OTHER, self.unsubscribe),
            Operation("GET", "/updates", CallKind.OTHER, self.poll),
        ]

    async def list_all(self, _call: Call) -> JsonObject:
        """All webhook subscriptions."""
        known = self._world.subscriptions.values()
        return {"subscriptions": [self._objects.subscription(one) for one in known]}

    async def subscribe(self, call: Call) -> JsonObject:
        """Subscribe a webhook; the same address again replaces the subscription."""
        body = call.body(_Subscription)
        url = self._checked_url(body.url)
        if self._config.respells_webhooks:
            url = url.rstrip("/") + "/"
        types = None if body.update_types is None else tuple(body.update_types)
        self._world.subscribe(url, types, body.secret)
        return {"success": True}

    async def unsubscribe(self, call: Call) -> JsonObject:
        """End a webhook subscription."""
        values = fields.query_values(call.request.query_params, "url")
        if len(values) != 1:
            raise invalid("url is required")
        if self._world.unsubscribe(values[0]):
            return {"success": True}
        return {"success": False, "message": "no such subscription"}

    async def poll(self, call: Call) -> JsonObject:
        """Long polling; 405 while a webhook is subscribed."""
        if self._world.subscriptions:
            raise ApiError(405, "method.not.allowed", "a webhook is subscribed")
        query = call.request.query_params
        limit = fields.query_integer(query, "limit", 100, 1, 1000) or 100
        seconds = fields.query_integer(query, "timeout", 30, 0, 90) or 0
        marker = fields.query_integer(query, "marker", None, -fields.MAX_INT, fields.MAX_INT)
        types = fields.query_list(query, "types")
        gone = asyncio.ensure_future(hung_up(call.request.receive))
        try:
            batch = await self._log.poll(
                lambda: self._log.read(marker, limit, types), float(seconds), gone
            )
        finally:
            gone.cancel()
        return {"updates": batch.updates, "marker": batch.marker}

    def _checked_url(self, url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise invalid("url must be an address") from error
        schemes = ("https",) if self._config.https_webhooks_only else ("https", "http")
        if parts.scheme not in schemes or not parts.hostname:
            raise invalid(f"url must begin with {schemes[0]}://")
        return url
