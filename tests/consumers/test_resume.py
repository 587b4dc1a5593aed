"""From where a partition is read after an assignment."""

from consumers.resume import Log, resume
from projections.facts.offsets import ReadingState, Standing

LOG = Log("id", 0, 100)


def test_a_partition_never_read_begins_at_zero() -> None:
    assert resume(None, LOG, None).standing == Standing("id", 0, 0)


def test_a_partition_goes_on_where_postgresql_says_whatever_kafka_says() -> None:
    stored = Standing("id", 40, 60)
    assert resume(stored, LOG, 60).standing == stored
    assert not resume(stored, LOG, 60).restored


def test_another_topic_of_the_same_name_is_read_from_zero() -> None:
    result = resume(Standing("old", 40, 40), LOG, 40)
    assert result.standing == Standing("id", 0, 0)
    assert result.backward == "a topic was made anew"
    assert not result.restored


def test_an_offset_past_the_end_is_read_from_zero() -> None:
    result = resume(Standing("id", 101, 101), LOG, 50)
    assert result.standing == Standing("id", 0, 0)
    assert result.backward is not None


def test_the_end_itself_is_not_past_the_end() -> None:
    assert resume(Standing("id", 100, 100), LOG, None).backward is None


def test_a_log_that_does_not_begin_at_zero_and_was_never_read_has_a_gap() -> None:
    standing = resume(None, Log("id", 7, 100), None).standing
    assert (standing.state, standing.next_off) == (ReadingState.GAP, 7)
    assert standing.reason == "offsets 0 to 6 are gone from the log, and were never read"


def test_a_log_that_begins_after_all_that_was_read_has_a_gap() -> None:
    standing = resume(Standing("id", 40, 40), Log("id", 41, 100), 40).standing
    assert (standing.state, standing.next_off) == (ReadingState.GAP, 41)


def test_a_replay_of_a_log_that_lost_what_was_read_once_has_no_gap() -> None:
    standing = resume(Standing("id", 0, 40), Log("id", 40, 100), 40).standing
    assert standing == Standing("id", 40, 40)


def test_a_gap_stays_until_it_is_acknowledged() -> None:
    stored = Standing("id", 41, 41, ReadingState.GAP, "gone")
    assert resume(stored, Log("id", 41, 100), 40).standing == stored


def test_a_commit_beyond_all_that_we_know_means_a_restored_database() -> None:
    assert resume(Standing("id", 40, 40), LOG, 41).restored
    assert resume(None, LOG, 1).restored
    assert not resume(None, LOG, 0).restored


def test_a_restored_database_may_have_a_gap_too() -> None:
    result = resume(Standing("id", 40, 40), Log("id", 70, 100), 80)
    assert result.restored
    assert result.standing.state is ReadingState.GAP
