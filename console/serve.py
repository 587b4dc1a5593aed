"""Runs the pages and the metrics, each on a port of its own, until told to stop.

Guarantees: both ports are had before anything is served, a port that is taken is a
``CannotListen`` that says what to change, the process's signal handlers are left alone, and
at the end requests under way are answered.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlunsplit

from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from console.api import Fault, lives
from console.app import Entrance, create_app
from console.entrance.site import LOCAL_NAMES, is_loopback
from console.errors import CannotListen
from console.metrics import metrics_app
from console.web_server import listening, server_of
from operations.installation import ORDINARY, Installation
from operations.store import Overview

MakeEntrance = Callable[[str, int], Entrance]
"""From the host and the port on which the pages are served."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The base addresses that are served."""

    console: str
    metrics: str


@dataclass(frozen=True, slots=True)
class ConsoleServer:
    """The console's two servers. Port 0 is any free one; ``process`` is added to the metrics.

    ``entrance`` makes how people come in, once it is known where the pages are.

    ``fault`` tells why this process does not live, or None while it does: ``/healthz``.
    """

    store: Overview
    host: str
    port: int
    metrics_port: int
    entrance: MakeEntrance
    process: Collector = field(default_factory=CollectorRegistry)
    fault: Fault = lives
    installation: Installation = ORDINARY

    async def run(
        self, stop: asyncio.Event, on_listening: Callable[[Listening], None] = lambda _: None
    ) -> None:
        """Serve until ``stop``; ``on_listening`` is told once connections are taken.

        Raises:
            CannotListen: an address or port cannot be had; nothing was served.
            ConsoleError: how people sign in does not go with where it listens.
        """
        with ExitStack() as closing:
            pages = closing.enter_context(bound(self.host, self.port, "PORT"))
            metrics = closing.enter_context(bound(self.host, self.metrics_port, "METRICS_PORT"))
            entrance = self.entrance(self.host, pages.getsockname()[1])
            hosts = _names(self.host)
            pages_app = create_app(
                self.store,
                entrance,
                installation=self.installation,
                hosts=hosts,
                fault=self.fault,
            )
            console = server_of(pages_app)
            gauges = server_of(metrics_app(self.store, self.process))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(console.serve([pages]), name="console")
                tasks.create_task(gauges.serve([metrics]), name="metrics")
                on_listening(Listening(_url(self.host, pages), _url(self.host, metrics)))
                await stop.wait()
                console.should_exit = gauges.should_exit = True
            await self.store.surveyor.close()


def bound(host: str, port: int, setting: str) -> socket.socket:
    """A listening socket; the setting is named where it cannot be had."""
    try:
        return listening(host, port)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "the port is taken" if taken else "the address cannot be had"
        message = f"console: {host}:{port}: {why}; choose another by ROLLCALL_CONSOLE__{setting}"
        raise CannotListen(message) from error


def _url(host: str, listener: socket.socket) -> str:
    port: int = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit(("http", f"{shown}:{port}", "", "", ""))


def _names(host: str) -> tuple[str, ...]:
    """On the local address only the local names are answered, against DNS rebinding."""
    return (*LOCAL_NAMES, host) if is_loopback(host) else ("*",)
