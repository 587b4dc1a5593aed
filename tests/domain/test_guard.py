"""How much may be removed before a person has looked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.guard import (
    GuardLimits,
    GuardScope,
    Held,
    Pass,
    RemovalCause,
    Removals,
    Verdict,
    Window,
    allowed,
    is_stranger,
    judge,
    removals_of,
)

LIMITS = GuardLimits()
QUIET = Window(0, 10**9)
"""A scope so large that its limit is far away."""


def in_chat(counted: int, size: int, removed: int = 0) -> Verdict:
    return judge(Removals(counted), Window(removed, size), QUIET, QUIET, LIMITS)


def in_school(counted: int, size: int, removed: int = 0) -> Verdict:
    return judge(Removals(counted), QUIET, Window(removed, size), QUIET, LIMITS)


def in_all(counted: int, size: int, removed: int = 0) -> Verdict:
    return judge(Removals(counted), QUIET, QUIET, Window(removed, size), LIMITS)


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
    assert judge(Removals(0), over, over, over, LIMITS) == Pass()


def test_the_narrowest_limit_is_the_one_that_is_named() -> None:
    small = Window(0, 1)
    assert judge(Removals(600), small, small, small, LIMITS) == Held(GuardScope.CHAT, 3, 600)
    assert judge(Removals(600), QUIET, small, small, LIMITS) == Held(GuardScope.SCHOOL, 10, 600)


def test_a_guard_that_is_switched_off_holds_nothing() -> None:
    off = replace(LIMITS, enabled=False)
    removals = Removals(10**6, strangers=10**6)
    assert judge(removals, QUIET, Window(0, 1), Window(0, 1), off, restored=True) == Pass()


def test_strangers_do_not_count_but_many_of_them_wait_for_a_person() -> None:
    chat = Window(100, 20)
    assert judge(Removals(0, strangers=4), chat, QUIET, QUIET, LIMITS) == Pass()
    held = Held(GuardScope.STRANGERS, 4, 5)
    assert judge(Removals(0, strangers=5), chat, QUIET, QUIET, LIMITS) == held


def test_after_a_restore_every_stranger_waits_for_a_person() -> None:
    one = Removals(0, strangers=1)
    held = Held(GuardScope.STRANGERS, 0, 1)
    assert judge(one, QUIET, QUIET, QUIET, LIMITS, restored=True) == held
    assert judge(Removals(3), QUIET, QUIET, QUIET, LIMITS, restored=True) == Pass()


def test_unlinking_and_a_change_of_account_do_not_count() -> None:
    causes = [*RemovalCause, RemovalCause.NOT_EXPECTED]
    assert removals_of(causes) == Removals(counted=2, strangers=1)


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
