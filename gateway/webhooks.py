"""Where MAX tells us what happened in our chats: a small ASGI application.

Guarantees: the secret is compared in constant time and before anything of the body is read;
an answer of 200 means that the hint is committed; no update is ever believed further than
that its chat must be read. Duplicates, updates out of order and of chats that are not ours do
no harm. Anything but a 200 makes MAX send the update again, so an outage of the store loses
none. Whether it tells of a call of ours the store knows: one may have its effect when everybody
has given up on it.

One update is no hint: that somebody confirmed a profile link is told in no other way. It is
believed of whoever asked for a link, and once.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from domain.hints import Update
from domain.profile_links import Confirmation
from gateway.updates import (
    PROFILE_LINKED,
    UPDATE_TYPES,
    UnreadableUpdate,
    read_confirmation,
    read_update,
)

SECRET_HEADER = b"x-max-bot-api-secret"
LONGEST_BODY = 256 * 1024
"""Bytes; an update that we asked for has about one kilobyte."""

AT_ONCE = 4
"""Hints that are committed side by side: a storm must not take reconcile's connections."""

# ASGI's messages are dictionaries of whatever it says; each is looked into once, here.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class HintStore(Protocol):
    """Keeps hints (``projections.watch.hints``)."""

    async def receive(self, update: Update) -> bool:
        """Commit the hint; True where it makes us read the chat."""


class Confirmations(Protocol):
    """Takes in that people confirmed their profile links (``projections.by_hand``)."""

    async def confirmed(self, given: Confirmation) -> bool:
        """Commit it; False where nobody asked for such a link."""


@dataclass(slots=True)
class Webhook:
    """The application; ``path`` is the one that was subscribed, the secret is never shown.

    ``links`` is None where people link their profiles elsewhere.
    """

    store: HintStore
    path: str
    secret: str = field(repr=False)
    links: Confirmations | None = None
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        status = await self._status(scope, receive)
        headers = [(b"content-length", b"0"), (b"connection", b"close")]
        if status is HTTPStatus.OK:
            headers = headers[:1]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: MutableMapping[str, Any], receive: Receive) -> HTTPStatus:
        # The messenger may spell our address its own way.
        if scope["path"].rstrip("/") != self.path.rstrip("/"):
            return HTTPStatus.NOT_FOUND
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        if not self._knows_the_secret(scope["headers"]):
            return HTTPStatus.UNAUTHORIZED
        body = await _body(receive)
        if body is None:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            await self._take(body)
        except UnreadableUpdate:
            return HTTPStatus.BAD_REQUEST
        return HTTPStatus.OK

    async def _take(self, body: bytes) -> None:
        update = read_update(body)
        if update is not None:
            async with self._room:
                await self.store.receive(update)
            return
        confirmation = None if self.links is None else read_confirmation(body)
        if self.links is not None and confirmation is not None:
            async with self._room:
                await self.links.confirmed(confirmation)

    @property
    def update_types(self) -> tuple[str, ...]:
        """What is to be subscribed to."""
        return UPDATE_TYPES if self.links is None else (*UPDATE_TYPES, PROFILE_LINKED)

    def _knows_the_secret(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        given = [value for name, value in headers if name.lower() == SECRET_HEADER]
        # Compared even where there is none, so that this too takes as long.
        matches = hmac.compare_digest(given[0] if given else b"", self.secret.encode())
        return matches and len(given) == 1


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None for one that is too long."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > LONGEST_BODY:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


__all__ = ["LONGEST_BODY", "SECRET_HEADER", "Confirmations", "HintStore", "Webhook"]
