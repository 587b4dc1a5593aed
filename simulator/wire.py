"""HTTP as the simulator's handlers see it: JSON in, JSON out, and an error that is an answer.

Errors have MAX's shape, ``{"code", "message"}``. What another language's JSON parser would
refuse in a body is refused here.
"""

import json
from collections.abc import Mapping, Sequence

import jiter
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

INVALID = "proto.payload"
"""The error code for whatever the caller got wrong."""

_LONGEST_BODY = 1024 * 1024


class ApiError(Exception):
    """An answer that is an error; ``headers`` go out with it."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers


def invalid(message: str) -> ApiError:
    """The error for a request that cannot be understood or is out of bounds."""
    return ApiError(400, INVALID, message)


class Answer(JSONResponse):
    """A JSON object that goes back; ``content`` is for whoever makes another answer of it."""

    media_type = "application/json; charset=utf-8"

    def __init__(
        self, content: JsonObject, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, headers)
        self.content = content


def compact(value: JsonValue) -> bytes:
    """A JSON value in UTF-8, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def error_answer(error: ApiError) -> Answer:
    """The answer that an error is."""
    return Answer({"code": error.code, "message": str(error)}, error.status, error.headers)


async def whole_body(request: Request) -> bytes:
    """The body, read to its end; a longer one than is taken is a 400 ``ApiError``."""
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length <= _LONGEST_BODY:
            parts.append(part)
    if length > _LONGEST_BODY:
        raise invalid("the body is longer than 1 MiB")
    return b"".join(parts)


async def hung_up(receive: Receive) -> bool:
    """Return, with True, when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
    return True


def parse_object(body: bytes) -> JsonObject:
    """A JSON object from a body. Raises a 400 ``ApiError`` for anything else."""
    try:
        value = jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
        json.dumps(value, allow_nan=False)  # of 1e400 jiter makes infinity
    except ValueError as error:
        raise invalid("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise invalid("the body must be a JSON object")
    return value
