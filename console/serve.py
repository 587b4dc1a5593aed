"""Runs the pages and the metrics, each on a port of its own, until told to stop.

Guarantees: both ports are had before anything is served, a port that is taken is a
``CannotListen`` that says what to change, the process's signal handlers are left alone, and
at the end requests under way are answered.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlunsplit

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from starlette.types import ASGIApp

from console.api import Fault, lives
from console.app import Entrance, create_app
from console.entrance.site import LOCAL_NAMES, is_loopback
from console.errors import CannotListen
from console.metrics import metrics_app
from operations.installation import ORDINARY, Installation
from operations.store import Overview

_PATIENCE_SECONDS = 3

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


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: stopping is the supervisor's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_of(application: ASGIApp) -> uvicorn.Server:
    """The server of an application, on a socket that is had already."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        http="h11",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
    )
    return _Server(config)


@contextmanager
def bound(host: str, port: int, setting: str) -> Iterator[socket.socket]:
    """A listening socket: connections wait in it from here on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "the port is taken" if taken else "the address cannot be had"
        message = f"console: {host}:{port}: {why}; choose another by ROLLCALL_CONSOLE__{setting}"
        raise CannotListen(message) from error
    # Taken over by each connection: a head and a body are two writes, and without this the second
    # waits for the browser's late acknowledgement of the first, 40 ms of every page. asyncio does
    # it for sockets that name their protocol, which those of the standard library do not.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        yield listener


def _url(host: str, listener: socket.socket) -> str:
    port: int = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit(("http", f"{shown}:{port}", "", "", ""))


def _names(host: str) -> tuple[str, ...]:
    """On the local address only the local names are answered, against DNS rebinding."""
    return (*LOCAL_NAMES, host) if is_loopback(host) else ("*",)
