"""A loop that meets an outage is started again; a bug ends it; a stop ends the wait."""

import asyncio

import pytest

from projections.errors import StoreUnavailable
from rollcall.supervise import supervise


async def test_an_outage_is_waited_out() -> None:
    stop = asyncio.Event()
    outages = [StoreUnavailable("gone"), StoreUnavailable("still gone")]

    async def loop(stop: asyncio.Event) -> None:
        if outages:
            raise outages.pop()
        stop.set()

    await supervise("loop", loop, stop)
    assert outages == []


async def test_a_bug_is_no_outage() -> None:
    async def loop(_: asyncio.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await supervise("loop", loop, asyncio.Event())


async def test_an_outage_beside_a_bug_does_not_hide_it() -> None:
    async def loop(_: asyncio.Event) -> None:
        raise ExceptionGroup("both", [StoreUnavailable("gone"), ZeroDivisionError()])

    stop = asyncio.Event()
    stop.set()
    await supervise("loop", loop, stop)  # nothing is started after the stop
    stop.clear()
    with pytest.raises(ExceptionGroup) as raised:
        await supervise("loop", loop, stop)
    assert raised.value.subgroup(ZeroDivisionError) is not None
