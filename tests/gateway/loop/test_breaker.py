"""A failing messenger is left alone, class by class, and found again promptly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.breaker import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, Breaker


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _broken(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        breaker.failed()
    return breaker


def test_a_few_failures_change_nothing() -> None:
    breaker = Breaker(Clock())
    for _ in range(FAILURES - 1):
        breaker.failed()
    assert breaker.wait() == 0.0
    assert not breaker.is_open


def test_failures_in_a_row_pause_the_calls() -> None:
    breaker = _broken(Clock())
    assert breaker.wait() == FIRST_PAUSE


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker(Clock())
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open


def test_after_the_pause_one_call_is_let_through() -> None:
    clock = Clock()
    breaker = _broken(clock)
    clock.now += FIRST_PAUSE
    assert breaker.wait() == 0.0
    assert breaker.wait() > 0.0


def test_a_probe_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = _broken(clock)
    clock.now += FIRST_PAUSE
    assert breaker.wait() == 0.0
    breaker.succeeded()
    assert breaker.wait() == 0.0
    assert not breaker.is_open


@given(outage=st.floats(min_value=1, max_value=100_000))
def test_however_long_the_outage_recovery_is_seen_within_the_longest_pause(outage: float) -> None:
    clock = Clock()
    breaker = _broken(clock)
    while clock.now < outage:
        clock.now += breaker.wait()
        if breaker.wait() == 0.0 and clock.now < outage:
            breaker.failed()
    healed_at = clock.now
    while (wait := breaker.wait()) > 0.0:
        clock.now += wait
    assert clock.now - healed_at <= LONGEST_PAUSE


@pytest.mark.parametrize("probes", range(1, 20))
def test_pauses_grow_and_are_bounded(probes: int) -> None:
    clock = Clock()
    breaker = _broken(clock)
    for _ in range(probes):
        clock.now += breaker.wait()
        assert breaker.wait() == 0.0
        breaker.failed()
    assert FIRST_PAUSE < breaker.wait() <= LONGEST_PAUSE
