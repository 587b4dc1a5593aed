"""What may be done to chats, by how far ingest and derive are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.gate import GateClosed, GateOpen, Progress, RemovalsWait, verdict

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def _ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


UP_TO_DATE = Progress(
    now=NOW,
    closed_because=None,
    oldest_unread=None,
    oldest_mark=None,
    watched_at=_ago(0.5),
    lagging_since=None,
)


def test_with_everything_read_and_derived_the_gate_is_open() -> None:
    assert verdict(UP_TO_DATE) == GateOpen()


def test_what_is_missing_or_not_caught_up_closes_it() -> None:
    assert verdict(replace(UP_TO_DATE, closed_because="why")) == GateClosed("why")


UNREAD = replace(UP_TO_DATE, oldest_unread=_ago(2.1), lagging_since=_ago(0.1))
UNDERIVED = replace(UP_TO_DATE, oldest_mark=_ago(2.1), lagging_since=_ago(0.1))


@pytest.mark.parametrize("lagging", [UNREAD, UNDERIVED])
def test_what_waits_for_more_than_two_seconds_holds_removals(lagging: Progress) -> None:
    gate = verdict(lagging)
    assert isinstance(gate, RemovalsWait)
    assert gate.additions_wait


def test_what_waits_for_two_seconds_holds_nothing() -> None:
    assert verdict(replace(UP_TO_DATE, oldest_unread=_ago(2), oldest_mark=_ago(2))) == GateOpen()


def test_additions_wait_for_a_minute_at_most() -> None:
    lagging = replace(UP_TO_DATE, oldest_unread=_ago(3))
    before = verdict(replace(lagging, lagging_since=_ago(59.9)))
    after = verdict(replace(lagging, lagging_since=_ago(60)))
    assert isinstance(before, RemovalsWait)
    assert isinstance(after, RemovalsWait)
    assert before.additions_wait
    assert not after.additions_wait


def test_where_nobody_watches_removals_wait_and_additions_for_a_minute() -> None:
    assert verdict(replace(UP_TO_DATE, watched_at=_ago(5))) == GateOpen()
    gate = verdict(replace(UP_TO_DATE, watched_at=_ago(6)))
    assert isinstance(gate, RemovalsWait)
    assert gate.additions_wait_until == _ago(1) + timedelta(minutes=1)
    long_ago = verdict(replace(UP_TO_DATE, watched_at=_ago(66)))
    assert isinstance(long_ago, RemovalsWait)
    assert not long_ago.additions_wait


def test_never_watched_is_not_up_to_date() -> None:
    assert isinstance(verdict(replace(UP_TO_DATE, watched_at=None)), RemovalsWait)
