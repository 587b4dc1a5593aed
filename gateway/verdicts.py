"""What an answer of the messenger means: the one place that turns HTTP into our errors.

Strict on what we use, blind to what we do not: unknown members are ignored, while a wrong
type, an id that cannot be one, HTML or half a JSON text are never guessed at. An unreadable
answer is ``BadAnswer`` to a read and ``OutcomeUnknown`` to a changing call.
"""

from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import (
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
    plain_words,
)

_INT64 = 2**63 - 1

UserIdIn = Annotated[int, Field(gt=0, le=_INT64)]
ChatIdIn = Annotated[int, Field(ge=-_INT64 - 1, le=_INT64)]

Query = dict[str, str | int]
JsonValue = str | int | bool | list["JsonValue"] | dict[str, "JsonValue"] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to send. ``changes`` says whether it could have an effect."""

    method: str
    path: str
    changes: bool
    query: Query = field(default_factory=dict)
    body: JsonValue = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """An answer that came in whole. Its body may hold names, so it has no repr."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the HTTP status is 2xx."""
        return 200 <= self.status <= 299


class Answer(BaseModel):
    """The base of every answer that we read."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class Success(Answer):
    """``SimpleQueryResult``: how a changing call without data is answered."""

    success: bool


class Problem(Answer):
    """The messenger's ``Error``, which also fits an answer of ``success: false``."""

    success: bool | None = None
    code: str | None = None
    message: str | None = None


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
    raise unbelievable(call, detail)


def read_success(call: Call, reply: Reply) -> None:
    """Return if the answer says ``success: true``; raise what it means otherwise."""
    doubt_if_unsuccessful(call, reply)
    read_answer(call, reply, Success)


def doubt_if_unsuccessful(call: Call, reply: Reply) -> None:
    """Raise ``OutcomeUnknown`` for a changing call's HTTP 200 with ``success: false``.

    The API says neither that it had no effect then (of several people it may have served
    some) nor that it would fail again; a refusal for good has a status of its own.
    """
    problem = problem_of(reply) if reply.is_success else None
    if problem is not None and problem.success is False:
        raise Unsuccessful(str(call), f"success: false, {plain_words(problem.message or '')}")


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
    said = problem_of(reply)
    problem = said or Problem()
    kind = {401: Unauthorized, 403: Forbidden, 404: NotFound, 410: Gone}.get(reply.status, Refused)
    if kind is Gone and said is None:
        # Not in the messenger's words: an address that is no more answers so too.
        kind = Refused
    if reply.status == 403 and problem.code == "verify.token":
        # The API description's own example of a wrong token is a 403 with this code.
        kind = Unauthorized
    return kind(str(call), reply.status, problem.code or "", problem.message or "")


def unanswered(call: Call, detail: str, retry_after: float | None = None) -> GatewayError:
    """No usable answer to a call that was sent: for a changing one anything may be true."""
    if call.changes:
        return OutcomeUnknown(str(call), detail)
    return Unavailable(str(call), detail, retry_after)


def unbelievable(call: Call, detail: str) -> GatewayError:
    """A success that cannot be read."""
    return OutcomeUnknown(str(call), detail) if call.changes else BadAnswer(str(call), detail)


__all__ = [
    "A",
    "Answer",
    "Call",
    "ChatIdIn",
    "JsonValue",
    "Problem",
    "Query",
    "Reply",
    "Success",
    "UserIdIn",
    "doubt_if_unsuccessful",
    "error_of",
    "problem_of",
    "read_answer",
    "read_success",
    "unanswered",
    "unbelievable",
]
