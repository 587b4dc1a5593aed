"""What we write is strict, and what we read back is what we wrote."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.decode import Decoded, Rejected, decode_as
from schemas.encode import (
    PUBLISHED,
    Publication,
    PublishedData,
    Unpublishable,
    encode,
    read_line,
)
from schemas.people import PersonChanged, ProfileChanged
from tests.schemas.builders import DATA, PERSON, accepted, as_json, event, read, with_members
from tests.schemas.strategies import good_data, texts

AT = datetime(2026, 9, 1, 3, tzinfo=timezone(timedelta(hours=3)))


def written(data: PublishedData) -> Publication:
    return encode(data, event_id="e-1", source="/rollcall", time=AT)


def test_an_event_is_written_with_the_members_of_the_contract_alone() -> None:
    publication = written(ProfileChanged(person_id="p-1", version=4, max_user_id=None))
    assert json.loads(publication.value) == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/rollcall",
        "type": "sgo.profile.changed.v1",
        "subject": "p-1",
        "time": "2026-09-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"person_id": "p-1", "version": 4},
    }
    assert publication.topic == "sgo.profiles"
    assert publication.key == b"p-1"
    assert publication.headers == (
        ("content-type", b"application/cloudevents+json; charset=UTF-8"),
    )


@pytest.mark.parametrize("type_name", DATA)
def test_what_is_read_of_the_good_event_is_written_as_it_was(type_name: str) -> None:
    publication = written(accepted(read(event(type_name))).data)
    assert publication.topic == PUBLISHED[type_name].topic
    again = json.loads(publication.value)["data"]
    assert again.keys() == DATA[type_name].keys()
    assert read(event(type_name, again)) == read(event(type_name))


@given(st.data())
@settings(max_examples=500, deadline=None)
def test_any_event_is_read_back_as_it_was_written(data: st.DataObject) -> None:
    type_name = data.draw(st.sampled_from(sorted(DATA)))
    outcome = read(event(type_name, data.draw(good_data(type_name))))
    if isinstance(outcome, Rejected):
        # A lesson that ends when it starts, or an instant before year 1 in UTC.
        assert outcome.reason.endswith(("after starts_at", "years 1-9999 of UTC"))
        return
    time = data.draw(st.datetimes(timezones=st.just(UTC)))
    event_id = data.draw(texts.filter(bool))
    publication = encode(outcome.data, event_id=event_id, source="/rollcall", time=time)
    back = decode_as(PUBLISHED, publication.headers, publication.key, publication.value)
    assert back == Decoded(
        type_name,
        "/rollcall",
        event_id,
        time,
        outcome.data,
        subject_differs=False,
        key_differs=False,
    )


def test_what_does_not_fit_is_not_written() -> None:
    person = accepted(read(event(PERSON))).data
    for event_id, source, time, expected in (
        ("", "/rollcall", AT, "id: must not be empty"),
        ("x" * 129, "/rollcall", AT, "id: must be at most 128 characters"),
        ("e", "two words", AT, "source: must be a URI reference"),
        ("e", "/rollcall", AT.replace(tzinfo=None), "time: must have a zone"),
        ("e\ud800", "/rollcall", AT, "a member is of the wrong type or cannot be written"),
        ("e\0", "/rollcall", AT, "id: has a NUL"),
    ):
        with pytest.raises(Unpublishable) as refused:
            encode(person, event_id=event_id, source=source, time=time)
        assert str(refused.value) == expected


def test_a_model_built_past_its_validation_is_not_written() -> None:
    whole = DATA[PERSON]
    for member, value in (
        ("surname", "Заречная\0"),
        ("surname", "\ud800"),
        ("version", "1"),
        ("version", -1),
        ("person_id", "Заречная"),
        ("birth_date", "2012-01-01"),
    ):
        built = {**vars(PersonChanged.model_validate(whole)), member: value}
        with pytest.raises(Unpublishable) as refused:
            written(PersonChanged.model_construct(None, **built))
        assert "Заречная" not in str(refused.value)


def test_an_error_of_construction_does_not_show_the_value() -> None:
    with pytest.raises(ValueError, match="person_id") as refused:
        ProfileChanged(person_id="Заречная", version=1)
    assert "Заречная" not in str(refused.value)


def test_a_line_is_read_as_the_engine_reads_it_and_written_anew() -> None:
    line = as_json(with_members(PERSON, snils="1", patronymic=None)) + b"\r\n"
    for given_line in (line, line.decode()):
        publication = read_line(given_line)
        assert isinstance(publication, Publication)
        assert (publication.topic, publication.key) == ("sgo.register", b"p-1")
        whole = json.loads(publication.value)
        assert whole["subject"] == "p-1"
        assert whole["data"].keys() == DATA[PERSON].keys() - {"patronymic"}
        assert read(whole) == read_as_published(publication)


def read_as_published(publication: Publication) -> Decoded[PublishedData] | Rejected:
    """The publication as the engine reads it, under the key of the tests' ``read``."""
    return decode_as(PUBLISHED, publication.headers, b"key", publication.value)


def test_a_line_is_refused_with_the_field() -> None:
    lines: list[bytes | str] = [
        as_json(event(PERSON)),
        as_json(with_members(PERSON, version="1")),
        b"\xff",
        '{"a": "\ud800"}',
        as_json(event("rollcall.chat.created.v1")),
        b"\xef\xbb\xbf" + as_json(event(PERSON)),
        as_json(event(PERSON)).decode(),
    ]
    outcomes = dict(enumerate(map(read_line, lines)))
    assert {n: o.reason for n, o in outcomes.items() if isinstance(o, Rejected)} == {
        1: "data.version: must be an integer",
        2: "value: is not JSON",
        3: "value: has a lone surrogate",
        4: "type: is not a type of this contract",
        5: "value: has a byte order mark",
    }
    assert [n for n, o in outcomes.items() if isinstance(o, Publication)] == [0, 6]
