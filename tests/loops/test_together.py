"""Loops that run side by side: who ends whom, though a cancellation gets lost."""

import asyncio
from traceback import extract_tb

import pytest

from loops.together import AbandonedError, together

PATIENCE = 30.0


class Broken(Exception):
    """What a loop fails with."""


async def breaks(_: asyncio.Event) -> None:
    await asyncio.sleep(0)
    raise Broken


async def until_told(stop: asyncio.Event) -> None:
    await stop.wait()


class Deaf:
    """Takes a cancellation for somebody else's, as a library may that closes a connection."""

    def __init__(self) -> None:
        self.cancelled = False
        self.told = False

    async def run(self, stop: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
        await stop.wait()
        self.told = True


async def test_all_end_by_the_stop() -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(together(stop, {"one": until_told, "two": until_told}))
    await asyncio.sleep(0)
    assert not running.done()
    stop.set()
    async with asyncio.timeout(PATIENCE):
        await running


async def test_it_ends_when_each_has_ended_though_no_stop_came() -> None:
    async def ends(_: asyncio.Event) -> None:
        await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE):
        await together(asyncio.Event(), {"one": ends, "two": ends})


async def test_one_that_fails_ends_the_others_even_one_that_misses_its_cancellation() -> None:
    deaf, stop = Deaf(), asyncio.Event()
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(PATIENCE):
            await together(stop, {"deaf": deaf.run, "waits": until_told, "breaks": breaks})
    assert [type(each) for each in raised.value.exceptions] == [Broken]
    assert (deaf.cancelled, deaf.told, stop.is_set()) == (True, True, False)


async def test_loops_within_loops_end_with_the_outermost() -> None:
    deaf = Deaf()

    async def within(stop: asyncio.Event) -> None:
        await together(stop, {"deaf": deaf.run})

    with pytest.raises(ExceptionGroup):
        async with asyncio.timeout(PATIENCE):
            await together(asyncio.Event(), {"within": within, "breaks": breaks})
    assert deaf.told


async def abandoned(_: asyncio.Event) -> None:
    answer = asyncio.get_running_loop().create_future()
    answer.cancel()  # as a library does with what it will not answer any more
    await answer


async def test_a_cancellation_that_nobody_asked_for_is_a_failure() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(PATIENCE):
            await together(asyncio.Event(), {"abandoned": abandoned, "waits": until_told})
    [failure] = raised.value.exceptions
    assert isinstance(failure, AbandonedError)
    assert extract_tb(failure.__traceback__)[-1].name == "abandoned"


async def test_one_that_was_asked_for_is_none() -> None:
    running = asyncio.create_task(together(asyncio.Event(), {"waits": until_told}))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_tasks_bear_the_names_of_the_loops_and_none_is_left() -> None:
    names: list[str] = []

    async def tells(_: asyncio.Event) -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())

    before = asyncio.all_tasks()
    await together(asyncio.Event(), {"ingest": tells, "derive": tells})
    await asyncio.sleep(0)
    assert names == ["ingest", "derive"]
    assert asyncio.all_tasks() == before
