"""One connection to one host of the messenger: the only user of the HTTP library.

Guarantees: each attempt, a repeated one too, takes a slot of the shared budget and is sent
inside it; nothing is repeated that could have had an effect; no exception but those of
``gateway.errors`` comes out (and whatever the budget itself raises while one waits for a
slot, untouched, since nothing of that attempt was sent by then); the token is sent as the
bare value of ``Authorization`` and shown nowhere; a CA bundle is trusted by this connection
alone, and with one nothing else is.
"""

import asyncio
import json
import random
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx2

from domain.lanes import Lane
from gateway.attempts_in_a_call import (
    SHORTEST_WAIT,
    RetryPolicy,
    Sleep,
    Timeouts,
    retry_after,
    retrying,
)
from gateway.errors import GatewayError, Misconfigured, TooManyRequests, Unavailable
from gateway.ports import CallBudget
from gateway.replies import Call, Reply
from gateway.verdicts import A, is_too_many, limit_told, read_answer, unanswered

_HOST = re.compile(rb"[A-Za-z0-9._:-]+")
_LARGEST_BODY = 8 * 1024 * 1024

# The connection was not there yet, or the address could not be used: nothing was sent.
_BEFORE_SENDING = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
)
# HTTPError covers the rest of what a request can meet; the next three are its siblings. OSError
# is our own time limit, and what a socket can still say past the library's mapping.
_AFTER_SENDING = (
    httpx2.HTTPError,
    httpx2.CookieConflict,
    httpx2.StreamError,
    httpx2.SSEError,
    OSError,
)


def utc_now() -> datetime:
    """The current time, for dates in ``Retry-After``."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a host of the messenger is and how to speak to it."""

    base_url: str
    token: str = field(repr=False)
    ca_bundle: Path | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    retries: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a client takes from the world, so that tests need not wait or guess."""

    now: Callable[[], datetime] = utc_now
    sleep: Sleep = asyncio.sleep
    jitter: random.Random = field(default_factory=random.SystemRandom)
    transport: httpx2.AsyncBaseTransport | None = None


class MaxHttp:
    """Sends calls to one host and brings back whole replies."""

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        """Raises ``Misconfigured`` for an address, a token or a bundle that cannot work."""
        self._endpoint = endpoint
        self._world = surroundings
        times = endpoint.timeouts
        self._client = httpx2.AsyncClient(
            base_url=_checked_address(endpoint.base_url),
            headers={
                "Authorization": _checked_token(endpoint.token),
                "Accept": "application/json",
                "User-Agent": "rollcall",
            },
            verify=_trust(endpoint.ca_bundle),
            timeout=httpx2.Timeout(
                connect=times.connect, read=times.read, write=times.write, pool=times.connect
            ),
            transport=surroundings.transport,
            # Neither proxies nor certificates nor passwords from the environment.
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections. Calls after this are ``Unavailable``."""
        await self._client.aclose()

    async def send(self, call: Call, budget: CallBudget, lane: Lane) -> Reply:
        """Send the call, again where it certainly had no effect, and return its reply.

        2xx, 3xx and 4xx come back as they are, for the caller to judge. 429, and its code under
        any other status, is ``TooManyRequests``; 5xx, 408 and no answer are ``Unavailable`` to
        a read and ``OutcomeUnknown`` to a changing call.
        """
        loop = retrying(self._endpoint.retries, self._world.sleep, self._world.jitter)
        reply: Reply = await loop(self._attempt, call, budget, lane)
        return reply

    async def ask(self, call: Call, model: type[A], budget: CallBudget, lane: Lane) -> A:
        """Send the call and read its answer as ``model``."""
        return read_answer(call, await self.send(call, budget, lane), model)

    async def _attempt(self, call: Call, budget: CallBudget, lane: Lane) -> Reply:
        try:
            # Within the slot, so that the budget knows which calls were taken.
            async with budget.slot(lane, call.kind):
                reply, headers = await self._exchange(call)
                wait = self._asked_wait(headers)
                _must_be_taken(call, reply, wait)
        except TooManyRequests as error:
            await budget.push_back(error.retry_after)
            await budget.too_many(call.kind, limit_told(reply))
            raise
        if reply.status >= 500 or reply.status == 408:
            raise unanswered(call, f"status {reply.status}", wait, answered=True)
        return reply

    def _asked_wait(self, headers: httpx2.Headers) -> float | None:
        return retry_after(headers.get("retry-after"), headers.get("date"), self._world.now())

    async def _exchange(self, call: Call) -> tuple[Reply, httpx2.Headers]:
        failure: GatewayError
        if self._client.is_closed:
            raise Unavailable(str(call), "the client is closed")
        try:
            async with asyncio.timeout(self._endpoint.timeouts.whole):
                return await self._converse(call)
        except _BEFORE_SENDING as error:
            failure = Unavailable(str(call), type(error).__name__)
        except _AFTER_SENDING as error:
            failure = unanswered(call, type(error).__name__)
        # Raised here and not above: the library's text may quote the token, so it is not chained.
        raise failure

    async def _converse(self, call: Call) -> tuple[Reply, httpx2.Headers]:
        # Pure ASCII, so that no text can fail to be encoded.
        content = None if call.body is None else json.dumps(call.body).encode("ascii")
        headers = {} if content is None else {"Content-Type": "application/json"}
        async with self._client.stream(
            call.method, call.path, params=call.query or None, content=content, headers=headers
        ) as response:
            body = await _bounded(response)
            return Reply(response.status_code, body), response.headers


def _must_be_taken(call: Call, reply: Reply, wait: float | None) -> None:
    if is_too_many(reply):
        raise TooManyRequests(str(call), wait or SHORTEST_WAIT)


async def _bounded(response: httpx2.Response) -> bytes:
    """The body, cut past 8 MiB, where half a JSON text is refused as any other."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST_BODY:
            break
    return bytes(body)


def _checked_address(base_url: str) -> str:
    try:
        url = httpx2.URL(base_url)
        usable = url.scheme in {"http", "https"} and bool(_HOST.fullmatch(url.raw_host))
    except httpx2.InvalidURL:
        usable = False
    if not usable or url.userinfo or url.query or url.fragment:
        raise Misconfigured("messenger address", "must be http(s)://host[:port][/path]")
    return base_url.rstrip("/")


def _checked_token(token: str) -> str:
    if not token or not all("!" <= character <= "~" for character in token):
        raise Misconfigured("messenger token", "must be printable ASCII without spaces")
    return token


@cache
def _trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """Once for a process: to read all authorities takes longer than many calls."""
    if ca_bundle is None:
        return httpx2.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ValueError) as error:
        # ssl.SSLError is an OSError; its text names no more than what is wrong with the file.
        raise Misconfigured("messenger CA bundle", f"{ca_bundle}: {error}") from None


__all__ = ["Endpoint", "MaxHttp", "Surroundings", "utc_now"]
