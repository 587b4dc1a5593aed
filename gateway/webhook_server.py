"""Runs the webhook's application on a port of its own while a block lasts.

The public address is a reverse proxy's business: MAX wants HTTPS on port 443, and this listens
behind it, by default on this machine only.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from gateway.webhooks import Webhook

_PATIENCE_SECONDS = 3


class _Server(uvicorn.Server):
    """uvicorn's server without its signal handlers: stopping is the supervisor's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(webhook: Webhook, host: str, port: int) -> AsyncIterator[int]:
    """Serve the webhook; yields the port, which the system chooses where it is 0.

    Raises:
        OSError: the address or port cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        server = _Server(
            uvicorn.Config(
                webhook,
                lifespan="off",
                http="h11",
                ws="none",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_PATIENCE_SECONDS,
            )
        )
        task = asyncio.create_task(server.serve([listener]), name="webhook")
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


__all__ = ["serving"]
