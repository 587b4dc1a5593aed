"""What faults put in place of an answer, or make of one."""

from typing import assert_never

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from simulator.faults import FaultKind, FaultSpec
from simulator.listener import ABORT
from simulator.wire import Answer, ApiError, JsonObject, JsonValue, error_answer, hung_up

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


class Drop(Response):
    """No answer: the connection is cut, which is more than ASGI can say (see ``listener``)."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Cut it, and see it cut."""
        scope["extensions"][ABORT]()
        await hung_up(receive)


def after(fault: FaultSpec, answer: Response) -> Response:  # noqa: PLR0911 # one return a kind, checked to be all
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
            return HTMLResponse(_PAGE, fault.status, fault.headers)
        case FaultKind.SUCCESS_FALSE:
            said: JsonObject = {"success": False, "message": "the request was not processed"}
            return Answer(said | ({"code": fault.code} if fault.code else {}))
        case FaultKind.TRUNCATED:
            half = answer.body[: len(answer.body) // 2]
            return Response(half, answer.status_code, media_type=answer.media_type)
        case FaultKind.CYCLIC_MARKER:
            return _with(answer, "members", marker=1)
        case FaultKind.NULL_FAILED_IDS:
            return _with(answer, "failed_user_ids", failed_user_ids=None)
        case FaultKind.MISCOUNT:
            counted = answer.content.get(_COUNT) if isinstance(answer, Answer) else None
            more = counted + 1 if isinstance(counted, int) else counted
            return _with(answer, _COUNT, participants_count=more)
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


def _with(answer: Response, having: str, **other: JsonValue) -> Response:
    """The answer with another value for a member, if its body has the member ``having``."""
    if not isinstance(answer, Answer) or having not in answer.content:
        return answer
    return Answer(answer.content | other, answer.status_code)
