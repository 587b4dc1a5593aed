"""Running a coroutine from a fixture that is not one.

A loop of its own, never made the current one, so that the loops of pytest-asyncio are left
alone; in this thread, because an embedded server ends with the thread that started it.
"""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


def run_now(coroutine: Coroutine[object, object, T]) -> T:
    """Run to the end and hand the result over."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
