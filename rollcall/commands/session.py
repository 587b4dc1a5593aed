"""What every command begins with: settings, logs, addresses, a stop signal."""

import asyncio
import getpass
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from rollcall import addresses, logs
from rollcall.addresses import Server
from rollcall.settings import Settings, load
from rollcall.wiring import Wiring

T = TypeVar("T")

NOT_SETTLED = 3
"""The exit code for «not settled» and «not allowed»."""

INTERRUPTED = 130
"""The exit code for «stopped before it was done», as shells have it for Ctrl-C."""


def settings_for(data_dir: Path | None, *, stays: bool = True) -> Settings:
    """The settings, with logs set up by them; ``stays`` is False for what ends by itself."""
    settings = load() if data_dir is None else load(data_dir=data_dir)
    logs.configure(settings.log.level, settings.log.format, libraries=stays)
    return settings


def wiring_for(data_dir: Path | None, *needed: Server) -> Wiring:
    """For commands that talk to a running stack; ``needed`` servers have an address.

    Raises:
        NoAddress: names every one that has none.
    """
    settings = settings_for(data_dir, stays=False)
    found = addresses.find(settings)
    found.need(*needed)
    return Wiring(settings, found)


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A running stack, as one command meets it."""

    wiring: Wiring
    engine: AsyncEngine

    @property
    def settings(self) -> Settings:
        """As the command has them."""
        return self.wiring.settings


def operate(
    data_dir: Path | None, operation: Callable[[RunningStack], Awaitable[T]], *needed: Server
) -> T:
    """What the operation answers, over one connection that is closed at the end.

    What goes wrong goes on to ``rollcall.commands.outcome``.

    Raises:
        NoAddress: PostgreSQL, or one of the ``needed`` servers, has none.
    """
    wiring = wiring_for(data_dir, Server.POSTGRES, *needed)

    async def answer() -> T:
        async with wiring.engine(pool_size=1) as engine:
            return await operation(RunningStack(wiring, engine))

    return asyncio.run(answer())


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def stopped(number: signal.Signals) -> None:
        structlog.get_logger().info("stopping", signal=number.name)
        stop.set()
        for each in numbers:
            loop.remove_signal_handler(each)

    for number in numbers:
        loop.add_signal_handler(number, stopped, number)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def unless_stopped(stop: asyncio.Event, work: Coroutine[object, object, T]) -> T | None:
    """What the work comes to, or None when the stop came first and the work was cancelled."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        return None
    finally:
        for each in (working, stopping):
            each.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def login() -> str:
    """The account that runs the command: by name, or by number where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no entry in passwd: KeyError until Python 3.12
        return f"uid-{os.getuid()}"


def say(line: str) -> None:
    """A line of a command's output, out at once so that a pipe sees it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    """One line of JSON for programs; an instant as ISO 8601 has it."""
    say(json.dumps(value, ensure_ascii=False, default=_plain))


def say_all(
    found: Sequence[T],
    row: Callable[[T], object],
    lines: Callable[[T], Sequence[str]],
    nothing: str,
    *,
    as_json: bool,
) -> None:
    """A list: a row of JSON for each, or lines for people; ``nothing`` beside an empty one."""
    for each in found:
        if as_json:
            say_json(row(each))
        else:
            for line in lines(each):
                say(line)
    if not found and not as_json:
        remark(nothing)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def remark(line: str) -> None:
    """A remark for people, beside the output."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
