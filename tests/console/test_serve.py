import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from console.errors import CannotListen
from console.serve import ConsoleServer, Listening
from projections.database import create_engine
from projections.reports.overview import Overview
from tests.console.running import Doorway
from tests.servers import plain_http

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


def console(host: str, port: int, metrics_port: int) -> ConsoleServer:
    engine = create_engine(NOWHERE)
    entrance = partial(Doorway().entrance, engine)
    return ConsoleServer(Overview(engine), host, port, metrics_port, entrance)


@pytest.mark.parametrize("which", ["PORT", "METRICS_PORT"])
async def test_a_taken_port_is_named_with_its_setting_and_the_other_is_given_back(
    which: str,
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        socket.create_server(("127.0.0.1", 0)) as chosen,
    ):
        free = chosen.getsockname()[1]
        chosen.close()
        busy = taken.getsockname()[1]
        ports = (busy, free) if which == "PORT" else (free, busy)
        server = console("127.0.0.1", *ports)
        with pytest.raises(CannotListen, match=f"{busy}: the port is taken.*CONSOLE__{which}"):
            await server.run(asyncio.Event())
        socket.create_server(("127.0.0.1", free)).close()


async def test_an_address_that_is_not_ours_is_refused() -> None:
    server = console("192.0.2.1", 0, 0)
    with pytest.raises(CannotListen, match="cannot be had"):
        await server.run(asyncio.Event())


async def test_stopping_ends_the_server_and_frees_its_ports() -> None:
    stop = asyncio.Event()
    seen: list[Listening] = []

    def listening(at: Listening) -> None:
        seen.append(at)
        stop.set()

    await console("127.0.0.1", 0, 0).run(stop, listening)
    port = int(seen[0].console.rsplit(":", 1)[1])
    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at its own sockets as Linux tells them")
async def test_a_page_does_not_wait_for_the_browsers_acknowledgement() -> None:
    stop = asyncio.Event()
    listening: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(console("127.0.0.1", 0, 0).run(stop, listening.set_result))
    at = await listening
    port = int(at.console.rsplit(":", 1)[1])
    async with plain_http.client() as client:
        await client.get(f"{at.console}/healthz")  # and the connection is kept open
        delays = list(_nodelay_of_connections_to(port))
    stop.set()
    await running
    assert delays
    assert all(delays)


def _nodelay_of_connections_to(port: int) -> Iterator[bool]:
    """Of this process's sockets that were accepted on the port."""
    for descriptor in list(Path("/proc/self/fd").iterdir()):
        try:
            found = socket.socket(fileno=os.dup(int(descriptor.name)))
        except OSError:
            continue
        with found, suppress(OSError, IndexError):
            if found.getsockname()[1] == port and found.getpeername():
                yield bool(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
