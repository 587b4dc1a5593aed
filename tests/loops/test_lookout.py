"""One of the workers that rest looks out for all of them."""

import asyncio

from loops.lookout import Lookout

PATIENCE = 10.0


async def test_one_of_many_watches_and_all_look_when_something_was_found() -> None:
    lookout, stop, come, watches = Lookout(), asyncio.Event(), asyncio.Event(), 0

    async def watch() -> None:
        nonlocal watches
        watches += 1
        await come.wait()

    resting = [asyncio.create_task(lookout.rest(stop, watch)) for _ in range(5)]
    come.set()
    done, waiting = await asyncio.wait(
        resting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
    )
    assert (watches, len(done), len(waiting)) == (1, 1, 4)
    lookout.found()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*resting)


async def test_whoever_rests_after_the_watch_is_over_watches_next() -> None:
    lookout, stop, watches = Lookout(), asyncio.Event(), 0

    async def watch() -> None:
        nonlocal watches
        watches += 1

    for _ in range(3):
        await lookout.rest(stop, watch)
    assert watches == 3


async def test_a_stop_ends_every_rest() -> None:
    lookout, stop, never = Lookout(), asyncio.Event(), asyncio.Event()
    resting = [asyncio.create_task(lookout.rest(stop, never.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    stop.set()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*resting)
