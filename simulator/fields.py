"""Strict reading of a request's parts: body fields, query values, path segments.

Every function returns a checked value or raises a 400 ``ApiError`` naming the field.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from simulator.wire import JsonObject, JsonValue, invalid

MAX_INT = 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def integer(text: str, name: str, least: int = -MAX_INT - 1, most: int = MAX_INT) -> int:
    """A decimal integer in a path or a query."""
    if not _INTEGER.fullmatch(text) or not least <= int(text) <= most:
        raise invalid(f"{name} must be an integer from {least} to {most}")
    return int(text)


def query_integer(
    query: Mapping[str, Sequence[str]], name: str, default: int | None, least: int, most: int
) -> int | None:
    """An optional integer of the query; given twice, the last one counts."""
    values = query.get(name)
    return integer(values[-1], name, least, most) if values else default


def query_list(query: Mapping[str, Sequence[str]], name: str) -> list[str] | None:
    """An optional list of the query, by commas or by repetition; None if it is not there."""
    values = query.get(name)
    if values is None:
        return None
    return [item for value in values for item in value.split(",")]


def account(value: JsonValue, name: str) -> int:
    """An account's id: a positive 64-bit integer."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_INT:
        raise invalid(f"{name} must be a positive integer")
    return value


def accounts(body: JsonObject, name: str, least: int, most: int) -> list[int]:
    """A list of different accounts; an absent one counts as empty where ``least`` is 0."""
    value = body.get(name, [])
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise invalid(f"{name} must be a list of account ids")
    if not least <= len(value) <= most:
        raise invalid(f"{name} must hold from {least} to {most} ids")
    found = [account(item, name) for item in value]
    if len(set(found)) != len(found):
        raise invalid(f"{name} must not repeat an id")
    return found


def text(body: JsonObject, name: str, least: int, most: int) -> str:
    """A text of so many code points, without NUL and lone surrogates."""
    value = body.get(name)
    if not isinstance(value, str) or not least <= len(value) <= most:
        raise invalid(f"{name} must be a string of {least} to {most} characters")
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise invalid(f"{name} must be valid text")
    return value


def optional_text(body: JsonObject, name: str, least: int, most: int) -> str | None:
    """As ``text``, None where it is absent or null."""
    return None if body.get(name) is None else text(body, name, least, most)


def texts(body: JsonObject, name: str) -> tuple[str, ...] | None:
    """An optional list of texts."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise invalid(f"{name} must be a list of strings")
    return tuple(text({name: item}, name, 1, 256) for item in value)


def boolean(body: JsonObject, name: str) -> bool | None:
    """An optional boolean."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(f"{name} must be true or false")
    return value


def number(body: JsonObject, name: str, default: float, most: float) -> float:
    """An optional number from 0 to ``most``."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise invalid(f"{name} must be a number from 0 to {most:g}")
    return float(value)


def moment(body: JsonObject, name: str) -> str:
    """A time in RFC 3339 with a zone, as it was written."""
    value = text(body, name, 1, 40)
    try:
        zone = datetime.fromisoformat(value).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise invalid(f"{name} must be a time with a zone (RFC 3339)")
    return value
