"""Keeping a loop alive: an outage is waited out, and a failure too, ever longer.

The loops work from the state alone, so starting one again is always safe. A loop that fails by a
bug, or by what PostgreSQL refuses, says so in one line and is started again after a growing
wait: no loop is ever silently missing, and nothing is stopped again and again in no time. What a
person must set right (an address, a right, a setting) ends the process, in one line too.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from domain.places import place_of
from loops.together import Loop, unless_abandoned
from loops.waiting import nap
from projections.errors import SchemaMismatch, StoreError, StoreUnavailable
from rollcall.failures import FAILURES, explain, leaves

CEILING_SECONDS = 15.0
FIRST_WAIT = 0.25
LONGEST_WAIT = 60.0
"""Between two starts of a loop that fails for something else than an outage."""

log = structlog.get_logger()


async def supervise(name: str, loop: Loop, stop: asyncio.Event, *, gives_up: bool = False) -> None:
    """Run ``loop`` until ``stop``; where it fails, again after a growing wait.

    ``gives_up``: what is no outage is raised.
    """
    wait = FIRST_WAIT
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        failed: BaseExceptionGroup[Exception] | None = None
        try:
            await unless_abandoned(loop(stop))
        except* StoreUnavailable as outage:
            log.warning("loop.interrupted", loop=name, reason=str(outage.exceptions[0]), wait=wait)
            failed = outage
        except* Exception as failure:
            if gives_up or any(_is_for_a_person(each) for each in leaves(failure)):
                raise
            _tell(name, failure, wait)
            failed = failure
        if failed is None:
            continue
        if asyncio.get_running_loop().time() - began > CEILING_SECONDS:
            wait = FIRST_WAIT
        await nap(stop, wait)
        longest = LONGEST_WAIT if failed.subgroup(StoreUnavailable) is None else CEILING_SECONDS
        wait = min(wait * 2, longest)


def _is_for_a_person(failure: BaseException) -> bool:
    refused = isinstance(failure, StoreError) and not isinstance(failure, SchemaMismatch)
    return isinstance(failure, FAILURES) and not refused


def _tell(name: str, failure: BaseExceptionGroup[Exception], wait: float) -> None:
    """Why a loop ended, in one line for each cause; of a bug no text, for that may quote a name."""
    for each in leaves(failure):
        known = isinstance(each, FAILURES)
        reason = explain(each) if known else f"a bug of Rollcall: {type(each).__name__}"
        log.error("loop.failed", loop=name, reason=reason, where=place_of(each), wait=wait)


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
