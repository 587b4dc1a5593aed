"""How much may be taken from people before a person has looked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.guard import (
    Crowd,
    GuardLimits,
    GuardScope,
    Held,
    Pass,
    Verdict,
    Window,
    allowed,
    is_stranger,
    judge,
    judge_flapping,
    judge_strangers,
    judge_unlinking,
)

LIMITS = GuardLimits()
QUIET = Window(0, 10**9)
"""A scope so large that its limit is far away."""


def in_chat(counted: int, size: int, removed: int = 0) -> Verdict:
    return judge(counted, Window(removed, size), QUIET, QUIET, LIMITS)


def in_school(counted: int, size: int, removed: int = 0) -> Verdict:
    return judge(counted, QUIET, Window(removed, size), QUIET, LIMITS)


def in_all(counted: int, size: int, removed: int = 0) -> Verdict:
    return judge(counted, QUIET, QUIET, Window(removed, size), LIMITS)


def test_a_chat_may_lose_three_or_a_fifth_in_a_day() -> None:
    assert in_chat(3, 5) == Pass()
    assert in_chat(4, 5) == Held(GuardScope.CHAT, 3, 4)
    assert in_chat(7, 39) == Pass()
    assert in_chat(8, 39) == Held(GuardScope.CHAT, 7, 8)


def test_a_school_may_lose_ten_or_a_twentieth_in_an_hour() -> None:
    assert in_school(10, 100) == Pass()
    assert in_school(11, 100) == Held(GuardScope.SCHOOL, 10, 11)
    assert in_school(50, 1000) == Pass()
    assert in_school(51, 1000) == Held(GuardScope.SCHOOL, 50, 51)


def test_all_may_lose_five_hundred_or_a_thousandth_in_half_an_hour() -> None:
    assert in_all(500, 1000) == Pass()
    assert in_all(501, 1000) == Held(GuardScope.TOTAL, 500, 501)
    assert in_all(1000, 10**6) == Pass()
    assert in_all(1001, 10**6) == Held(GuardScope.TOTAL, 1000, 1001)


def test_what_was_removed_in_the_window_counts_with_what_would_be() -> None:
    assert in_chat(1, 30, removed=5) == Pass()
    assert in_chat(1, 30, removed=6) == Held(GuardScope.CHAT, 6, 7)
    assert in_school(2, 100, removed=9) == Held(GuardScope.SCHOOL, 10, 11)
    assert in_all(2, 100, removed=499) == Held(GuardScope.TOTAL, 500, 501)


def test_a_plan_that_removes_nobody_who_counts_passes_whatever_happened_before() -> None:
    over = Window(1000, 10)
    assert judge(0, over, over, over, LIMITS) == Pass()


def test_the_narrowest_limit_is_the_one_that_is_named() -> None:
    small = Window(0, 1)
    assert judge(600, small, small, small, LIMITS) == Held(GuardScope.CHAT, 3, 600)
    assert judge(600, QUIET, small, small, LIMITS) == Held(GuardScope.SCHOOL, 10, 600)


def test_many_strangers_at_once_wait_for_a_person_whatever_left_before() -> None:
    assert judge_strangers(4, 20, LIMITS) == Pass()
    assert judge_strangers(5, 20, LIMITS) == Held(GuardScope.STRANGERS, 4, 5)


def test_after_a_restore_every_stranger_waits_for_a_person() -> None:
    held = Held(GuardScope.STRANGERS, 0, 1)
    assert judge_strangers(1, 20, LIMITS, restored=True) == held
    assert judge_strangers(0, 20, LIMITS, restored=True) == Pass()


def test_ten_people_or_a_twentieth_of_a_school_may_unlink_in_an_hour() -> None:
    few = Crowd(0, 0)
    assert judge_unlinking(Crowd(10, 100), few, LIMITS) == Pass()
    held = Held(GuardScope.UNLINK_SCHOOL, 10, 11)
    assert judge_unlinking(Crowd(11, 100), few, LIMITS) == held
    assert judge_unlinking(Crowd(50, 1000), few, LIMITS) == Pass()


def test_a_hundred_people_or_a_thousandth_of_all_may_unlink_in_half_an_hour() -> None:
    few = Crowd(0, 0)
    assert judge_unlinking(few, Crowd(100, 1000), LIMITS) == Pass()
    held = Held(GuardScope.UNLINK_TOTAL, 100, 101)
    assert judge_unlinking(few, Crowd(101, 1000), LIMITS) == held


@given(st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.0, 0.001]), st.integers(0, 9))
def test_always_one_person_may_unlink(school: int, total: int, share: float, linked: int) -> None:
    limits = GuardLimits(
        unlink_school_floor=school,
        unlink_school_share=share,
        unlink_total_floor=total,
        unlink_total_share=share,
    )
    assert judge_unlinking(Crowd(1, linked), Crowd(1, linked), limits) == Pass()


def test_the_third_time_within_an_hour_that_somebody_is_taken_out_waits() -> None:
    assert [judge_flapping(times, LIMITS) for times in (0, 1, 2)] == [
        Pass(),
        Pass(),
        Held(GuardScope.FLAPPING, 2, 3),
    ]


@pytest.mark.parametrize("missing", ["ever_expected", "history_complete", "seen_to_arrive"])
def test_a_stranger_is_proven_by_all_three_signs_only(missing: str) -> None:
    signs = {"ever_expected": False, "history_complete": True, "seen_to_arrive": True}
    assert is_stranger(**signs)
    assert not is_stranger(**signs | {missing: not signs[missing]})


def test_a_share_is_reckoned_as_it_is_written() -> None:
    assert allowed(0, 0.29, 100) == 29
    assert allowed(0, 0.001, 999) == 0
    assert allowed(0, 1e-05, 10**6) == 10


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 400), st.integers(0, 50))
def test_removing_more_is_never_easier_to_pass(
    counted: int, removed: int, size: int, more: int
) -> None:
    if isinstance(in_chat(counted, size, removed), Held) and counted:
        assert isinstance(in_chat(counted + more, size, removed), Held)
        assert isinstance(in_chat(counted, size, removed + more), Held)


@given(st.lists(st.integers(1, 5)), st.integers(0, 200))
def test_plans_one_after_another_never_remove_more_than_the_limit(
    plans: list[int], size: int
) -> None:
    removed = 0
    for counted in plans:
        if in_chat(counted, size, removed) == Pass():
            removed += counted
    assert removed <= max(3, size // 5)
