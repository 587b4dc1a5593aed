"""From a Kafka record to an event of the catalogue, or to the reason why it is none.

Both CloudEvents bindings are read: binary where a header ``ce_specversion`` is present,
else structured. ``decode`` is a pure function that raises nothing, whatever the bytes: one
record's fault is never its neighbours'. It is on the hot path of ingest, so the JSON goes
through jiter and the whole envelope through one call of pydantic-core.
"""

from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic

import jiter
from pydantic_core import ValidationError

from schemas.data import D_co, EventData
from schemas.envelope import ATTRIBUTES
from schemas.events import REGISTER, Catalogue, RegisterData
from schemas.reasons import reason_of

VALUE_LIMIT: Final = 1_048_576
"""Bytes in a record's value."""

TOO_LARGE: Final = f"value: must be at most {VALUE_LIMIT} bytes"

Headers = Sequence[tuple[str, bytes | None]]

_PREFIX: Final = "ce_"
_BINARY: Final = "ce_specversion"
_OF_ATTRIBUTES: Final = {_PREFIX + name: name for name in ATTRIBUTES - {"datacontenttype"}}

_JSON_FAULTS: Final = {
    "Detected duplicate key": "has a duplicate key",
    "recursion limit exceeded": "is nested too deep",
    "EOF while parsing": "is cut short",
    "invalid unicode code point": "is not UTF-8",
    "lone leading surrogate": "has a lone surrogate",
    "unexpected end of hex escape": "has a lone surrogate",
    "trailing characters": "goes on after its end",
}
"""How jiter's messages begin, and what we say instead: they quote the sender's text."""


@dataclass(frozen=True, slots=True)
class Decoded(Generic[D_co]):
    """An event that fits the contract.

    ``time`` is an aware UTC instant cut to microseconds. The ids in ``data`` are the
    identity; where the subject or the key says something else, that is only counted.
    """

    type: str
    source: str
    id: str
    time: datetime
    data: D_co
    subject_differs: bool
    key_differs: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not an event of the contract. ``reason`` names field and rule, never a value."""

    reason: str


class _BadRecord(Exception):
    """Carries the reason from where it is found to ``decode``."""


def decode(
    headers: Headers, key: bytes | None, value: bytes | None
) -> Decoded[RegisterData] | Rejected:
    """The register event in a record, or why there is none."""
    return decode_as(REGISTER, headers, key, value)


def decode_as(
    types: Catalogue[D_co], headers: Headers, key: bytes | None, value: bytes | None
) -> Decoded[D_co] | Rejected:
    """The event in a record, if it is of one of ``types``, or why it is not."""
    try:
        raw = _event(headers, value)
        name = raw.get("type")
        event = types.get(name) if isinstance(name, str) else None
        if event is None:
            return Rejected(_type_fault(name))
        envelope = event.read(raw)
        if value is not None and b"\\u0000" in value:
            _refuse_nul(raw, envelope.data)
    except _BadRecord as bad:
        return Rejected(str(bad))
    except ValidationError as error:
        return Rejected(reason_of(error))
    data = envelope.data
    entity_id = data.entity_id()
    return Decoded(
        event.name,
        envelope.source,
        envelope.id,
        envelope.time,
        data,
        envelope.subject != entity_id,
        key is None or key != entity_id.encode(),
    )


def _type_fault(name: object) -> str:
    if name is None:
        return "type: is required"
    return (
        "type: is not a type of this contract"
        if isinstance(name, str)
        else ("type: must be a string")
    )


def _event(headers: Headers, value: bytes | None) -> dict[str, object]:
    """The whole event as the JSON's Python value, from either binding."""
    if value is None:
        raise _BadRecord("value: is required")
    if len(value) > VALUE_LIMIT:
        raise _BadRecord(TOO_LARGE)
    for name, _ in headers:
        if name == _BINARY:
            event = _attributes(headers)
            event["data"] = _json(value)
            break
    else:
        parsed = _json(value)
        if not isinstance(parsed, dict):
            raise _BadRecord("value: must be a JSON object")
        event = parsed
    return event


def _json(value: bytes) -> object:
    try:
        parsed: object = jiter.from_json(
            value,
            allow_inf_nan=False,
            catch_duplicate_keys=True,
            cache_mode="keys",
            float_mode="lossless-float",  # as it is written: see schemas.whole
        )
    except ValueError as error:
        message = str(error)
        for start, fault in _JSON_FAULTS.items():
            if message.startswith(start):
                raise _BadRecord(f"value: {fault}") from None
        if value.startswith(BOM_UTF8):
            raise _BadRecord("value: has a byte order mark") from None
        raise _BadRecord("value: is not JSON") from None
    return parsed


def _attributes(headers: Headers) -> dict[str, object]:
    """The attributes in the ``ce_`` headers; other headers may hold whatever they like."""
    attributes: dict[str, object] = {}
    for header, content in headers:
        name = _OF_ATTRIBUTES.get(header)
        if name is None:
            continue
        if name in attributes:
            raise _BadRecord(f"{header}: must not be repeated")
        try:
            text = None if content is None else content.decode()
        except UnicodeDecodeError:
            raise _BadRecord(f"{header}: is not UTF-8") from None
        if text is not None and "\0" in text:
            raise _BadRecord(f"{header}: has a NUL")
        attributes[name] = text
    return attributes


def _refuse_nul(event: dict[str, object], data: EventData) -> None:
    """Refuses a NUL in any string; a backslash of its own before ``u0000`` makes none."""
    members = event.get("data")
    if isinstance(members, dict):
        for name in type(data).model_fields:
            if _has_nul(members.get(name)):
                raise _BadRecord(f"data.{name}: has a NUL")
    for name in ATTRIBUTES:
        if _has_nul(event.get(name)):
            raise _BadRecord(f"{name}: has a NUL")
    if _has_nul(event):
        raise _BadRecord("a member unknown here has a NUL")


def _has_nul(value: object) -> bool:
    """The nesting is bounded by jiter."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list):
        return any(map(_has_nul, value))
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return False
