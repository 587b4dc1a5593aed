import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.relative import render

TODAY = date(2028, 2, 29)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{{today}}", "2028-02-29"),
        ("{{today-0}}", "2028-02-29"),
        ("{{today+1}}", "2028-03-01"),
        ("{{today-366}}", "2027-02-28"),
        ("{{today-30T08:00:00+03:00}}", "2028-01-30T08:00:00+03:00"),
        ("{{todayT23:59:59Z}}", "2028-02-29T23:59:59Z"),
        ("{{school-year}}", "2027/2028"),
        ("{{school-year-1}}", "2026/2027"),
    ],
)
def test_a_string_that_is_a_placeholder_becomes_a_date(written: str, read: str) -> None:
    assert json.loads(render(json.dumps({"a": written, "b": [written]}), TODAY)) == {
        "a": read,
        "b": [read],
    }


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{today}} and more",
        "on {{today}}",
        "{{ today }}",
        "{{today-}}",
        "{{today-1.5}}",
        "{{today-123456}}",
        "{{today-٣}}",
        "{{today-30T8:00}}",
        "{{tomorrow}}",
        "{{Today}}",
        '"{{today}}"',
        'x"{{today-1}}',
        "\\",
        '\\"{{today}}\\',
    ],
)
def test_any_other_text_passes_untouched(text: str) -> None:
    line = json.dumps({"name": text, "more": [text, {"name": text}]}, ensure_ascii=False)
    assert render(line, TODAY) == line


def test_the_name_of_a_member_is_never_a_placeholder() -> None:
    assert render('{"{{today}}": 1, "{{today}}" : 2}', TODAY) == (
        '{"{{today}}": 1, "{{today}}" : 2}'
    )


def test_a_date_past_the_calendars_end_stays_as_written() -> None:
    assert render('["{{today+1}}"]', date.max) == '["{{today+1}}"]'


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (date(2026, 8, 31), "2025/2026"),
        (date(2026, 9, 1), "2026/2027"),
        (date(2026, 12, 31), "2026/2027"),
        (date(2027, 1, 1), "2026/2027"),
    ],
)
def test_the_school_year_begins_on_the_first_of_september(today: date, year: str) -> None:
    assert render('"{{school-year}}"', today) == f'"{year}"'


@given(
    st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    st.integers(-20_000, 20_000),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_a_placeholder_beside_any_text_is_replaced_and_the_text_is_kept(
    today: date, days: int, text: str
) -> None:
    line = json.dumps([text + ".", f"{{{{today{days:+d}}}}}", "." + text], ensure_ascii=False)
    wanted = [text + ".", (today + timedelta(days=days)).isoformat(), "." + text]
    assert json.loads(render(line, today)) == wanted
