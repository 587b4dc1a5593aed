"""What an answer of the messenger means: the one place that turns HTTP into our errors.

Strict on what we use, blind to what we do not (``gateway.replies``): HTML or half a JSON text
is never guessed at. An unreadable answer is ``BadAnswer`` to a read and ``OutcomeUnknown`` to a
changing call.

A refusal is believed only in the messenger's own words. Its code decides, under an error's
status and under HTTP 200 with ``success: false`` alike; where nobody knows the code, the status
does, if it is one that the API documents. What else says no, a proxy's page among it, is a
passing trouble.
"""

import re
from typing import Final, TypeVar

from pydantic import ValidationError

from gateway.errors import (
    Answered,
    BadAnswer,
    Forbidden,
    GatewayError,
    Gone,
    NotFound,
    OutcomeUnknown,
    Refused,
    Unauthorized,
    Unavailable,
    Unsuccessful,
    plain_code,
    plain_words,
)
from gateway.replies import Answer, Call, Problem, Reply, Success

TOO_MANY: Final = "too.many.requests"

_BY_CODE: Final[dict[str, type[Answered]]] = {
    "verify.token": Unauthorized,
    "access.denied": Forbidden,
    "chat.denied": Forbidden,
    "chat.not.found": NotFound,
    "chat.deleted": Gone,
    "chat.full": Refused,
    "proto.payload": Refused,
}
"""What the codes mean that were seen, or that our partner contract has."""

_BY_STATUS: Final[dict[int, type[Answered]]] = {
    400: Refused,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Refused,
    410: Gone,
}
"""What the documented statuses mean under a code that nobody knows."""

_PASSING: Final = frozenset({"service.unavailable", "internal.error", "attachment.not.ready"})
"""Codes that speak of this moment only."""

_CALLS_A_SECOND = re.compile(
    r"(?<![0-9.,])([0-9]{1,6}) *(?:calls?|requests?) *(?:per|/|a) *(?:1 *)?s(?:ec(?:onds?)?)?\b"
)

A = TypeVar("A", bound=Answer)


def read_answer(call: Call, reply: Reply, model: type[A]) -> A:
    """The answer as ``model``. Raises what the reply means if it is no readable success."""
    if not reply.is_success:
        raise error_of(call, reply)
    try:
        return model.model_validate_json(reply.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "body"
        detail = f"{reply.status} with {first['type']} at {where}"
    # Raised here and not above, so that the parser's error and its input are not chained.
    problem = problem_of(reply)
    if problem is not None and problem.success is False and problem.code:
        raise unsuccessful(call, problem)
    raise unbelievable(call, detail)


def read_success(call: Call, reply: Reply) -> None:
    """Return if the answer says ``success: true``; raise what it means otherwise."""
    doubt_if_unsuccessful(call, reply)
    read_answer(call, reply, Success)


def doubt_if_unsuccessful(call: Call, reply: Reply) -> None:
    """Raise what a changing call's HTTP 200 with ``success: false`` means.

    Its code decides, as under an error's status. Without one it is ``Unsuccessful``: the API
    says neither that it had no effect then (of several people it may have served some) nor
    that it would fail again.
    """
    problem = problem_of(reply) if reply.is_success else None
    if problem is not None and problem.success is False:
        raise unsuccessful(call, problem)


def unsuccessful(call: Call, problem: Problem) -> GatewayError:
    """What ``success: false`` under HTTP 200 means."""
    if not problem.code:
        return Unsuccessful(str(call), f"success: false, {plain_words(problem.message or '')}")
    if problem.code in _PASSING:
        said = f"success: false, {plain_code(problem.code)}"
        return unanswered(call, said, answered=True)
    kind = _BY_CODE.get(problem.code, Refused)
    return kind(str(call), 200, problem.code, problem.message or "")


def problem_of(reply: Reply) -> Problem | None:
    """The messenger's own words of an error; None where the answer is not its own."""
    try:
        problem = Problem.model_validate_json(reply.body)
    except ValidationError:
        return None
    return problem if problem.code or problem.message or problem.success is False else None


def error_of(call: Call, reply: Reply) -> GatewayError:
    """The error that a reply outside 2xx stands for."""
    if reply.status < 400:
        return unbelievable(call, f"status {reply.status}")
    problem = problem_of(reply)
    code = "" if problem is None else problem.code or ""
    kind = _BY_CODE.get(code) or _BY_STATUS.get(reply.status)
    if problem is None or kind is None or code in _PASSING:
        # Not the messenger's words, or none that anybody knows: it may be anything on the way.
        said = "not in the messenger's words" if problem is None else plain_code(code)
        return unanswered(call, f"status {reply.status}, {said}", answered=True)
    return kind(str(call), reply.status, code, problem.message or "")


def is_too_many(reply: Reply) -> bool:
    """Whether the limit of calls was met, under whichever status."""
    if reply.status == 429:
        return True
    problem = problem_of(reply)
    return problem is not None and problem.code == TOO_MANY


def limit_told(reply: Reply) -> int | None:
    """The calls a second that the messenger says it takes; None where it gives no number."""
    problem = problem_of(reply)
    found = _CALLS_A_SECOND.search(((problem and problem.message) or "")[:1000].lower())
    return max(1, int(found[1])) if found else None


def unanswered(
    call: Call, detail: str, retry_after: float | None = None, *, answered: bool = False
) -> GatewayError:
    """No usable answer to a call that was sent: for a changing one anything may be true.

    ``answered``: there was one, if of no use.
    """
    if call.changes:
        return OutcomeUnknown(str(call), detail, answered=answered)
    return Unavailable(str(call), detail, retry_after)


def unbelievable(call: Call, detail: str) -> GatewayError:
    """A success that cannot be read."""
    if call.changes:
        return OutcomeUnknown(str(call), detail, answered=True)
    return BadAnswer(str(call), detail)
