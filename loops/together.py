"""Loops that run side by side and end together: by their stop, or because one of them failed.

Guarantees: when one fails the others are cancelled *and* told to stop. A cancellation alone may
get lost: a library that closes a connection may take it for its own (aiokafka's clients do), and
``asyncio.wait_for`` before Python 3.12 forgets one that comes with the answer. A loop that missed
it would keep the process alive with a part of it missing. Standard library only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set."""


async def together(stop: asyncio.Event, loops: Mapping[str, Loop]) -> None:
    """Run these loops, by the names of their tasks, until each has ended.

    Raises:
        ExceptionGroup: what they failed with.
    """
    over = asyncio.Event()

    async def run(loop: Loop) -> None:
        try:
            await loop(over)
        except BaseException:
            over.set()
            raise

    async def pass_on() -> None:
        await stop.wait()
        over.set()

    passing_on = asyncio.create_task(pass_on())
    try:
        async with asyncio.TaskGroup() as tasks:
            for name, loop in loops.items():
                tasks.create_task(run(loop), name=name)
    finally:
        passing_on.cancel()
