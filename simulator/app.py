"""The simulator as an ASGI application: bytes in, bytes out, and the joining of its parts.

Cutting a connection without an answer is more than ASGI can say, so the server has to offer
it: ``simulator.listener`` puts ``abort`` into the scope's extensions.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from simulator.bot_api import BotApi
from simulator.changes import Change
from simulator.config import SimulatorConfig
from simulator.conversation import Conversation
from simulator.fault_api import FaultApi
from simulator.faults import Faults
from simulator.gate import Gate, handled, not_found
from simulator.listener import ABORT
from simulator.objects import Objects
from simulator.operations import Call, Match, Operations
from simulator.page import Page
from simulator.partner_api import PartnerApi
from simulator.sim_api import SimApi
from simulator.statistics import Statistics
from simulator.subscriptions_api import SubscriptionsApi
from simulator.updates import BY_WEBHOOK_ONLY, UpdateLog, UpdateWriter
from simulator.webhooks import Webhooks
from simulator.wire import Answer, Drop, Request, error_answer, invalid, parse_query
from simulator.world import World

_LONGEST_BODY = 1024 * 1024

# The server's messages are dictionaries of whatever ASGI says; each is looked into once, here.
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Simulator:
    """One simulated messenger; an ASGI application for HTTP."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.world = World(config)
        self.statistics = Statistics(config.monotonic)
        self.faults = Faults(config.fault_seed)
        objects = Objects(config, self.world.accounts.is_bot)
        self._log = UpdateLog(self.world.now())
        self._webhooks = Webhooks(config, self.world)
        self._writer = UpdateWriter(config, self.world, objects)
        self.world.observe(self._tell)
        bot_api = BotApi(config, self.world, objects)
        api = Operations(
            [
                *bot_api.operations(),
                *PartnerApi(config, self.world, bot_api).operations(),
                *SubscriptionsApi(config, self.world, objects, self._log).operations(),
                *Conversation(config, self.world, objects).operations(),
            ]
        )
        self._gate = Gate(config, self.world, api, self.faults, self.statistics)
        self._levers = Operations(
            [
                *SimApi(config, self.world, self.statistics).operations(),
                *FaultApi(self.faults, api).operations(),
            ]
        )
        self._page = Page(self.world, self.statistics)

    def end_polls(self) -> None:
        """Let open polls return, so that a server can stop."""
        self._log.end()

    async def aclose(self) -> None:
        """Stop delivering updates and let go of the journal."""
        await self._webhooks.aclose()
        self.world.close()

    async def answer(self, request: Request) -> Answer | Drop:
        """Answer one request."""
        if request.path == "/" and request.method == "GET":
            return self._page.render()
        if request.path != "/sim" and not request.path.startswith("/sim/"):
            return await self._gate.answer(request)
        match = self._levers.find(request.method, request.path)
        if isinstance(match, Match):
            return await handled(match.operation, Call(request, match.params))
        return error_answer(not_found(match))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak ASGI; only HTTP is understood."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        if body is None:
            await _send(send, error_answer(invalid("the body is longer than 1 MiB")))
            return
        answer = await self.answer(_request(scope, body, receive))
        if isinstance(answer, Drop):
            scope["extensions"][ABORT]()
            await _gone(receive)
        else:
            await _send(send, answer)

    def _tell(self, change: Change) -> None:
        for update in self._writer.updates(change):
            if self.world.subscriptions:
                self._webhooks.publish(update)
            elif update["update_type"] not in BY_WEBHOOK_ONLY:
                self._log.append(update)


def create_app(config: SimulatorConfig) -> Simulator:
    """A simulator with these settings; replays the journal if one is set.

    Raises ``JournalUnreadableError`` if that file is none of ours.
    """
    return Simulator(config)


def _request(scope: Scope, body: bytes, receive: Receive) -> Request:
    async def gone() -> bool:
        await _gone(receive)
        return True

    return Request(
        method=scope["method"],
        path=scope["path"],
        query=parse_query(scope["query_string"]),
        headers={
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        },
        body=body,
        gone=gone,
    )


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None if it is too long (what is left of it is read over)."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        length += len(message["body"])
        if length <= _LONGEST_BODY:
            parts.append(message["body"])
        if not message.get("more_body", False):
            break
    return b"".join(parts) if length <= _LONGEST_BODY else None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.content_type.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    parts = answer.encoded()
    if isinstance(parts, tuple):
        headers.append((b"content-length", str(sum(map(len, parts))).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
        await asyncio.sleep(0)  # a long stream must not keep others waiting
    await send({"type": "http.response.body", "body": b"", "more_body": False})
