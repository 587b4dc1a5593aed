"""Whatever the bytes, decoding answers, and a reason never holds what the sender wrote."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.data import EventData
from schemas.decode import Decoded, Rejected, decode
from schemas.encode import PUBLISHED
from schemas.envelope import ATTRIBUTES
from tests.schemas.builders import (
    DATA,
    PERSON,
    Header,
    Members,
    as_json,
    binary,
    event,
    read,
    reason,
    with_members,
)
from tests.schemas.strategies import events

SECRET = "Заречная"
NUMBER = 987_654_321_012_345_678_901

KNOWN_WORDS = re.compile(
    r"(?:(?:value|data|ce_)?\.?(?:"
    + "|".join(
        sorted(ATTRIBUTES | {name for t in PUBLISHED.values() for name in t.model.model_fields})
    )
    + r")?(?:\[[0-9]+\])*: |a member unknown here )[ -~]+"
)


def test_an_attribute_that_holds_a_name_is_not_quoted() -> None:
    for name in ATTRIBUTES - {"id", "subject"}:
        for value in (SECRET, [SECRET], {SECRET: SECRET}, NUMBER):
            assert_silent(read(event(PERSON, **{name: value})))
    for value in ([SECRET], {SECRET: SECRET}, SECRET * 20, NUMBER):
        assert_silent(read(event(PERSON, id=value)))


@pytest.mark.parametrize(
    ("type_name", "member"), [(name, member) for name, data in DATA.items() for member in data]
)
def test_a_member_that_holds_a_name_is_not_quoted(type_name: str, member: str) -> None:
    for value in ([[SECRET]], {SECRET: SECRET}, [{SECRET: 1}], NUMBER, -NUMBER, NUMBER / 7):
        assert_silent(read(with_members(type_name, **{member: value})))
    outcome = read(with_members(type_name, **{member: SECRET + "\0"}))
    assert_silent(outcome)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"{SECRET}": 1, "{SECRET}": 2}}',
        f'{{"{SECRET}": "\\ud800"}}',
        f'{{"{SECRET}": NaN}}',
        f'{{"type": "{PERSON}", "{SECRET}": "\\u0000"}}',
        f'{{"type": "{SECRET}"}}',
        SECRET,
    ],
)
def test_bad_json_is_not_quoted(text: str) -> None:
    assert_silent(decode((), SECRET.encode(), text.encode()))


def test_a_header_is_not_quoted() -> None:
    headers, value = binary(event(PERSON))
    for name in ("ce_specversion", "ce_source", "ce_type", "ce_time"):
        for content in (SECRET.encode(), SECRET.encode("cp1251"), SECRET.encode() + b"\0"):
            changed: list[Header] = [
                (header, content if header == name else given) for header, given in headers
            ]
            assert_silent(decode(changed, None, value))


def assert_silent(outcome: Decoded[EventData] | Rejected) -> None:
    said = reason(outcome)
    assert said.isascii()
    assert KNOWN_WORDS.fullmatch(said), said
    assert "98765" not in said


@given(events())
@settings(max_examples=200, deadline=None)
def test_any_reason_is_made_of_the_words_of_the_contract(whole: Members) -> None:
    outcome = read(whole)
    if isinstance(outcome, Rejected):
        assert KNOWN_WORDS.fullmatch(outcome.reason), outcome.reason


headers = st.lists(
    st.tuples(
        st.sampled_from(["ce_specversion", "ce_id", "ce_type", "ce_time", "ce_source"]) | st.text(),
        st.none() | st.binary() | st.sampled_from([b"1.0", PERSON.encode(), b"\xff"]),
    ),
    max_size=6,
)


@given(headers, st.none() | st.binary(), st.none() | st.binary())
@settings(max_examples=200, deadline=None)
def test_decoding_any_record_raises_nothing(
    given_headers: list[Header], key: bytes | None, value: bytes | None
) -> None:
    assert isinstance(decode(given_headers, key, value), Rejected)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_decoding_a_damaged_event_raises_nothing(data: st.DataObject) -> None:
    whole = bytearray(as_json(event(data.draw(st.sampled_from(sorted(DATA))))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    outcome = decode((), None, bytes(whole))
    assert isinstance(outcome, Decoded) or KNOWN_WORDS.fullmatch(outcome.reason)
