"""When ingest counts as alive."""

from consumers.health import judge
from projections.facts.offsets import Standing

HELD = {("t", 0): Standing("id", 5, 5)}


def test_lag_without_progress_for_too_long_is_not_alive() -> None:
    health = judge(1, HELD, {("t", 0): 8}, idle_seconds=31, limit_seconds=30)
    assert (health.live, health.lag) == (False, 3)
    assert health.reason == "3 records to read and none read for 31 s"


def test_lag_with_progress_is_alive() -> None:
    assert judge(1, HELD, {("t", 0): 8}, idle_seconds=29, limit_seconds=30).live


def test_nothing_to_read_is_alive_however_long() -> None:
    assert judge(1, HELD, {("t", 0): 5}, idle_seconds=1e6, limit_seconds=30).live


def test_a_partition_that_is_ours_and_not_taken_up_counts_whole() -> None:
    assert judge(1, {}, {("t", 0): 8}, idle_seconds=31, limit_seconds=30).lag == 8
