"""Sessions on real connections, driven through every order of their steps.

A step is a statement or a commit. A step that PostgreSQL makes wait is recognised by
``pg_blocking_pids``, never by time; its session rests until the lock is free, and a turn
that comes to it meanwhile is made up for later.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import asyncpg

Step = Callable[[], Awaitable[object]]


@dataclass(slots=True)
class Session:
    """Steps that run in their order on one connection."""

    pid: int
    steps: deque[Step]
    waiting: "asyncio.Task[object] | None" = field(default=None)


def interleavings(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every order of the steps of sessions with so many steps each, as session numbers."""
    if not any(lengths):
        yield ()
        return
    for number, length in enumerate(lengths):
        if length:
            rest = [*lengths[:number], length - 1, *lengths[number + 1 :]]
            for order in interleavings(rest):
                yield (number, *order)


async def run_in_order(
    monitor: asyncpg.Connection, sessions: Sequence[Session], order: Sequence[int]
) -> None:
    """Run all steps of all sessions, as near to ``order`` as their locks allow."""
    turns = deque(order)
    idle = 0
    while turns:
        session = sessions[turns[0]]
        turns.popleft()
        if session.waiting is not None:
            turns.append(sessions.index(session))
            idle += 1
            assert idle <= len(turns), "every session waits for another: a deadlock"
            continue
        idle = 0
        session.waiting = asyncio.ensure_future(session.steps.popleft()())
        # The step that was just begun first: it may free the others.
        await _settle(monitor, session)
        for each in sessions:
            await _settle(monitor, each)
    assert all(session.waiting is None for session in sessions)


async def _settle(monitor: asyncpg.Connection, session: Session) -> None:
    """Wait until the session's step is done or stands at a lock."""
    while session.waiting is not None:
        done, _ = await asyncio.wait({session.waiting}, timeout=0.002)
        if done:
            session.waiting.result()
            session.waiting = None
        elif await monitor.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", session.pid):
            return


@asynccontextmanager
async def connections(url: str, count: int) -> AsyncIterator[list[asyncpg.Connection]]:
    """So many connections, closed at the end."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            opened.append(connection)
        yield opened
