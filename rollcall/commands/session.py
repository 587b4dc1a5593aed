"""What every command begins with: settings, logs, addresses, a stop signal."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from rollcall import addresses, logs
from rollcall.settings import Settings, load
from rollcall.wiring import Wiring

NOT_SETTLED = 3
"""The exit code for «not settled» and «not allowed»."""


def settings_for(data_dir: Path | None) -> Settings:
    """The settings, with logs set up by them."""
    settings = load() if data_dir is None else load(data_dir=data_dir)
    logs.configure(settings.log.level, settings.log.format)
    return settings


def wiring_for(data_dir: Path | None) -> Wiring:
    """For commands that talk to a running stack."""
    settings = settings_for(data_dir)
    return Wiring(settings, addresses.find(settings))


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


def say(line: str) -> None:
    """A line of a command's output, out at once so that a pipe sees it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def say_json(value: object) -> None:
    """One line of JSON for programs."""
    say(json.dumps(value, ensure_ascii=False))


def remark(line: str) -> None:
    """A remark for people, beside the output."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
