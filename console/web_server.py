"""The one way in which we run uvicorn: on a socket that is had already, until told to stop.

Guarantees: the process's signal handlers are left alone, and at the end requests under way are
answered. The webhook is served by it too, from the entry point: the gateway may not know the
console, and no room below both may know a server.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

_PATIENCE_SECONDS = 3


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


def listening(host: str, port: int) -> socket.socket:
    """A listening socket: connections wait in it from here on.

    Raises:
        OSError: the address or port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # Taken over by each connection: a head and a body are two writes, and without this the second
    # waits for the browser's late acknowledgement of the first, 40 ms of every page. asyncio does
    # it for sockets that name their protocol, which those of the standard library do not.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def serving(application: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve while the block lasts; yields the port, which the system chooses where it is 0.

    Raises:
        OSError: the address or port cannot be had.
    """
    server = server_of(application)
    with listening(host, port) as listener:
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task
