"""What a person sees while the demo works: bars on a terminal, nothing elsewhere."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from operations import figures
from projections.errors import StoreUnavailable

REFRESH_SECONDS = 0.5


@asynccontextmanager
async def watching(engine: AsyncEngine, events: int) -> AsyncIterator[None]:
    """Show how far ingest and the chats are while the block lasts, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bars:
        watcher = asyncio.create_task(_watch(bars, engine, events))
        try:
            yield
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
            await _look(bars, engine)


async def _watch(bars: Progress, engine: AsyncEngine, events: int) -> None:
    bars.add_task("events read", total=events)
    bars.add_task("chats in step", total=None)
    while True:
        with suppress(StoreUnavailable):  # the loops say so; a bar may stand still
            await _look(bars, engine)
        await asyncio.sleep(REFRESH_SECONDS)


async def _look(bars: Progress, engine: AsyncEngine) -> None:
    now = await figures.progress(engine)
    for task, (done, whole) in zip(
        bars.task_ids, ((now.read, None), (now.in_step, now.chats)), strict=False
    ):
        if whole is None:
            bars.update(task, completed=done)
        else:
            bars.update(task, completed=done, total=whole or None)
