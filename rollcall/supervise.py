"""Keeping a loop alive: an outage of a server is waited out, everything else is a crash.

The loops work from the state alone, so starting one again is always safe.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from projections.errors import StoreUnavailable

CEILING_SECONDS = 15.0

log = structlog.get_logger()

Loop = Callable[[asyncio.Event], Awaitable[None]]


async def supervise(name: str, loop: Loop, stop: asyncio.Event) -> None:
    """Run ``loop`` until ``stop``; where the store fails, again after a growing wait."""
    wait = 0.25
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await loop(stop)
        except* StoreUnavailable as outage:
            if asyncio.get_running_loop().time() - began > CEILING_SECONDS:
                wait = 0.25
            log.warning("loop.interrupted", loop=name, reason=str(outage.exceptions[0]), wait=wait)
            await nap(stop, wait)
            wait = min(wait * 2, CEILING_SECONDS)


async def outlast(work: Callable[[], Awaitable[None]]) -> bool:
    """Do ``work`` once, and again after a growing wait while PostgreSQL is away; then true."""
    wait = 0.25
    while True:
        try:
            await work()
        except StoreUnavailable as outage:
            log.warning("run.waits_for_postgresql", reason=str(outage), wait=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, CEILING_SECONDS)
        else:
            return True


async def nap(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not past ``stop``."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def either(one: asyncio.Event, other: asyncio.Event) -> None:
    """Wait until one of the two is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in (one, other)]
    _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in pending:
        wait.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
