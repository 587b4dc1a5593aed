"""How long a Retry-After is, and what a call spends on waiting."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.call_classes import CallClass
from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from gateway.attempts_in_a_call import LONGEST_WAIT, SHORTEST_WAIT, retry_after
from gateway.errors import TooManyRequests
from tests.gateway.client.scripted import answer, bench, problem

NOW = datetime(2026, 9, 1, 0, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0.2", 1.0),
        ("0", 1.0),
        ("-1", 1.0),
        ("1000000000", 900.0),
        ("9" * 300, 900.0),
        ("9" * 5000, 1.0),
        ("Tue, 01 Sep 2026 00:01:30 GMT", 90.0),
        ("Tue, 01 Sep 2026 03:01:30 +0300", 90.0),
        ("Tue, 01 Sep 2026 00:01:30 -0000", 90.0),
        ("Mon, 31 Aug 2026 23:00:00 GMT", 1.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 900.0),
        ("Tue, 99 Sep 2026 00:01:30 GMT", 1.0),
        ("soon", 1.0),
        ("", 1.0),
        ("NaN", 1.0),
        ("1e400", 1.0),
        ("٧", 1.0),
        ("3, 5", 1.0),
    ],
)
def test_a_retry_after_is_read_as_seconds_or_a_date_and_kept_sane(
    header: str, seconds: float
) -> None:
    assert retry_after(header, None, NOW) == seconds


@pytest.mark.parametrize(
    ("dated", "seconds"),
    [
        ("Tue, 01 Sep 2026 00:01:00 GMT", 30.0),
        ("Tue, 01 Sep 2026 05:01:00 +0500", 30.0),
        ("Mon, 31 Aug 2026 20:00:00 GMT", 900.0),
        ("Tue, 01 Sep 2026 05:00:00 GMT", 1.0),
        ("some day", 90.0),
        ("", 90.0),
    ],
)
def test_a_date_is_measured_by_the_clock_that_wrote_it(dated: str, seconds: float) -> None:
    assert retry_after("Tue, 01 Sep 2026 00:01:30 GMT", dated, NOW) == seconds


async def test_an_answer_from_a_clock_that_is_wrong_is_waited_for_as_long_as_it_means() -> None:
    late = {"Retry_After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    async with bench(problem(429, "too.many.requests", **late)) as on:
        with pytest.raises(TooManyRequests) as caught:
            await on.messenger.whoami(Lane.LIVE)
        assert caught.value.retry_after == 30.0


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Too many requests. Limit is: 10 calls per second.", 10),
        ("limit: 7 requests/sec", 7),
        ("At most 25 calls a second", 25),
        ("1 request per 1 s", 1),
        ("Limit is: 0 calls per second.", 1),
        ("Too many requests", None),
        ("10 calls per minute", None),
        ("Error 429, 10 calls per day", None),
        ("2.5 calls per second", None),
        ("", None),
    ],
)
async def test_the_limit_is_read_from_the_message_where_it_names_a_number(
    message: str, told: int | None
) -> None:
    async with bench(problem(429, "too.many.requests", message), answer({"user_id": 7})) as on:
        assert await on.messenger.whoami(Lane.LIVE) == 7
        assert on.ledger.told == [(CallClass.READ, told)]


async def test_the_limit_is_met_under_200_too() -> None:
    said = answer({"success": False, "code": "too.many.requests", "message": "slow down"})
    good = answer({"success": True})
    async with bench(said, good) as on:
        await on.messenger.promote(MaxChatId(-70), [MaxUserId(5)], Lane.LIVE)
        assert on.ledger.told == [(CallClass.CHANGE, None)]
        assert on.ledger.pushed_back == [1.0]


def test_no_header_is_no_wish() -> None:
    assert retry_after(None, None, NOW) is None


@given(st.text() | st.from_regex(r"[0-9]{1,20}") | st.datetimes().map(str))
def test_any_retry_after_is_between_a_second_and_a_quarter_of_an_hour(header: str) -> None:
    seconds = retry_after(header, None, NOW)
    assert seconds is not None
    assert SHORTEST_WAIT <= seconds <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("header", "seconds"), [("-1", 1.0), ("1000000000", 900.0), ("garbage", 1.0)]
)
async def test_the_whole_budget_is_pushed_back_by_a_sane_time(header: str, seconds: float) -> None:
    async with bench(*[problem(429, Retry_After=header)] * 4) as on:
        with pytest.raises(TooManyRequests) as caught:
            await on.messenger.whoami(Lane.LIVE)
        assert caught.value.retry_after == seconds
        assert set(on.ledger.pushed_back) == {seconds}
        assert len(on.ledger.pushed_back) == len(on.asked)


async def test_a_429_without_a_header_pushes_back_by_a_second() -> None:
    async with bench(problem(429), answer({"user_id": 7})) as on:
        assert await on.messenger.whoami(Lane.LIVE) == 7
        assert on.ledger.pushed_back == [1.0]


async def test_a_call_never_waits_past_its_own_budget() -> None:
    async with bench(*[problem(429, Retry_After="2")] * 9) as on:
        with pytest.raises(TooManyRequests):
            await on.messenger.whoami(Lane.LIVE)
        assert sum(on.naps.taken) < 10


async def test_every_attempt_takes_a_slot_in_the_callers_lane() -> None:
    async with bench(problem(503), problem(429), answer({"user_id": 7})) as on:
        await on.messenger.whoami(Lane.SAFETY)
        assert on.ledger.granted == [Lane.SAFETY] * 3
        assert len(on.asked) == 3
