"""The pace of calls: down at once, up slowly, and never lost in either direction."""

from hypothesis import given
from hypothesis import strategies as st

from domain.pace import (
    FIRST_PATIENCE,
    LONGEST_PATIENCE,
    SAME_SECONDS,
    STEADY_SECONDS,
    TOLD_PATIENCE,
    Pace,
    faster,
    slower,
)

LONG = 1e6
MOST = 30


def test_a_number_that_the_messenger_names_is_taken_at_its_word() -> None:
    assert slower(Pace(MOST), 10, LONG) == Pace(10, None, 11, TOLD_PATIENCE, told=True)


def test_refusals_of_one_moment_count_once() -> None:
    pace = slower(Pace(MOST), None, LONG)
    assert slower(pace, None, SAME_SECONDS / 2) == pace


def test_without_a_number_the_pace_comes_down_step_by_step_while_refusals_go_on() -> None:
    pace, seen = Pace(MOST), [MOST]
    while pace.calls > 1:
        pace = slower(pace, None, LONG)
        seen.append(pace.calls)
    assert seen == [30, 21, 14, 9, 6, 4, 2, 1]
    assert slower(pace, None, LONG).calls == 1


def test_one_call_too_many_is_taken_back_at_once() -> None:
    climbed = faster(Pace(10, None, 14), MOST)
    assert climbed is not None
    back = slower(climbed, None, 0.1)
    assert (back.calls, back.refused) == (10, 11)
    assert back.stays == FIRST_PATIENCE


def test_a_refusal_of_what_the_messenger_says_it_takes_costs_one_call_for_a_moment() -> None:
    told = Pace(10, None, 11, TOLD_PATIENCE, told=True)
    pace = slower(told, 10, LONG)
    assert (pace.calls, pace.stays) == (9, STEADY_SECONDS)


def test_a_refusal_of_a_pace_that_was_fine_costs_one_call_for_a_moment_and_then_more() -> None:
    pace = slower(Pace(10, 10, 11), None, LONG)
    assert (pace.calls, pace.stays) == (9, STEADY_SECONDS)
    assert slower(pace, None, LONG).calls == 6


def test_a_limit_that_stays_is_tried_at_intervals_that_double() -> None:
    pace, waits = slower(Pace(MOST), 10, LONG), []
    for _ in range(6):
        waits.append(pace.stays)
        tried = faster(pace, MOST)
        assert tried is not None
        pace = slower(tried, 10, 0.1)
        assert pace.calls == 10
    assert waits == [600, 1200, 2400, 3600, 3600, 3600]


def test_a_limit_that_is_lifted_is_left_behind() -> None:
    pace: Pace | None = slower(Pace(MOST), 10, LONG)
    stays = []
    while pace is not None:
        stays.append(pace.stays)
        pace = faster(pace, MOST)
    assert stays[0] == TOLD_PATIENCE
    assert len(stays) == MOST - 10 + 1
    assert set(stays[1:]) == {STEADY_SECONDS}


@given(limit=st.integers(1, MOST), told=st.booleans())
def test_whatever_the_limit_it_is_found_and_hardly_ever_met_again(limit: int, told: bool) -> None:  # noqa: FBT001 - hypothesis calls it by name
    """An hour of pressure: found within ten seconds, 85 % of it used, one refusal in 100 calls."""
    pace, changed, taken, refused = Pace(MOST), -LONG, 0, 0
    for second in range(3600):
        before = pace
        if pace.calls > limit:
            pace = slower(pace, limit if told else None, second - changed)
        elif second - changed >= pace.stays:
            pace = faster(pace, MOST) or Pace(MOST)
        if pace != before:
            changed = second
        if second >= 10:
            taken += min(before.calls, limit)
            refused += max(0, before.calls - limit)
        assert 1 <= pace.calls <= MOST
        assert pace.patience <= LONGEST_PATIENCE
    assert taken >= 0.9 * limit * 3590
    assert refused <= taken / 100
