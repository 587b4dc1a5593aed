"""The rules of every kind of member, by the cases that went wrong elsewhere."""

from datetime import UTC, date, datetime

import pytest

from schemas.orders import EnrolmentOrdered
from schemas.people import EmploymentChanged, PersonChanged
from schemas.school import SchoolChanged, SubjectGroupChanged
from tests.schemas.builders import (
    DATA,
    PERSON,
    accepted,
    event,
    read,
    reason,
    with_members,
    without,
)

ENROLMENT = "sgo.enrolment.ordered.v1"
SCHOOL = "sgo.school.changed.v1"
CLASS = "sgo.class.changed.v1"
GROUP = "sgo.subject-group.changed.v1"
EMPLOYMENT = "sgo.employment.changed.v1"
PROFILE = "sgo.profile.changed.v1"
LESSON = "sgo.lesson.changed.v1"

OPTIONAL = {
    "community_id",
    "class_teacher_id",
    "patronymic",
    "birth_date",
    "name of a group",
    "max_user_id",
    "class_id of a chat",
    "subject_group_id",
    "max_chat_id",
    "title of a decision",
}

FREE_TEXT = {
    "surname",
    "given_name",
    "patronymic",
    "name",
    "school_year",
    "order_number",
    "subject",
    "topic",
}
"""Members that take any text, the empty one too; a chat's title takes any but the empty one."""


def is_optional(type_name: str, member: str) -> bool:
    """What events.md marks with a question mark."""
    kinds = {
        "sgo.subject-group.changed.v1": "group",
        "rollcall.title.decided.v1": "decision",
        "rollcall.founding.decided.v1": "chat",
        "rollcall.lesson.decided.v1": "decision",
    }
    if (type_name, member) == ("rollcall.stay.decided.v1", "max_user_id"):
        return False  # an account of a chat, and no profile that may be none
    kind = kinds.get(type_name, "chat" if type_name.startswith("rollcall.chat") else "")
    return member in OPTIONAL or f"{member} of a {kind}" in OPTIONAL


MEMBERS = [(type_name, member) for type_name, data in DATA.items() for member in data]


@pytest.mark.parametrize(("type_name", "member"), MEMBERS)
def test_null_is_the_same_as_absent(type_name: str, member: str) -> None:
    null, absent = read(with_members(type_name, **{member: None})), read(without(type_name, member))
    if is_optional(type_name, member):
        assert null == absent
        assert getattr(accepted(null).data, member) is None
    else:
        assert member in reason(null)
        assert member in reason(absent)


@pytest.mark.parametrize(("type_name", "member"), MEMBERS)
@pytest.mark.parametrize("value", [{}, [{}], [[]], 1.5, "", "\n", -(2**64), "nobody's value"])
def test_a_value_of_the_wrong_kind_is_refused_by_its_name(
    type_name: str, member: str, value: object
) -> None:
    outcome = read(with_members(type_name, **{member: value}))
    if isinstance(value, str) and (member in FREE_TEXT or (member == "title" and value)):
        accepted(outcome)
    else:
        assert reason(outcome).startswith((f"data.{member}: ", f"data.{member}["))


@pytest.mark.parametrize(
    "value",
    ["", "x" * 65, "a b", "p-1\n", "\np-1", "п-1", "p/1", "p\u200b1", "p-1\0", "'; DROP", 7, "p‑1"],
)
@pytest.mark.parametrize(
    ("type_name", "member"), [(PERSON, "person_id"), (CLASS, "class_teacher_id")]
)
def test_a_bad_id_is_refused(type_name: str, member: str, value: object) -> None:
    assert reason(read(with_members(type_name, **{member: value}))).startswith(f"data.{member}: ")


@pytest.mark.parametrize("value", ["x", "x" * 64, "A:b.c_d-0", "...", "-"])
def test_an_odd_id_is_accepted(value: str) -> None:
    data = accepted(read(with_members(PERSON, person_id=value))).data
    assert data.entity_id() == value


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Ёлкин", id="Ё"),
        pytest.param("Елкин", id="Е"),
        pytest.param("Й", id="NFC"),
        pytest.param("И\u0306", id="NFD"),
        pytest.param("10A", id="Latin A"),
        pytest.param("10А", id="Cyrillic А"),
        pytest.param("\u202eвонавИ", id="right-to-left override"),
        pytest.param("Ива\u200bнов", id="zero width"),
        pytest.param("👩‍🏫", id="emoji"),
        pytest.param("Я", id="one character"),
        pytest.param("Ж" * 10_000, id="10,000 characters"),
        pytest.param("😀" * 10_000, id="10,000 characters beyond the BMP"),
        pytest.param("O'Нил", id="apostrophe"),
        pytest.param("Null", id="Null"),
        pytest.param("<img onerror=alert(1)>", id="HTML"),
        pytest.param("=HYPERLINK(1)", id="formula"),
        pytest.param("{{7*7}}", id="template"),
        pytest.param("Иванов\r\nПетров", id="CR LF"),
        pytest.param("\u001b[31mИванов", id="ANSI escape"),
        pytest.param("\\u0000", id="the text of an escape"),
        pytest.param("", id="empty"),
        pytest.param(" ", id="blank"),
    ],
)
def test_a_strange_name_is_kept_as_it_is(name: str) -> None:
    data = accepted(read(with_members(PERSON, surname=name))).data
    assert isinstance(data, PersonChanged)
    assert data.surname == name


