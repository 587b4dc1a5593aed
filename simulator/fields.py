"""Strict reading of a request's parts: the types of body fields, query values, path segments.

A body is a pydantic model made of these types. Whatever cannot be read is a 400 ``ApiError``
naming the field.
"""

import re
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from simulator.wire import JsonObject, invalid

MAX_INT = 2**63 - 1
MAX_IDS = 100
"""How many ids one call may carry, and how many members one page."""
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


class Body(BaseModel):
    """A request's body; members that nobody asks for are read over."""

    model_config = ConfigDict(strict=True, frozen=True)


_Body = TypeVar("_Body", bound=Body)


def read(model: type[_Body], body: JsonObject) -> _Body:
    """The body as the model has it. Raises a 400 ``ApiError`` that names the first bad field."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise invalid(f"{field}: {first['msg']}" if field else first["msg"]) from error


def _different(ids: list[int]) -> list[int]:
    if len(set(ids)) != len(ids):
        raise ValueError("an id must not be repeated")
    return ids


def _zoned(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time needs its zone (RFC 3339)")
    return text


Account = Annotated[int, Field(ge=1, le=MAX_INT)]
Accounts = Annotated[list[Account], AfterValidator(_different)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Title = Annotated[Text, Field(min_length=1, max_length=200)]
Texts = list[Annotated[Text, Field(min_length=1, max_length=256)]]
Moment = Annotated[Text, Field(max_length=40), AfterValidator(_zoned)]
"""A time in RFC 3339 with a zone, as it was written."""


def integer(text: str, name: str, least: int = -MAX_INT - 1, most: int = MAX_INT) -> int:
    """A decimal integer in a path or a query."""
    if not _INTEGER.fullmatch(text) or not least <= int(text) <= most:
        raise invalid(f"{name} must be an integer from {least} to {most}")
    return int(text)


def query_integer(
    query: QueryParams, name: str, default: int | None, least: int, most: int
) -> int | None:
    """An optional integer of the query; given twice, the last one counts."""
    values = query_values(query, name)
    return integer(values[-1], name, least, most) if values else default


def query_values(query: QueryParams, name: str) -> list[str]:
    """What the query says under a name; an empty value says nothing."""
    return [value for value in query.getlist(name) if value]


def query_list(query: QueryParams, name: str) -> list[str] | None:
    """An optional list of the query, by commas or by repetition; None if it is not there."""
    values = query_values(query, name)
    return ",".join(values).split(",") if values else None
