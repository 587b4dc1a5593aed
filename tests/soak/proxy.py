"""A TCP proxy that misbehaves when told to: drop, reset, delay, black hole.

It stands between the engine and one server and knows nothing of the protocol, but for one
thing that any protocol of questions and answers has: a connection on which something was asked
and not answered. Those that end so are counted, since each may be an answer lost.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

HOST = "127.0.0.1"
_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, nought seconds; closing then sends RST instead of FIN."""


class Fault(Enum):
    """What the proxy can do to the connections that it carries."""

    DROP = "drop"
    """Close them all, in good order."""
    RESET = "reset"
    """Close them all with RST."""
    DELAY = "delay"
    """Hold every answer back for a while."""
    BLACK_HOLE = "black hole"
    """Accept and swallow; whoever lost something by it meets a reset at the end."""


@dataclass(eq=False, slots=True)
class _Connection:
    """One client with its connection to the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    asked: bool = False
    swallowed: bool = False

    def close(self, *, reset: bool) -> None:
        for writer in (self.client, self.server):
            if reset:
                found = writer.get_extra_info("socket")
                with suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                writer.transport.abort()
            else:
                writer.close()


@dataclass(eq=False, slots=True)
class FaultProxy:
    """Forwards connections to a server; ``unanswered`` ended with a question still open."""

    name: str
    target: int
    port: int = 0
    unanswered: int = 0
    _delay: float = 0.0
    _hole: bool = False
    _connections: set[_Connection] = field(default_factory=set)

    @property
    def open(self) -> int:
        """Connections that it carries now."""
        return len(self._connections)

    @property
    def waiting(self) -> int:
        """How many of them wait for an answer."""
        return sum(each.asked for each in self._connections)

    async def strike(self, fault: Fault, seconds: float) -> None:
        """Do it; a delay and a black hole last for so many seconds, and then this returns."""
        match fault:
            case Fault.DROP | Fault.RESET:
                for each in tuple(self._connections):
                    each.close(reset=fault is Fault.RESET)
            case Fault.DELAY:
                self._delay = 0.05 + seconds / 10
                try:
                    await asyncio.sleep(seconds)
                finally:
                    self._delay = 0.0
            case Fault.BLACK_HOLE:
                await self._swallow(seconds)

    async def _swallow(self, seconds: float) -> None:
        self._hole = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._hole = False
            for each in tuple(self._connections):
                if each.swallowed:
                    each.close(reset=True)

    async def serve(self, client: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        try:
            server, to_server = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, to_server)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._ask(client, connection),
                self._answer(server, connection),
                return_exceptions=True,
            )
        finally:
            self._connections.discard(connection)
            self.unanswered += connection.asked
            connection.close(reset=False)

    async def _ask(self, client: asyncio.StreamReader, connection: _Connection) -> None:
        """From the client to the server, at once: a call that was granted arrives when it is."""
        try:
            while chunk := await client.read(_CHUNK):
                connection.asked = True
                if self._hole:
                    connection.swallowed = True
                else:
                    connection.server.write(chunk)
                    await connection.server.drain()
        finally:
            connection.server.close()

    async def _answer(self, server: asyncio.StreamReader, connection: _Connection) -> None:
        """From the server to the client, late where there is a delay."""
        try:
            while chunk := await server.read(_CHUNK):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if self._hole:
                    connection.swallowed = True
                else:
                    connection.client.write(chunk)
                    await connection.client.drain()
                    connection.asked = False
        finally:
            connection.client.close()

    def close_all(self) -> None:
        """End all connections."""
        for each in tuple(self._connections):
            each.close(reset=True)


@asynccontextmanager
async def proxying(name: str, target: int, port: int = 0) -> AsyncIterator[FaultProxy]:
    """A proxy to this port of 127.0.0.1 while the block lasts; port 0 finds a free one."""
    proxy = FaultProxy(name, target)
    listening = await asyncio.start_server(proxy.serve, HOST, port)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
        proxy.close_all()
        await listening.wait_closed()
