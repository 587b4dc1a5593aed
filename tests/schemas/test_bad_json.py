"""What is no JSON of ours is refused, each fault by its own name."""

import pytest

from schemas.decode import VALUE_LIMIT, Decoded
from tests.schemas.builders import PERSON, as_json, event, read_text, reason, with_members

GOOD = as_json(event(PERSON))


def put(text: bytes) -> bytes:
    """The good event with one more member, unknown to the contract."""
    return GOOD[:-1] + b"," + text + b"}"


def put_in_data(text: bytes) -> bytes:
    """The good event with one more member in its data, unknown to the contract."""
    return GOOD[:-2] + b"," + text + b"}}"


def test_the_examples_are_built_around_a_good_event() -> None:
    assert isinstance(read_text(put(b'"more":1')), Decoded)
    assert isinstance(read_text(put_in_data(b'"more":1')), Decoded)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"", "value: is cut short", id="empty"),
        pytest.param(b"null", "value: must be a JSON object", id="the JSON null"),
        pytest.param(b"[]", "value: must be a JSON object", id="a list"),
        pytest.param(b"{}", "type: is required", id="an empty object"),
        pytest.param(GOOD[:-1], "value: is cut short", id="truncated"),
        pytest.param(GOOD[: len(GOOD) // 2], "value: is cut short", id="truncated in the middle"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, "value: has a byte order mark", id="BOM"),
        pytest.param(GOOD + GOOD, "value: goes on after its end", id="two values"),
        pytest.param(GOOD.decode().encode("utf-16"), "value: is not JSON", id="UTF-16"),
        pytest.param(GOOD.decode().encode("cp1251"), "value: is not UTF-8", id="Windows code page"),
        pytest.param(put(b'"id":"e-1"'), "value: has a duplicate key", id="duplicate key"),
        pytest.param(
            put_in_data(b'"\\u0073ex":"male"'),
            "value: has a duplicate key",
            id="duplicate key, once escaped",
        ),
        pytest.param(
            put(b'"x":{"\xd0\x81":1,"\xd0\x81":1}'),
            "value: has a duplicate key",
            id="duplicate key in an unknown member",
        ),
        pytest.param(put(b'"x":NaN'), "value: is not JSON", id="NaN"),
        pytest.param(put(b'"x":-Infinity'), "value: is not JSON", id="-Infinity"),
        pytest.param(put(b'"x":01'), "value: is not JSON", id="leading zero"),
        pytest.param(put(b"'x':1"), "value: is not JSON", id="single quotes"),
        pytest.param(
            put(b'"x":' + b"[" * 10_000 + b"]" * 10_000),
            "value: is nested too deep",
            id="lists 10,000 deep",
        ),
        pytest.param(
            put(b'"x":' + b'{"x":' * 10_000 + b"1" + b"}" * 10_000),
            "value: is nested too deep",
            id="objects 10,000 deep",
        ),
        pytest.param(
            put(b'"x":"\\ud800"'), "value: has a lone surrogate", id="lone high surrogate"
        ),
        pytest.param(put(b'"x":"\\udc00"'), "value: has a lone surrogate", id="lone low surrogate"),
        pytest.param(
            put(b'"x":"\\ud800\\ud800"'), "value: has a lone surrogate", id="two high surrogates"
        ),
        pytest.param(
            put(b'"x":"\xed\xa0\x80"'), "value: is not UTF-8", id="surrogate encoded as UTF-8"
        ),
        pytest.param(put(b'"x":"\xc0\x80"'), "value: is not UTF-8", id="NUL encoded too long"),
        pytest.param(put(b'"x":"\0"'), "value: is not JSON", id="raw NUL"),
        pytest.param(put(b'"x":"a\r\nb"'), "value: is not JSON", id="raw CR LF in a string"),
        pytest.param(
            put(b'"x":"a\\u0000"'), "a member unknown here has a NUL", id="NUL, unknown member"
        ),
        pytest.param(
            put(b'"x":{"\\u0000":1}'), "a member unknown here has a NUL", id="NUL in a key"
        ),
        pytest.param(
            put_in_data(b'"x":[["\\u0000"]]'),
            "a member unknown here has a NUL",
            id="NUL, unknown member of data",
        ),
        pytest.param(as_json(event(PERSON, id="\0")), "id: has a NUL", id="NUL in the event's id"),
        pytest.param(
            as_json(with_members(PERSON, surname="Ив\0анов")),
            "data.surname: has a NUL",
            id="NUL in a name",
        ),
        pytest.param(
            put(b'"x":"' + b"a" * (VALUE_LIMIT + 1 - len(put(b'"x":""'))) + b'"'),
            "value: must be at most 1048576 bytes",
            id="1 MiB and one byte",
        ),
    ],
)
def test_what_is_no_json_of_ours_is_refused(value: bytes, expected: str) -> None:
    assert reason(read_text(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(put(b'"x":"' + b"a" * (VALUE_LIMIT - len(put(b'"x":""'))) + b'"'), id="1 MiB"),
        pytest.param(put(b'"x":1e400'), id="1e400 in a member that nobody reads"),
        pytest.param(put(b'"x":' + b"9" * 400), id="a long integer in a member nobody reads"),
        pytest.param(put(b'"x":"\\\\u0000"'), id="a backslash before u0000 is no NUL"),
        pytest.param(put(b'"x":"\\ud83d\\ude00"'), id="a surrogate pair"),
        pytest.param(put(b'"x":' + b"[" * 150 + b"]" * 150), id="150 deep"),
        pytest.param(b" \r\n\t" + GOOD + b"\n", id="white space around"),
    ],
)
def test_unusual_json_is_accepted(value: bytes) -> None:
    assert isinstance(read_text(value), Decoded)


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 400, b"1.5", b"1e-1", b"true"])
def test_an_odd_number_is_no_version(number: bytes) -> None:
    value = GOOD.replace(b'"version": 9007199254740991', b'"version": ' + number)
    assert value != GOOD
    assert reason(read_text(value)).startswith("data.version: must be ")
