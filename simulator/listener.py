"""A small HTTP server around uvicorn's protocol, which lets an application cut a connection.

uvicorn's own server hides the transport and takes a tenth of a second to stop, and a test run
stops hundreds. Here are a listening socket, uvicorn's h11 protocol per connection, and one thing
more: ``abort`` in the scope's extensions closes the socket at once, without a byte.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

ABORT = "rollcall.abort"
"""The key of the extension; its value is a function without arguments."""

Application = Callable[[Any, Any, Any], Awaitable[None]]

_KEEP_ALIVE_SECONDS = 75
_PATIENCE_SECONDS = 2.0


class _AbortableProtocol(H11Protocol):
    """uvicorn's protocol, with the transport's ``abort`` handed to the application."""

    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config, state, {})
        application = self.app

        async def with_abort(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:  # noqa: ANN401 # ASGI's own callables, passed through untouched
            scope.setdefault("extensions", {})[ABORT] = self.transport.abort
            await application(scope, receive, send)

        self.app = with_abort


@asynccontextmanager
async def listening(
    application: Application,
    host: str,
    port: int,
    before_close: Callable[[], None] = lambda: None,
) -> AsyncIterator[int]:
    """Serve an application; yields the port (chosen by the system if ``port`` is 0).

    At the end no connection is taken any more, ``before_close`` is called, requests under way
    get two seconds, and what is left is cut.
    """
    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _AbortableProtocol(config, state), host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        before_close()
        await _settle(state)


async def _settle(state: ServerState) -> None:
    for connection in list(state.connections):
        connection.shutdown()
    tasks = set(state.tasks)
    late = (await asyncio.wait(tasks, timeout=_PATIENCE_SECONDS))[1] if tasks else set()
    # Cut first: to a task that is cancelled uvicorn would answer 500, as if it had failed.
    for connection in list(state.connections):
        connection.transport.abort()
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    # The transports report their end in the next turn of the loop.
    await asyncio.sleep(0)
