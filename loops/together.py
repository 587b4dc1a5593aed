"""Loops that run side by side and end together: by their stop, or because one of them failed.

Guarantees: when one fails the others are cancelled *and* told to stop. A cancellation alone may
get lost: a library that closes a connection may take it for its own (aiokafka's clients do), and
``asyncio.wait_for`` before Python 3.12 forgets one that comes with the answer. A loop that missed
it would keep the process alive with a part of it missing. And a cancellation that nobody asked
for is a failure like any other: a task group takes a task that ends so for one that is done.
Standard library only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until the event is set."""


class AbandonedError(Exception):
    """A library gave up what was awaited of it, as if the one who waits had been cancelled.

    Its traceback is the cancellation's.
    """


def was_asked_to_end() -> bool:
    """Whether a cancellation that this task meets is its own, and not what a library left it."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


async def unless_abandoned(work: Awaitable[None]) -> None:
    """Await ``work``.

    Raises:
        AbandonedError: it was cancelled, and this task was not.
    """
    try:
        await work
    except asyncio.CancelledError as error:
        if was_asked_to_end():
            raise
        raise AbandonedError("by a library").with_traceback(error.__traceback__) from None


async def together(stop: asyncio.Event, loops: Mapping[str, Loop]) -> None:
    """Run these loops, by the names of their tasks, until each has ended.

    Raises:
        ExceptionGroup: what they failed with.
    """
    over = asyncio.Event()

    async def run(loop: Loop) -> None:
        try:
            await unless_abandoned(loop(over))
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
