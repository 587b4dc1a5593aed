"""The kinds of member that events are made of, each with its rule.

Every type is strict: no text for a number, no ``1.5`` or ``true`` for an integer, no number
for a time. Errors carry the rule only; the offending value stays out of them, since reasons
end up in logs and values may be names.
"""

import functools
import importlib.resources
import re
from datetime import UTC, date, datetime
from typing import Annotated, Final, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from schemas.whole import EXACT, whole

ID_PATTERN: Final = r"^[A-Za-z0-9._:-]{1,64}$"
LONG_ID_PATTERN: Final = r"^[A-Za-z0-9._:-]{1,128}$"
INSTANT_PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)
DAY_PATTERN: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
NO_NUL_PATTERN: Final = r"^[^\u0000]*$"

TEXT_LIMIT: Final = 10_000
"""Code points in a name, a topic, an order's number; nothing real comes near."""

SOURCE_LIMIT: Final = 2_048
"""Characters in a ``source``."""

RULES: Final = {
    ID_PATTERN: "must be 1-64 characters of A-Z a-z 0-9 . _ : -",
    LONG_ID_PATTERN: "must be 1-128 characters of A-Z a-z 0-9 . _ : -",
}
"""What to say instead of a pattern."""

T = TypeVar("T")

_INSTANT = re.compile(INSTANT_PATTERN[1:-1])
_DAY = re.compile(DAY_PATTERN[1:-1])

_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_AUTHORITY = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@\[\]-]|%[0-9A-Fa-f]{2})*"
_TAIL = rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
_WITH_SCHEME = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/?(?:{_PCHAR}+(?:/{_PCHAR}*)*)?)"
    rf"{_TAIL}"
)
_RELATIVE = re.compile(
    rf"(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
    rf"|(?!:)(?:(?!:){_PCHAR})+(?:/{_PCHAR}*)*|){_TAIL}"
)


def parse_instant(value: object) -> datetime:
    """An aware UTC instant, cut to microseconds, from RFC 3339 text or an aware datetime.

    A leap second and an instant outside the years 1-9999 of UTC cannot be kept as an
    instant and are refused.
    """
    if isinstance(value, str):
        if _INSTANT.fullmatch(value) is None:
            raise PydanticCustomError("instant", "must be an RFC 3339 time with a zone")
        try:
            instant = datetime.fromisoformat(value.upper())
        except ValueError:
            raise PydanticCustomError("instant", "must be a time that exists") from None
    elif isinstance(value, datetime):
        instant = value
    else:
        raise PydanticCustomError("instant", "must be an RFC 3339 time with a zone")
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise PydanticCustomError("instant", "must have a zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant", "must be within the years 1-9999 of UTC") from None


def parse_day(value: object) -> date:
    """A calendar date from ``YYYY-MM-DD`` or a date that is not a datetime."""
    if isinstance(value, str):
        if _DAY.fullmatch(value) is None:
            raise PydanticCustomError("day", "must be a date as YYYY-MM-DD")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("day", "must be a date that exists") from None
    if type(value) is date:
        return value
    raise PydanticCustomError("day", "must be a date as YYYY-MM-DD")


def write_instant(instant: datetime) -> str:
    """RFC 3339 in UTC, with microseconds only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@functools.cache
def time_zones() -> frozenset[str]:
    """The IANA names, from the pinned ``tzdata`` package, so every machine agrees."""
    names = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="ascii")
    return frozenset(names.split())


def _known_zone(name: str) -> str:
    if name not in time_zones():
        raise PydanticCustomError("timezone", "must be an IANA time zone")
    return name


@functools.lru_cache(maxsize=1024)
def _is_uri_reference(text: str) -> bool:
    return bool(_WITH_SCHEME.fullmatch(text) or _RELATIVE.fullmatch(text))


def _uri_reference(text: str) -> str:
    if not _is_uri_reference(text):
        raise PydanticCustomError("uri_reference", "must be a URI reference")
    return text


def folded(items: tuple[T, ...]) -> tuple[T, ...]:
    """The items without repetitions, in their order."""
    return tuple(dict.fromkeys(items))


Id = Annotated[str, Field(strict=True, pattern=ID_PATTERN)]
LongId = Annotated[str, Field(strict=True, pattern=LONG_ID_PATTERN)]
Text = Annotated[
    str,
    Field(strict=True, max_length=TEXT_LIMIT, json_schema_extra={"pattern": NO_NUL_PATTERN}),
]
Version = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=EXACT,
        description="Of several events about one entity the highest version counts.",
    ),
    BeforeValidator(whole),
]
MaxUserId = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1), BeforeValidator(whole)]
Instant = Annotated[
    datetime,
    PlainValidator(parse_instant),
    PlainSerializer(write_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}),
]
Day = Annotated[
    date,
    PlainValidator(parse_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN}),
]
TimeZone = Annotated[
    str,
    Field(strict=True, description="A name of the IANA time zone database."),
    AfterValidator(_known_zone),
]
UriReference = Annotated[
    str,
    Field(
        strict=True,
        min_length=1,
        max_length=SOURCE_LIMIT,
        json_schema_extra={"format": "uri-reference"},
    ),
    AfterValidator(_uri_reference),
]
Ids = Annotated[tuple[Id, ...], AfterValidator(folded)]
"""A set of ids: a repeated one counts once, the order is that of the event."""
