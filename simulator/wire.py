"""HTTP as the simulator's handlers see it: a request, an answer, and an error that is one.

Errors have MAX's shape, ``{"code", "message"}``. Bodies are read more strictly than Python's
``json`` does by default: what another language's parser would refuse is refused here.
"""

import json
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

INVALID = "proto.payload"
"""The error code for whatever the caller got wrong."""


class ApiError(Exception):
    """An answer that is an error; ``headers`` go out with it."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def invalid(message: str) -> ApiError:
    """The error for a request that cannot be understood or is out of bounds."""
    return ApiError(400, INVALID, message)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its body read to the end.

    ``gone`` returns, with True, when the client has hung up.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    gone: Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Chunks:
    """A body too long to be built at once."""

    parts: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON value, or bytes as they are, or a stream of them.

    ``changed`` tells the statistics whether a changing call had an effect.
    """

    body: JsonValue | bytes | Chunks
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False

    def encoded(self) -> Iterable[bytes]:
        """The body as it goes over the wire, in one part or several."""
        if isinstance(self.body, Chunks):
            return self.body.parts
        if isinstance(self.body, bytes):
            return (self.body,)
        return (compact(self.body),)


def compact(value: JsonValue) -> bytes:
    """A JSON value in UTF-8, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Drop:
    """No answer: the connection is to be cut."""


def error_answer(error: ApiError) -> Answer:
    """The answer that an error is."""
    body = {"code": error.code, "message": error.message}
    return Answer(body, status=error.status, headers=error.headers)


def parse_query(raw: bytes) -> dict[str, list[str]]:
    """The query string's values by name, empty ones left out."""
    return parse_qs(raw.decode("latin-1"), errors="replace")


def parse_object(body: bytes) -> JsonObject:
    """A JSON object from a body. Raises a 400 ``ApiError`` for anything else."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_no_doubles,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise invalid("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise invalid("the body must be a JSON object")
    return value


def _no_doubles(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is out of range")
    return number
