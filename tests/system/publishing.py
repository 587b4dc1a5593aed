"""A register that goes on publishing while things happen."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from random import Random

from rollcall.publish import local_today
from tests.system.histories import Event, Later, region
from tests.system.stack import Stack

LONGEST_PAUSE = 2.0


def history(seed: int, changes: int, pupils: int = 90) -> Iterator[Event]:
    """A region and then its changes, in one stream."""
    events = region(pupils, seed % 1000, local_today())
    yield from events
    yield from Later(events, Random(seed), local_today()).changes(changes)


@asynccontextmanager
async def publishing(
    stack: Stack, events: Iterator[Event], rng: Random, at_once: int = 60
) -> AsyncIterator[None]:
    """Publish in random portions while the block lasts, and the rest at its end."""
    done = asyncio.Event()
    task = asyncio.create_task(_publish(stack, _portions(events, rng, at_once), rng, done))
    try:
        yield
    finally:
        done.set()
        await task
    await stack.publish(list(events))


async def _publish(
    stack: Stack, portions: Iterator[list[Event]], rng: Random, done: asyncio.Event
) -> None:
    for portion in portions:
        await stack.publish(portion)
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), rng.uniform(0.1, LONGEST_PAUSE))
        if done.is_set():
            return


def _portions(events: Iterator[Event], rng: Random, at_once: int) -> Iterator[list[Event]]:
    while portion := list(islice(events, rng.randint(1, at_once))):
        yield portion
