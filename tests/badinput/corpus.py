"""The bad input that arrived elsewhere, as data: what is refused, and what is only odd.

Every refused record holds ``SECRET`` wherever a name could stand, so that a test sees at
once if a reason, a log line or an error quotes what somebody sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Header = tuple[str, bytes]
Members = dict[str, Any]

SECRET = "Сокровенная"
LIMIT = 1_048_576

ODD_NAMES: Mapping[str, str] = {
    "Ё": "Ёлкина",
    "Е": "Елкина",
    "NFC": "\u0439",
    "NFD": "\u0438\u0306",
    "Latin look-alike": "10A",
    "Cyrillic look-alike": "10А",
    "right-to-left override": "\u202eвонавИ",
    "zero width": "Ива\u200bнов",
    "emoji": "👩‍🏫",
    "one character": "Я",
    "10,000 characters": "Ж" * 10_000,
    "apostrophe": "O'Нил",
    "Null": "Null",
    "HTML": "<img onerror=alert(1) src=x>",
    "formula": '=HYPERLINK("http://example.invalid")',
    "template": "{{7*7}}",
    "CR LF": "Иванов\r\nПетров",
    "ANSI escape": "\u001b[31mИванов\u001b[0m",
    "empty": "",
    "blank": " ",
}
"""Names that look like trouble and are names all the same."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that goes to quarantine, and how its reason begins."""

    name: str
    value: bytes | None
    reason: str
    headers: tuple[Header, ...] = ()

    @property
    def line(self) -> bytes | None:
        """The same as a line of a file; None where a file cannot hold it."""
        if self.value is None or self.headers or b"\n" in self.value or not self.value.strip():
            return None
        return self.value


def person(person_id: str, **members: object) -> Members:
    """What is known of a person."""
    return {
        "person_id": person_id,
        "version": 1,
        "surname": SECRET,
        "given_name": SECRET,
        "patronymic": SECRET,
        "birth_date": "2012-02-29",
        "sex": "female",
        "status": "active",
        **members,
    }


def event(kind: str, data: object, event_id: str, **attributes: object) -> Members:
    """A whole event; ``kind`` as in ``person.changed``."""
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/register",
        "type": f"sgo.{kind}.v1",
        "subject": "entity",
        "time": "2026-09-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": data,
        **attributes,
    }


def as_json(value: object) -> bytes:
    """As upstream writes it."""
    return json.dumps(value, ensure_ascii=False).encode()


def _bad(data: object, **attributes: object) -> bytes:
    return as_json(event("person.changed", data, "bad", **attributes))


def _order(**members: object) -> bytes:
    data = {
        "order_id": "o-bad",
        "order_number": SECRET,
        "ordered_at": "2026-08-28T12:00:00Z",
        "school_id": "s-1",
        "pupil_id": "p-bad",
        "class_id": "c-1",
        "effective_on": "2026-09-01",
    }
    return as_json(event("enrolment.ordered", {**data, **members}, "bad"))


def _lesson(**members: object) -> bytes:
    data = {
        "lesson_id": "l-bad",
        "school_id": "s-1",
        "group_id": "g-1",
        "version": 1,
        "topic": SECRET,
        "teacher_id": "p-bad",
        "starts_at": "2026-09-01T09:00:00Z",
        "ends_at": "2026-09-01T10:00:00Z",
        "status": "planned",
    }
    return as_json(event("lesson.changed", {**data, **members}, "bad"))


GOOD = _bad(person("p-bad"))
_VERSION = b'"version": 1'
_BINARY: tuple[Header, ...] = (
    ("ce_specversion", b"1.0"),
    ("ce_id", b"bad"),
    ("ce_source", b"/register"),
    ("ce_type", b"sgo.person.changed.v1"),
    ("ce_subject", b"p-bad"),
    ("ce_time", b"2026-09-01T00:00:00Z"),
)
DATA = as_json(person("p-bad"))


def _put(text: bytes) -> bytes:
    return GOOD[:-1] + b"," + text + b"}"


def _swapped(name: str, value: bytes) -> tuple[Header, ...]:
    return tuple((each, value if each == name else content) for each, content in _BINARY)


def _padded(size: int) -> bytes:
    return _put(b'"x":"' + b"a" * (size - len(_put(b'"x":""'))) + b'"')


