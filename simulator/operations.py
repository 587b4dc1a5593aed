"""The table of what can be called: method, path template, kind and handler.

The template is the name under which a call is counted and by which a fault finds it. Paths are
Starlette's business; the method is looked at here, for a path that has not got it is told only
to who may call at all.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simulator import fields
from simulator.wire import ApiError, JsonObject, error_answer, parse_object, whole_body


class CallKind(Enum):
    """What a call is for, as the statistics tell them apart; the value is the name there."""

    CREATE = "create"
    ADD = "add"
    REMOVE = "remove"
    PROMOTE = "promote"
    DEMOTE = "demote"
    RENAME = "rename"
    DELETE = "delete"
    READ = "reads"
    """Reading a chat, its members or its administrators."""
    OTHER = "other"


CHANGING = tuple(kind for kind in CallKind if kind not in (CallKind.READ, CallKind.OTHER))

_Body = TypeVar("_Body", bound=fields.Body)


@dataclass(frozen=True, slots=True)
class Call:
    """A request, its body read to the end, and what a fault makes of it.

    ``stale`` asks for the chat as it was before its last change; ``partial`` for an effect on
    half of the ids only; ``ignored`` for an answer without the effect.
    """

    request: Request
    raw: bytes
    stale: bool = False
    partial: bool = False
    ignored: bool = False

    def body(self, model: type[_Body]) -> _Body:
        """The body as a model. Raises a 400 ``ApiError``."""
        return fields.read(model, parse_object(self.raw))

    def place(self, name: str, least: int = -fields.MAX_INT - 1) -> int:
        """The integer in a place of the path. Raises a 400 ``ApiError``."""
        return fields.integer(self.request.path_params[name], name, least)


Handler = Callable[[Call], Awaitable[JsonObject | Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path template."""

    method: str
    template: str
    kind: CallKind
    handler: Handler


Answering = Callable[[Call, Operation | ApiError], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Resource:
    """What is at one path, as an ASGI application; without methods, a path that is not there."""

    answer: Answering
    methods: Mapping[str, Operation] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            call = Call(request, await whole_body(request))
            answer = await self.answer(call, self._found(request.method))
        except ClientDisconnect:
            return
        except ApiError as error:
            answer = error_answer(error)
        await answer(scope, receive, send)

    def _found(self, method: str) -> Operation | ApiError:
        if method in self.methods:
            return self.methods[method]
        if not self.methods:
            return ApiError(404, "not.found", "no such method of the API")
        allow = {"Allow": ", ".join(self.methods)}
        return ApiError(405, "method.not.allowed", "the method is not allowed here", allow)


def routes(operations: Sequence[Operation], answer: Answering) -> Iterator[Route]:
    """A route for each path of the operations."""
    by_template: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        by_template.setdefault(operation.template, {})[operation.method] = operation
    return (Route(path, Resource(answer, methods)) for path, methods in by_template.items())


def named(call: Call) -> set[int]:
    """The accounts that a request names, in its path, query or body, as far as it can be read."""
    found = [*call.request.query_params.getlist("user_id"), *call.request.path_params.values()]
    try:
        body = parse_object(call.raw)
    except ApiError:
        body = {}
    for name in ("user_ids", "admin_ids", "admins"):
        listed = body.get(name)
        entries = listed if isinstance(listed, list) else ()
        found += [str(each.get("user_id") if isinstance(each, dict) else each) for each in entries]
    return {int(each) for each in found if each.isdecimal()}


def normalised(template: str) -> str:
    """A template without the names of its places, so that ``{chat_id}`` is ``{chatId}``."""
    return re.sub(r"\{[^}/]*\}", "{}", template)
