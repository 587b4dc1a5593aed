"""A seed that comes to no end: what it waits for is said, and it counts as a broken promise.

Its loop may stand in a wait for a socket, so a thread watches it, with a connection of its own:
it tells what each session of the database does, which locks they hold and wait for, how the
trace ends and where Python stands, hands the seed in as broken, ends the sessions, leaves the
database empty for whoever comes next, and ends the process, as nothing else could.
"""

import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg

from tests.servers.loops import run_now

HANGS_AFTER = 180.0
"""Real seconds that no seed ever takes, on any machine: it takes one or two."""
LAST_STEPS = 30

_SESSIONS = """
    SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid) AS blocked_by,
           clock_timestamp() - xact_start AS in_transaction, left(query, 300) AS query
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
     ORDER BY pid"""
_LOCKS = """
    SELECT pid, granted, locktype, relation::regclass, mode, transactionid, page, tuple
      FROM pg_locks
     WHERE pid <> pg_backend_pid() AND locktype <> 'virtualxid'
       AND (database IS NULL OR database = (
            SELECT oid FROM pg_database WHERE datname = current_database()))
     ORDER BY granted, pid, locktype, 4"""
_END = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@dataclass(frozen=True, slots=True)
class Watched:
    """One seed, for the thread that looks at it from outside."""

    url: str
    trace: Callable[[], Sequence[str]]
    emptying: Callable[[], str]
    """A script that leaves the database as the first seed found it."""
    hung: Callable[[], None]
    """Hands the seed in."""


@contextmanager
def watch(seed: Watched, patience: float) -> Iterator[None]:
    """Where the block takes longer than so many real seconds, the process ends with it."""
    # No daemon: when the sessions end, the loop fails and Python would end before this has.
    timer = threading.Timer(patience, _give_up, (seed, patience))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _give_up(seed: Watched, patience: float) -> None:
    try:
        _say(f"no end after {patience} s; the last steps:", seed.trace()[-LAST_STEPS:])
        faulthandler.dump_traceback(all_threads=True)
        run_now(_tell_and_end(seed))
    finally:
        os._exit(1)


async def _tell_and_end(seed: Watched) -> None:
    connection = await asyncpg.connect(seed.url, timeout=30)
    try:
        for name, query in (("pg_stat_activity", _SESSIONS), ("pg_locks", _LOCKS)):
            _say(f"{name}:", [str(dict(row)) for row in await connection.fetch(query)])
        seed.hung()
        sys.stdout.flush()
        await connection.execute(_END)
        await connection.execute(seed.emptying())
    finally:
        await connection.close()


def _say(title: str, lines: Sequence[str]) -> None:
    print(title, *lines, sep="\n  ", file=sys.stderr, flush=True)  # noqa: T201 - for whoever looks into it
