"""A messenger that answers by script, byte for byte, over a real socket.

Each request takes the next step of the script: raw bytes to send before the connection is
closed, or one of the two silences. What came in is kept, to assert on what reached the wire.
"""

import asyncio
import json
import random
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus

from domain.call_classes import CallClass
from domain.lanes import Lane
from gateway.attempts_in_a_call import Timeouts
from gateway.client import Adding, MaxMessenger, MessengerConfig
from gateway.max_http import Surroundings


class Silence(Enum):
    """How a server can fail to answer a request that it has read."""

    DROP = "close the connection at once"
    STALL = "keep the connection and say nothing"


Step = bytes | Silence


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The body, read as JSON."""
        return json.loads(self.body)


def answer(body: object, status: int = 200, **headers: str) -> bytes:
    """A well-formed answer with a JSON body; header names are written with underscores."""
    return raw(json.dumps(body).encode(), status, **headers)


def raw(body: bytes, status: int = 200, **headers: str) -> bytes:
    """A well-formed HTTP answer around any body."""
    fields = {"Content-Length": str(len(body)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode("latin-1") + b"\r\n" + body


def problem(status: int, code: str = "", message: str = "", **headers: str) -> bytes:
    """The messenger's error object."""
    return answer({"code": code, "message": message}, status, **headers)


@dataclass
class Scripted:
    """The running server."""

    script: list[Step]
    seen: list[Seen] = field(default_factory=list)
    url: str = ""
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request, one step."""
        try:
            self.seen.append(await _request(reader))
            step = self.script.pop(0) if self.script else problem(418, "end.of.script")
            if step is Silence.STALL:
                await self._over.wait()
            elif isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client gave up, which some scripts are about
        finally:
            writer.close()

    def finish(self) -> None:
        """Let go of the stalled connections."""
        self._over.set()


async def _request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, target, headers, body)


@asynccontextmanager
async def scripted(*script: Step, tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """A server that plays ``script``; a request past its end gets a 418."""
    played = Scripted(list(script))
    server = await asyncio.start_server(played.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    played.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield played
    finally:
        played.finish()
        server.close()


@dataclass
class Ledger:
    """A budget that grants at once and keeps account."""

    granted: list[Lane] = field(default_factory=list)
    kinds: list[CallClass] = field(default_factory=list)
    pushed_back: list[float] = field(default_factory=list)
    told: list[tuple[CallClass, int | None]] = field(default_factory=list)

    @asynccontextmanager
    async def slot(self, lane: Lane, kind: CallClass = CallClass.READ) -> AsyncIterator[None]:
        """Grant at once."""
        self.granted.append(lane)
        self.kinds.append(kind)
        yield

    async def push_back(self, seconds: float) -> None:
        """Write down the wait."""
        self.pushed_back.append(seconds)

    async def too_many(self, kind: CallClass, told: int | None) -> None:
        """Write down what was told."""
        self.told.append((kind, told))


@dataclass
class Naps:
    """A sleep that takes no time and is written down."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        """Sleep for no time."""
        self.taken.append(seconds)


class NoJitter(random.Random):
    """The upper end of every window, so that waits can be told."""

    def uniform(self, a: float, b: float) -> float:
        """The upper end."""
        del a
        return b


@dataclass
class Bench:
    """A messenger client on a scripted server, with everything it touched."""

    server: Scripted
    messenger: MaxMessenger
    ledger: Ledger
    naps: Naps

    @property
    def asked(self) -> Sequence[str]:
        """The requests that reached the server, as method and target."""
        return [f"{seen.method} {seen.target}" for seen in self.server.seen]


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port that refuses every connection while this is open: bound, and nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@asynccontextmanager
async def bench(
    *script: Step, adding: Adding = Adding.PARTNER, whole: float = 30.0, url: str = ""
) -> AsyncIterator[Bench]:
    """A client whose both hosts are one scripted server, or what is at ``url``."""
    async with scripted(*script) as server:
        ledger, naps = Ledger(), Naps()
        config = MessengerConfig(
            url or server.url, url or server.url, "bot-token", "partner-token",
            adding=adding, timeouts=Timeouts(whole=whole),
        )  # fmt: skip
        messenger = MaxMessenger(config, ledger, Surroundings(sleep=naps, jitter=NoJitter()))
        try:
            yield Bench(server, messenger, ledger, naps)
        finally:
            await messenger.aclose()
