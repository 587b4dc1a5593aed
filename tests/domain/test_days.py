"""Days begin at the school's own midnight, wherever clocks jump."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.days import DEFAULT_ZONE, local_date, midnight, zone_of

ZONES = [
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Asia/Yekaterinburg",
    "Asia/Kamchatka",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Toronto",
    "Africa/Cairo",
    "Pacific/Apia",
    "Antarctica/Troll",
]


@given(st.sampled_from(ZONES), st.dates(date(1915, 1, 1), date(2100, 1, 1)))
def test_midnight_is_the_first_instant_of_any_date_in_any_zone(name: str, on: date) -> None:
    zone = ZoneInfo(name)
    start = midnight(zone, on)
    assert start.tzinfo is UTC
    assert local_date(zone, start) >= on
    assert local_date(zone, start - timedelta(microseconds=1)) < on


@pytest.mark.parametrize(
    ("name", "on", "start"),
    [
        ("Europe/Kaliningrad", date(2026, 9, 1), datetime(2026, 8, 31, 22, tzinfo=UTC)),
        ("Asia/Kamchatka", date(2026, 9, 1), datetime(2026, 8, 31, 12, tzinfo=UTC)),
        ("Africa/Cairo", date(2023, 4, 28), datetime(2023, 4, 27, 22, tzinfo=UTC)),
        ("America/Havana", date(2022, 11, 6), datetime(2022, 11, 6, 4, tzinfo=UTC)),
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Europe/Moscow", date(9999, 12, 31), datetime(9999, 12, 30, 21, tzinfo=UTC)),
        ("Europe/Moscow", date.min, datetime.min.replace(tzinfo=UTC)),
    ],
    ids=[
        "Kaliningrad",
        "Kamchatka",
        "clocks skip midnight",
        "clocks repeat midnight",
        "clocks skip from before midnight to after it",
        "a day that never was",
        "the day after it",
        "the last date there is",
        "the first date there is",
    ],
)
def test_the_first_instant(name: str, on: date, start: datetime) -> None:
    assert midnight(ZoneInfo(name), on) == start


def test_one_instant_is_two_dates_in_a_country_this_wide() -> None:
    now = datetime(2026, 8, 31, 12, tzinfo=UTC)
    assert local_date(ZoneInfo("Asia/Kamchatka"), now) == date(2026, 9, 1)
    assert local_date(ZoneInfo("Europe/Kaliningrad"), now) == date(2026, 8, 31)


@pytest.mark.parametrize(
    "name", [None, "", "Europe", "Europe/Atlantis", "../etc/passwd", "/etc", "a\0b", "Ж", "x" * 999]
)
def test_no_zone_by_that_name_is_the_default_zone(name: str | None) -> None:
    assert zone_of(name) == ZoneInfo(DEFAULT_ZONE)
    assert zone_of(name, "Asia/Omsk") == ZoneInfo("Asia/Omsk")


def test_a_known_zone_is_itself() -> None:
    assert zone_of("Asia/Omsk") == ZoneInfo("Asia/Omsk")