def test_a_name_of_more_than_10_000_characters_is_refused() -> None:
    assert reason(read(with_members(PERSON, surname="Ж" * 10_001))) == (
        "data.surname: must be at most 10000 characters"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29T23:59:59.999999Z", datetime(2024, 2, 29, 23, 59, 59, 999_999, UTC)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59.9999999Z", datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("2026-09-01T00:00:00+02:00", datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ("2026-09-01T00:00:00+12:00", datetime(2026, 8, 31, 12, tzinfo=UTC)),
        ("2026-09-01T00:00:00-00:00", datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01t00:00:00z", datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01T00:00:00.1234567890123456789Z", datetime(2026, 9, 1, 0, 0, 0, 123_456, UTC)),
        ("2026-09-01T00:00:00.5+23:59", datetime(2026, 8, 31, 0, 1, 0, 500_000, UTC)),
    ],
)
def test_an_instant_is_read_in_utc_and_cut_to_microseconds(text: str, expected: datetime) -> None:
    outcome = accepted(read(event(ENROLMENT, {**DATA[ENROLMENT], "ordered_at": text}, time=text)))
    assert isinstance(outcome.data, EnrolmentOrdered)
    assert (outcome.time, outcome.data.ordered_at) == (expected, expected)
    assert outcome.time.tzinfo is UTC
    assert outcome.data.ordered_at.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2026-09-01T00:00:00", id="no zone"),
        pytest.param("2026-09-01", id="a date"),
        pytest.param("2026-09-01 00:00:00Z", id="a space for T"),
        pytest.param("2026-09-01T00:00Z", id="no seconds"),
        pytest.param("20260901T000000Z", id="basic format"),
        pytest.param("2026-W36-2T00:00:00Z", id="week date"),
        pytest.param("2026-09-01T00:00:00+03", id="zone without minutes"),
        pytest.param("2026-09-01T00:00:00+0300", id="zone without colon"),
        pytest.param("2026-09-01T00:00:00+24:00", id="zone of a day"),
        pytest.param("2026-09-01T00:00:00+03:60", id="zone of sixty minutes"),
        pytest.param("2026-09-01T00:00:00 Europe/Moscow", id="zone name"),
        pytest.param("2026-09-01T00:00:00.Z", id="empty fraction"),
        pytest.param("2026-09-01T00:00:00,5Z", id="comma"),
        pytest.param("2026-02-29T00:00:00Z", id="29 February of a common year"),
        pytest.param("2026-09-01T24:00:00Z", id="24 o'clock"),
        pytest.param("2026-06-30T23:59:60Z", id="leap second"),
        pytest.param("0000-01-01T00:00:00Z", id="year 0"),
        pytest.param("10000-01-01T00:00:00Z", id="year 10000"),
        pytest.param("0001-01-01T00:00:00+00:01", id="before year 1 in UTC"),
        pytest.param("9999-12-31T23:59:59-00:01", id="after year 9999 in UTC"),
        pytest.param("２０２６-09-01T00:00:00Z", id="full-width digits"),
        pytest.param("2026-09-01T00:00:00Z\n", id="newline at the end"),
        pytest.param("1788000000", id="seconds as text"),
        pytest.param(1_788_000_000, id="seconds"),
        pytest.param(1.5, id="a fraction"),
        pytest.param(True, id="true"),
        pytest.param("", id="empty"),
        pytest.param("infinity", id="infinity"),
    ],
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    assert reason(read(event(PERSON, time=value))).startswith("time: must be ")
    assert reason(read(with_members(ENROLMENT, ordered_at=value))).startswith(
        "data.ordered_at: must be "
    )


