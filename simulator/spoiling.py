"""What faults put in place of an answer, or make of one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from simulator.faults import Fault, FaultKind
from simulator.wire import (
    Answer,
    ApiError,
    Drop,
    JsonObject,
    JsonValue,
    error_answer,
)

_PAGE = """<!DOCTYPE html>
<html lang="ru"><head><title>Технические работы</title></head>
<body><h1>Сервис временно недоступен</h1></body></html>
"""

_CODES = {
    400: "proto.payload",
    401: "verify.token",
    403: "chat.denied",
    404: "not.found",
    405: "method.not.allowed",
    410: "chat.deleted",
    429: "too.many.requests",
    503: "service.unavailable",
}

_COUNT = "participants_count"

INSTEAD = frozenset(
    {
        FaultKind.STATUS,
        FaultKind.DROP,
        FaultKind.HTML,
        FaultKind.SUCCESS_FALSE,
    }
)
"""The faults that strike in place of the effect."""


def after(fault: Fault, answer: Answer) -> Answer | Drop:  # noqa: PLR0911 # one return a kind, checked to be all
    """What goes out for an answer that was right (for ``INSTEAD`` it is not looked at)."""
    match fault.kind:
        case FaultKind.DROP | FaultKind.DROP_AFTER_EFFECT:
            return Drop()
        case FaultKind.STATUS | FaultKind.STATUS_AFTER_EFFECT:
            code = fault.code or _CODES.get(fault.status, "internal.error")
            return error_answer(
                ApiError(fault.status, code, "a fault was asked for", fault.headers)
            )
        case FaultKind.HTML:
            content = "text/html; charset=utf-8"
            return Answer(_PAGE.encode(), fault.status, content, fault.headers)
        case FaultKind.SUCCESS_FALSE:
            said: JsonObject = {"success": False, "message": "the request was not processed"}
            return Answer(said | ({"code": fault.code} if fault.code else {}))
        case FaultKind.TRUNCATED:
            whole = b"".join(answer.encoded())
            return replace(answer, body=whole[: len(whole) // 2])
        case FaultKind.CYCLIC_MARKER:
            return _with(answer, "members", "marker", 1)
        case FaultKind.NULL_FAILED_IDS:
            return _with(answer, "failed_user_ids", "failed_user_ids", None)
        case FaultKind.MISCOUNT:
            counted = answer.body.get(_COUNT) if isinstance(answer.body, Mapping) else None
            more = counted + 1 if isinstance(counted, int) else counted
            return _with(answer, _COUNT, _COUNT, more)
        case (
            FaultKind.SLOW
            | FaultKind.SLOW_AFTER_EFFECT
            | FaultKind.PARTIAL
            | FaultKind.STALE_READ
            | FaultKind.IGNORED
        ):
            return answer
        case _:
            assert_never(fault.kind)


def _with(answer: Answer, having: str, name: str, value: JsonValue) -> Answer:
    """The answer with another value for a member, if its body has the member ``having``."""
    if not isinstance(answer.body, Mapping) or having not in answer.body:
        return answer
    return replace(answer, body={**answer.body, name: value})
