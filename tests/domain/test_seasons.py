"""Limits by date: a season returns every year, and the first that holds counts."""

from datetime import date

import pytest

from domain.guard import GuardLimits
from domain.seasons import GuardPolicy, Season, scaled

USUAL = GuardLimits()
AUTUMN = Season((8, 25), (9, 15), scaled(USUAL, 3))
WINTER = Season((12, 20), (1, 10), scaled(USUAL, 2))


@pytest.mark.parametrize(
    ("day", "limits"),
    [
        (date(2026, 8, 24), USUAL),
        (date(2026, 8, 25), AUTUMN.limits),
        (date(2027, 9, 15), AUTUMN.limits),
        (date(2026, 9, 16), USUAL),
        (date(2026, 12, 19), USUAL),
        (date(2026, 12, 31), WINTER.limits),
        (date(2028, 1, 10), WINTER.limits),
        (date(2027, 1, 11), USUAL),
    ],
)
def test_a_season_holds_from_its_first_day_to_its_last_in_every_year(
    day: date, limits: GuardLimits
) -> None:
    assert GuardPolicy(USUAL, (AUTUMN, WINTER)).limits_on(day) == limits


def test_of_two_seasons_that_hold_the_first_counts() -> None:
    september = Season((9, 1), (9, 1), scaled(USUAL, 10))
    policy = GuardPolicy(USUAL, (september, AUTUMN))
    assert policy.limits_on(date(2026, 9, 1)) == september.limits
    assert policy.limits_on(date(2026, 9, 2)) == AUTUMN.limits


def test_a_season_of_one_day_may_be_29_february() -> None:
    policy = GuardPolicy(USUAL, (Season((2, 29), (2, 29), AUTUMN.limits),))
    assert policy.limits_on(date(2028, 2, 29)) == AUTUMN.limits
    assert policy.limits_on(date(2027, 2, 28)) == USUAL


def test_a_factor_raises_floors_and_shares_as_they_are_written() -> None:
    assert scaled(USUAL, 1.5) == GuardLimits(
        chat_floor=4,
        chat_share=0.3,
        school_floor=15,
        school_share=0.075,
        total_floor=750,
        total_share=0.0015,
    )
    assert scaled(GuardLimits(enabled=False), 2).enabled is False
