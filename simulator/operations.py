"""The table of what can be called: method, path template, kind and handler.

The template is the name under which a call is counted and by which a fault finds it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from simulator.wire import Answer, ApiError, Request, parse_object


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


CHANGING = (
    CallKind.CREATE,
    CallKind.ADD,
    CallKind.REMOVE,
    CallKind.PROMOTE,
    CallKind.DEMOTE,
    CallKind.RENAME,
    CallKind.DELETE,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its operation, and what a fault makes of it.

    ``stale`` asks for the chat as it was before its last change; ``partial`` for an effect on
    half of the ids only; ``ignored`` for an answer without the effect.
    """

    request: Request
    params: dict[str, str]
    stale: bool = False
    partial: bool = False
    ignored: bool = False


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path template."""

    method: str
    template: str
    kind: CallKind
    handler: Handler


@dataclass(frozen=True, slots=True)
class Match:
    """The operation that a request means, with the values of the template's places."""

    operation: Operation
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No operation; ``allowed`` are the methods that the path has, if it exists at all."""

    allowed: tuple[str, ...]


def named(call: Call) -> set[int]:
    """The accounts that a request names, in its path, query or body, as far as it can be read."""
    found = [*call.request.query.get("user_id", ()), *call.params.values()]
    try:
        body = parse_object(call.request.body)
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


class Operations:
    """All operations, found by method and path."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._patterns: list[tuple[re.Pattern[str], dict[str, Operation]]] = []
        by_template: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_template.setdefault(operation.template, {})[operation.method] = operation
        # Fewer places first: /chats/{chatId}/members/me is not a member called "me".
        for template in sorted(by_template, key=lambda t: t.count("{")):
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
            self._patterns.append((re.compile(pattern), by_template[template]))

    def find(self, method: str, path: str) -> Match | NoMatch:
        """The operation of a request."""
        allowed: tuple[str, ...] = ()
        # Client libraries by others put a slash at the end of some paths, and MAX takes them.
        path = path.removesuffix("/")
        for pattern, methods in self._patterns:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method in methods:
                return Match(methods[method], found.groupdict())
            allowed += tuple(methods)
        return NoMatch(allowed)

    def has(self, method: str, template: str) -> bool:
        """Whether there is such an operation, whatever the template's places are called."""
        wanted = normalised(template)
        return any(
            operation.method == method and normalised(operation.template) == wanted
            for _, methods in self._patterns
            for operation in methods.values()
        )
