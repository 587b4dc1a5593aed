"""Waiting that a stop ends at once."""

import asyncio


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for ``stop``, ``seconds`` at most; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