@pytest.mark.parametrize("text", ["2024-02-29", "1970-01-01", "9999-12-31", "0001-01-01"])
def test_a_date_is_read(text: str) -> None:
    data = accepted(read(with_members(ENROLMENT, effective_on=text))).data
    assert isinstance(data, EnrolmentOrdered)
    assert data.effective_on == date.fromisoformat(text)
    assert type(data.effective_on) is date


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29",
        "2026-2-1",
        "20260901",
        "2026-W36-2",
        "2026-09-01T00:00:00Z",
        "01.09.2026",
        "2026-13-01",
        "0000-01-01",
        "-001-01-01",
        "２０２６-09-01",
        "2026-09-01\n",
        "",
        20260901,
        0,
        True,
    ],
)
def test_what_is_no_date_is_refused(value: object) -> None:
    assert reason(read(with_members(PERSON, birth_date=value))).startswith(
        "data.birth_date: must be a date"
    )


@pytest.mark.parametrize("value", [-1, 2**53, 1.5, -1.0, 2.0**53, "1", True, 10**400])
def test_a_bad_version_is_refused(value: object) -> None:
    assert reason(read(with_members(PERSON, version=value))).startswith("data.version: must be ")


@pytest.mark.parametrize("value", [0, 0.0, -5, 2**63, 1.5, 2.0**53, "1", True, False])
def test_an_account_is_a_positive_integer(value: object) -> None:
    assert reason(read(with_members(PROFILE, max_user_id=value))).startswith(
        "data.max_user_id: must be "
    )


@pytest.mark.parametrize("name", ["Europe/Kaliningrad", "Asia/Kamchatka", "UTC", "Etc/GMT-3"])
def test_a_time_zone_is_known_by_its_iana_name(name: str) -> None:
    data = accepted(read(with_members(SCHOOL, timezone=name))).data
    assert isinstance(data, SchoolChanged)
    assert data.timezone == name


@pytest.mark.parametrize(
    "name", ["", "Moscow", "europe/moscow", "MSK", "+03:00", "../etc/passwd", "Europe/Moscow "]
)
def test_an_unknown_time_zone_is_refused(name: str) -> None:
    assert reason(read(with_members(SCHOOL, timezone=name))) == (
        "data.timezone: must be an IANA time zone"
    )


@pytest.mark.parametrize("type_name", [SCHOOL, CLASS, GROUP])
def test_closed_needs_its_date(type_name: str) -> None:
    for missing in (None, ...):
        data = {**DATA[type_name], "status": "closed", "closed_on": missing}
        if missing is ...:
            del data["closed_on"]
        assert reason(read(event(type_name, data))) == (
            "data: closed_on is required with status closed"
        )
    accepted(read(with_members(type_name, status="closed", closed_on="2027-05-31")))
    accepted(read(with_members(type_name, status="active", closed_on="2027-05-31")))


@pytest.mark.parametrize(
    ("type_name", "member", "value"),
    [
        (SCHOOL, "status", "Active"),
        (CLASS, "status", "removed"),
        (PERSON, "sex", "m"),
        (PERSON, "status", "ended"),
        (EMPLOYMENT, "status", "removed"),
        (LESSON, "status", "active"),
        (EMPLOYMENT, "roles", ["teacher", "director"]),
        (EMPLOYMENT, "roles", "teacher"),
        (EMPLOYMENT, "roles", {"teacher": 1}),
        (GROUP, "pupils", "whole class"),
        (GROUP, "pupils", ["p-1", ""]),
        (GROUP, "pupils", ["whole-class", None]),
        (GROUP, "teacher_ids", "p-2"),
    ],
)
def test_an_unknown_value_is_refused(type_name: str, member: str, value: object) -> None:
    assert reason(read(with_members(type_name, **{member: value}))).startswith(f"data.{member}")


def test_lists_are_sets_in_the_order_of_the_event() -> None:
    roles = accepted(read(with_members(EMPLOYMENT, roles=["staff", "teacher", "staff"]))).data
    assert isinstance(roles, EmploymentChanged)
    assert roles.roles == ("staff", "teacher")
    group = accepted(read(with_members(GROUP, pupils=["b", "a", "b"], teacher_ids=[]))).data
    assert isinstance(group, SubjectGroupChanged)
    assert (group.pupils, group.teacher_ids) == (("b", "a"), ())
    whole = accepted(read(with_members(GROUP, pupils="whole-class"))).data
    assert isinstance(whole, SubjectGroupChanged)
    assert whole.pupils == "whole-class"


@pytest.mark.parametrize("ends_at", ["2026-09-01T08:30:00+12:00", "2026-08-31T20:29:59Z"])
def test_a_lesson_ends_after_it_starts(ends_at: str) -> None:
    assert reason(read(with_members(LESSON, ends_at=ends_at))) == (
        "data: ends_at must be after starts_at"
    )


def test_unknown_members_are_ignored() -> None:
    plain = read(event(PERSON))
    assert read(with_members(PERSON, snils={"Иванов": [1, None]})) == plain
    assert read(event(PERSON, traceparent="00-1-2-01")) == plain
