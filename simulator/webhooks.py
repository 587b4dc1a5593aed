"""Delivery of updates to subscribed webhooks, over real HTTP and with MAX's retries.

First attempts go out one after another per address, in the order of the changes; what fails
is tried again by itself on the schedule of the settings, so a retry may arrive after newer
updates, as it may with MAX. An address that has given no 200 for eight hours loses its
subscription. Nothing waiting survives the process.
"""

import asyncio
from collections.abc import Coroutine

import httpx2

from simulator.changes import Subscribed
from simulator.config import SimulatorConfig
from simulator.wire import JsonObject, compact
from simulator.world import World


class Webhooks:
    """Sends updates to every subscription that wants them."""

    def __init__(self, config: SimulatorConfig, world: World) -> None:
        self._config = config
        self._world = world
        self._queues: dict[str, asyncio.Queue[JsonObject]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_success: dict[str, float] = {}
        self._client: httpx2.AsyncClient | None = None

    def publish(self, update: JsonObject) -> None:
        """Have an update delivered. Must be called inside the event loop; does not wait."""
        for subscription in self._world.subscriptions.values():
            types = subscription.update_types
            if types is None or update["update_type"] in types:
                self._queue(subscription.url).put_nowait(update)

    async def aclose(self) -> None:
        """Stop delivering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def _queue(self, url: str) -> "asyncio.Queue[JsonObject]":
        if url not in self._queues:
            self._queues[url] = asyncio.Queue()
            self._last_success[url] = self._config.monotonic()
            self._start(self._work(url))
        return self._queues[url]

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, url: str) -> None:
        while True:
            update = await self._queues[url].get()
            if not await self._delivered(url, update):
                self._start(self._retry(url, update))

    async def _retry(self, url: str, update: JsonObject) -> None:
        for wait in self._config.webhook_retries:
            await asyncio.sleep(wait)
            if await self._delivered(url, update):
                return

    async def _delivered(self, url: str, update: JsonObject) -> bool:
        """Try once; True also where nobody is subscribed any more."""
        subscription = self._world.subscriptions.get(url)
        if subscription is None:
            return True
        if await self._post(subscription, update):
            self._last_success[url] = self._config.monotonic()
            return True
        silent = self._config.monotonic() - self._last_success[url]
        if silent >= self._config.webhook_patience:
            self._world.unsubscribe(url)
        return False

    async def _post(self, subscription: Subscribed, update: JsonObject) -> bool:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if subscription.secret is not None:
            headers["X-Max-Bot-Api-Secret"] = subscription.secret
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=self._config.webhook_timeout, trust_env=False)
        try:
            answer = await self._client.post(
                subscription.url, content=compact(update), headers=headers
            )
        except (httpx2.HTTPError, httpx2.InvalidURL):
            # An address that does not answer is what the retries are for.
            return False
        return answer.status_code == httpx2.codes.OK