REFUSED: tuple[Refused, ...] = (
    # JSON
    Refused("duplicate key", _put(b'"id":"again"'), "value: has a duplicate key"),
    Refused("NaN", _put(b'"x":NaN'), "value: is not JSON"),
    Refused("1e400", GOOD.replace(_VERSION, b'"version": 1e400'), "data.version: must be"),
    Refused("depth 10,000", _put(b'"x":' + b"[" * 10_000 + b"]" * 10_000), "value: is nested"),
    Refused("BOM", b"\xef\xbb\xbf" + GOOD, "value: has a byte order mark"),
    Refused("truncated", GOOD[:-20], "value: is cut short"),
    Refused("empty value", b"", "value: is cut short"),
    Refused("text", SECRET.encode(), "value: is not JSON"),
    Refused("not UTF-8", GOOD.decode().encode("cp1251"), "value: is not UTF-8"),
    Refused("null value", None, "value: is required"),
    Refused("the JSON null", b"null", "value: must be a JSON object"),
    Refused("a list", b"[" + GOOD + b"]", "value: must be a JSON object"),
    Refused("NUL", _bad(person("p-bad", surname=f"{SECRET}\0")), "data.surname: has a NUL"),
    Refused("lone surrogate", _put(b'"x":"\\ud800"'), "value: has a lone surrogate"),
    Refused("1 MiB and one byte", _padded(LIMIT + 1), "value: must be at most 1048576 bytes"),
    # Wrong types, values, ids
    Refused("null for a number", _bad(person("p-bad", version=None)), "data.version: must be"),
    Refused("text for a number", _bad(person("p-bad", version=SECRET)), "data.version: must be"),
    Refused("a list for a name", _bad(person("p-bad", surname=[SECRET])), "data.surname: must be"),
    Refused("10,001 characters", _bad(person("p-bad", surname="Ж" * 10_001)), "data.surname: must"),
    Refused("no surname", _bad({"person_id": "p-bad", "version": 1}), "data.surname: is required"),
    Refused("unknown enum", _bad(person("p-bad", sex=SECRET)), "data.sex: must be 'male'"),
    Refused("empty id", _bad(person("")), "data.person_id: must be 1-64 characters"),
    Refused("65 characters", _bad(person("x" * 65)), "data.person_id: must be 1-64 characters"),
    Refused("a name for an id", _bad(person(SECRET)), "data.person_id: must be 1-64 characters"),
    Refused("unknown type", _bad({}, type=f"sgo.{SECRET}.v1"), "type: is not a type"),
    Refused("no type", _bad(person("p-bad"), type=None), "type: is required"),
    Refused("data is text", _bad(SECRET), "data: must be an object"),
    Refused("data is null", _bad(None), "data: must be an object"),
    # Time
    Refused("no zone", _order(ordered_at="2026-08-28T12:00:00"), "data.ordered_at: must be"),
    Refused("29 February", _order(effective_on="2026-02-29"), "data.effective_on: must be a date"),
    Refused("year 10000", _order(effective_on="10000-01-01"), "data.effective_on: must be a date"),
    Refused(
        "end before start",
        _lesson(ends_at="2026-09-01T08:00:00Z"),
        "data: ends_at must be after starts_at",
    ),
    # Headers
    Refused(
        "a header that is not UTF-8",
        DATA,
        "ce_subject: is not UTF-8",
        _swapped("ce_subject", SECRET.encode("cp1251")),
    ),
    Refused(
        "a header twice",
        DATA,
        "ce_id: must not be repeated",
        (*_BINARY, ("ce_id", SECRET.encode())),
    ),
    Refused("binary, no JSON", SECRET.encode(), "value: is not JSON", _BINARY),
)
"""What is no event of the contract."""

UNUSUAL: Mapping[str, tuple[tuple[Header, ...], bytes | None, bytes]] = {
    "null key": ((), None, as_json(event("person.changed", person("p-null-key"), "u-1"))),
    "a foreign header that is not UTF-8": (
        (("x-trace", b"\xff\xfe"),),
        b"p-1",
        as_json(event("person.changed", person("p-header"), "u-2")),
    ),
    "binary": (_BINARY, b"p-1", as_json(person("p-binary"))),
    "unknown members": (
        (),
        b"p-1",
        as_json(event("person.changed", person("p-unknown", snils="1"), "u-3", x=1)),
    ),
    "null for absent": (
        (),
        b"p-1",
        as_json(event("person.changed", person("p-null", patronymic=None), "u-4")),
    ),
    "1970": (
        (),
        b"p-1",
        as_json(
            event("person.changed", person("p-1970", birth_date="1970-01-01"), "u-5")
            | {"time": "1970-01-01T00:00:00Z"}
        ),
    ),
    "9999": (
        (),
        b"p-1",
        as_json(
            event("person.changed", person("p-9999", birth_date="9999-12-31"), "u-6")
            | {"time": "9999-12-31T23:59:59Z"}
        ),
    ),
}
"""Unusual, and good: headers, key and value of persons whose ids begin with ``p-``."""
