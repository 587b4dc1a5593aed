"""A call and the reply to it, as they go over the wire, and the models that replies are read by.

Guarantees: unknown members are ignored, a wrong type or an id that cannot be one is never
guessed at, and neither a reply's body nor what a parser says of it is ever printed.
"""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.call_classes import CallClass

_INT64 = 2**63 - 1

UserIdIn = Annotated[int, Field(gt=0, le=_INT64)]
ChatIdIn = Annotated[int, Field(ge=-_INT64 - 1, le=_INT64)]

Query = dict[str, str | int]
JsonValue = str | int | bool | list["JsonValue"] | dict[str, "JsonValue"] | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ready to send. ``changes`` says whether it could have an effect.

    ``kind`` is what it is limited with; ``shown`` is its path where that must not be told.
    """

    method: str
    path: str
    changes: bool
    query: Query = field(default_factory=dict)
    body: JsonValue = None
    kind: CallClass = CallClass.READ
    shown: str | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.shown or self.path}"


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
