"""One worker process of ``benchmarks.budget``: the product's client and budget at full pressure."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.call_classes import CallClass
from domain.grants import Grant
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway.budget import SharedBudget
from gateway.client import MaxMessenger, MessengerConfig
from gateway.errors import GatewayError
from projections.database import create_engine
from projections.messenger.budget import CallSlots
from rollcall.settings import Settings

USER = MaxUserId(1)
TOKEN = "token-of-the-benchmark"  # noqa: S105 - the simulator's, made here


@dataclass(slots=True)
class Times:
    """Seconds from the time of a grant to the start of its call, and to the call's end."""

    started: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pressed:
    """Which servers are under pressure; ``silent``: the limit is heard of from 429 alone."""

    postgres: str
    messenger: str
    silent: bool = False


class _WatchedSlots(CallSlots):
    """The product's grants; remembers for each task when its grant was for."""

    def __init__(self, engine: AsyncEngine, calls: int, window: float) -> None:
        super().__init__(engine, calls=calls, window=window)
        self.due: dict[object, float] = {}

    async def take(self, patience: float, kind: CallClass = CallClass.READ) -> Grant | None:
        grant = await super().take(patience, kind)
        if grant is not None:
            self.due[asyncio.current_task()] = asyncio.get_running_loop().time() + grant.wait
        return grant


class _WatchedBudget:
    """The product's budget; notes how late each grant is used."""

    def __init__(self, slots: _WatchedSlots, times: Times, *, silent: bool) -> None:
        self._budget, self._slots, self._times = SharedBudget(slots), slots, times
        self._silent = silent

    @asynccontextmanager
    async def slot(self, lane: Lane, kind: CallClass = CallClass.READ) -> AsyncIterator[None]:
        clock = asyncio.get_running_loop().time
        async with self._budget.slot(lane, kind):
            due = self._slots.due[asyncio.current_task()]
            self._times.started.append(clock() - due)
            yield
            self._times.ended.append(clock() - due)

    async def push_back(self, seconds: float) -> None:
        await self._budget.push_back(seconds)

    async def too_many(self, kind: CallClass, told: int | None) -> None:
        await self._budget.too_many(kind, None if self._silent else told)


def work(pressed: Pressed, calls: int, until: float) -> Times:
    """One worker process: so many calls, or until it is so late."""
    return asyncio.run(_work(pressed, calls, until))


async def _work(pressed: Pressed, calls: int, until: float) -> Times:
    settings, times = Settings().gateway, Times()
    engine, address = create_engine(pressed.postgres), pressed.messenger
    slots = _WatchedSlots(engine, settings.calls_per_second, settings.window)
    budget = _WatchedBudget(slots, times, silent=pressed.silent)
    messenger = MaxMessenger(MessengerConfig(address, address, TOKEN, TOKEN), budget)
    left = iter(range(calls))

    async def call(number: int) -> None:
        chat = await _chat(messenger, f"{os.getpid()}-{number}", until)
        for each in left:
            if time.time() > until:
                return
            try:
                await _one(messenger, chat, each)
            except GatewayError:
                continue  # counted by the messenger

    await asyncio.gather(*(call(number) for number in range(settings.workers)))
    await messenger.aclose()
    await engine.dispose()
    return times


async def _chat(messenger: MaxMessenger, name: str, until: float) -> MaxChatId:
    """A chat of this name, also where the messenger refuses the first calls for its limit."""
    while True:
        try:
            return (await messenger.create(name, "9г", "class", [USER], [], Lane.LIVE)).chat_id
        except GatewayError:
            if time.time() > until:
                raise


async def _one(messenger: MaxMessenger, chat: MaxChatId, number: int) -> None:
    """A changing call or the lightest read."""
    if number % 2:
        await messenger.whoami(Lane.LIVE)
    else:
        await messenger.rename(chat, f"{number}", Lane.LIVE)
