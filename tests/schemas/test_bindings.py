"""Both CloudEvents bindings give the same event, and the envelope's own rules hold."""

from datetime import UTC, datetime

import pytest

from schemas.decode import Decoded, Rejected, decode, decode_as
from schemas.encode import PUBLISHED
from schemas.events import REGISTER
from tests.schemas.builders import (
    DATA,
    PERSON,
    Header,
    accepted,
    as_json,
    binary,
    event,
    read,
    reason,
)


def test_there_is_a_good_event_of_every_type() -> None:
    assert DATA.keys() == PUBLISHED.keys()


@pytest.mark.parametrize("type_name", DATA)
def test_every_type_is_read_alike_in_both_bindings(type_name: str) -> None:
    whole = event(type_name)
    structured = accepted(read(whole))
    headers, value = binary(whole)
    assert decode_as(PUBLISHED, headers, b"key", value) == structured
    assert type(structured.data) is PUBLISHED[type_name].model
    assert (structured.type, structured.source, structured.id) == (
        type_name,
        "/sgo/region-50",
        "e-1",
    )
    assert structured.time == datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("type_name", sorted(DATA.keys() - REGISTER.keys()))
def test_what_rollcall_publishes_is_not_taken_for_the_register(type_name: str) -> None:
    assert reason(decode((), b"k", as_json(event(type_name)))) == (
        "type: is not a type of this contract"
    )


def test_the_content_type_does_not_choose_the_binding() -> None:
    value = as_json(event(PERSON))
    odd: list[Header] = [("content-type", b"text/plain"), ("ce_type", b"\xff"), ("x", None)]
    assert isinstance(decode(odd, b"key", value), Decoded)


def test_the_key_and_the_subject_are_compared_and_not_used() -> None:
    def differing(key: bytes | None, subject: object) -> tuple[bool, bool]:
        outcome = decode((), key, as_json(event(PERSON, subject=subject)))
        assert isinstance(outcome, Decoded)
        return outcome.key_differs, outcome.subject_differs

    assert differing(b"p-1", "p-1") == (False, False)
    assert differing(b"p-2", "p-1") == (True, False)
    assert differing(None, None) == (True, True)
    assert differing(b"\xff", "") == (True, True)


@pytest.mark.parametrize(
    ("type_name", "entity_id"),
    [
        ("sgo.employment.changed.v1", "p-2:s-1"),
        ("sgo.guardianship.changed.v1", "p-3:p-1"),
        ("sgo.order.cancelled.v1", "o-1"),
        ("sgo.subject-group.changed.v1", "g-1"),
        ("rollcall.role.decided.v1", "class:s-1.9g"),
    ],
)
def test_the_entity_id_is_the_subject_of_the_contract(type_name: str, entity_id: str) -> None:
    assert accepted(read(event(type_name))).data.entity_id() == entity_id


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "data"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_required_attribute_must_be_there(name: str, how: str) -> None:
    whole = event(PERSON)
    if how == "null":
        whole[name] = None
    else:
        del whole[name]
    assert reason(read(whole)).startswith(f"{name}: ")


@pytest.mark.parametrize("name", ["subject", "datacontenttype"])
def test_an_attribute_that_is_not_used_may_be_absent_or_null(name: str) -> None:
    whole = event(PERSON)
    accepted(read({**whole, name: None}))
    del whole[name]
    accepted(read(whole))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"),
        ("specversion", 1.0),
        ("id", ""),
        ("id", "x" * 129),
        ("id", 7),
        ("source", ""),
        ("source", "два слова"),
        ("source", "a b"),
        ("source", "/a\n"),
        ("source", "1a:b"),
        ("source", "/" + "x" * 2048),
        ("type", 5),
        ("type", "sgo.person.changed.v2"),
        ("type", ["sgo.person.changed.v1"]),
        ("subject", 5),
        ("time", 1_788_000_000),
        ("time", "yesterday"),
        ("datacontenttype", "text/xml"),
        ("data", []),
        ("data", "{}"),
    ],
)
def test_a_bad_attribute_is_named(name: str, value: object) -> None:
    assert reason(read(event(PERSON, **{name: value}))).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "x" * 128),
        ("id", "Ё\u202e\u0001😀"),
        ("source", "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66"),
        ("source", "https://sgo.example/a?b=%20#c"),
        ("source", "sgo"),
        ("source", "#"),
        ("datacontenttype", "application/json; charset=utf-8"),
        ("datacontenttype", "application/vnd.sgo+JSON"),
        ("extension", {"deep": [1e300]}),
        ("data_base64", None),
    ],
)
def test_an_unusual_attribute_is_accepted(name: str, value: object) -> None:
    accepted(read(event(PERSON, **{name: value})))


@pytest.mark.parametrize(
    ("header", "content", "expected"),
    [
        ("ce_specversion", b"\xff", "ce_specversion: is not UTF-8"),
        ("ce_specversion", None, "specversion: must be '1.0'"),
        ("ce_specversion", b"1.1", "specversion: must be '1.0'"),
        ("ce_id", b"\xc3\x28", "ce_id: is not UTF-8"),
        ("ce_id", b"a\0b", "ce_id: has a NUL"),
        ("ce_id", None, "id: must be a string"),
        ("ce_source", b"", "source: must not be empty"),
        ("ce_type", b"", "type: is not a type of this contract"),
        ("ce_time", b"2026-09-01", "time: must be an RFC 3339 time with a zone"),
    ],
)
def test_a_bad_header_is_named(header: str, content: bytes | None, expected: str) -> None:
    headers, value = binary(event(PERSON))
    changed = [(name, content if name == header else given) for name, given in headers]
    assert reason(decode(changed, b"key", value)) == expected


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "subject", "time"])
def test_a_repeated_header_is_ambiguous(name: str) -> None:
    headers, value = binary(event(PERSON))
    again = [header for header in headers if header[0] == f"ce_{name}"]
    assert reason(decode(headers + again, b"key", value)) == f"ce_{name}: must not be repeated"


def test_headers_of_others_may_be_anything() -> None:
    headers, value = binary(event(PERSON))
    others: list[Header] = [("trace", b"\xff"), ("trace", None), ("ce_partitionkey", b"\xfe")]
    assert isinstance(decode([*others, *headers], None, value), Decoded)


def test_a_binary_event_needs_an_object_as_its_value() -> None:
    headers, _ = binary(event(PERSON))
    assert decode(headers, None, b"[]") == Rejected("data: must be an object")
    assert decode(headers, None, b"") == Rejected("value: is cut short")
    assert decode(headers, None, None) == Rejected("value: is required")
