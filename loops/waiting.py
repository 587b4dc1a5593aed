"""Waiting that a stop ends at once, and pauses that grow with each failure.

Guarantees: no wait outlives its stop, and none leaves a task behind; standard library only.
"""

import asyncio
from collections.abc import Awaitable


async def nap(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for ``stop``, ``seconds`` at most; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


async def either(*waits: Awaitable[object]) -> None:
    """Wait until the first of these has come; the others are cancelled, and ended."""
    waiting = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waiting:
            wait.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def growing(failures: int, first: float, longest: float) -> float:
    """Seconds to wait after so many failures in a row, one or more: doubling, up to a bound."""
    return min(first * 2.0 ** min(failures - 1, 30), longest)
