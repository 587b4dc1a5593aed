"""What the soak's judge of lessons' calls lets pass, and what it does not."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.changes import MeetingDeleted, MeetingSet
from tests.soak.lesson_verdict import INTENT_SECONDS, CallWatch, Ended, Said, thrown_out
from tests.soak.removals import Restored

LESSON = "l-1"
ENDED = Ended(LESSON, 100_000)
EARLIER = int(ENDED.at - 1000 * INTENT_SECONDS)


def said(at: int, *, insists: bool = False, lesson: str = LESSON) -> Said:
    return Said(at, lesson, None if insists else f"Урок {at}", insists)


INSISTED, AFTER = said(EARLIER - 500, insists=True), said(EARLIER - 100)


@pytest.mark.parametrize(
    ("words", "taken", "restores", "faults"),
    [
        ([], [], [], 1),
        ([INSISTED], [INSISTED], [], 0),
        ([said(ENDED.at + 1, insists=True)], [], [], 1),
        ([said(EARLIER - 500, insists=True, lesson="l-2")], [], [], 1),
        # Another word has come since, in good time; it may not stand; it was taken back.
        ([INSISTED, AFTER], [INSISTED, AFTER], [], 1),
        ([INSISTED, AFTER], [INSISTED], [], 0),
        ([INSISTED, AFTER], [INSISTED, AFTER], [Restored(EARLIER, AFTER.at - 1)], 0),
        # The call may have been intended before the later word.
        ([INSISTED, said(EARLIER + 1)], [INSISTED, said(EARLIER + 1)], [], 0),
    ],
)
def test_a_call_goes_while_it_runs_by_the_word_that_counted_then(
    words: list[Said], taken: list[Said], restores: list[Restored], faults: int
) -> None:
    assert len(thrown_out([ENDED], words, taken, restores)) == faults


def call(number: str, minutes: float, lesson: str = LESSON) -> MeetingSet:
    start = datetime.now(UTC) + timedelta(minutes=minutes)
    end = start + timedelta(minutes=10)
    return MeetingSet(number, f"lesson:{lesson}", -1, "Урок", start.isoformat(), end.isoformat())


def test_a_second_call_of_a_lesson_is_seen_and_another_lessons_is_none() -> None:
    watch = CallWatch({LESSON, "l-2"})
    for each in (call("1", 5), call("2", 5, "l-2"), call("1", 6)):
        watch(each)
    assert watch.faults == []
    watch(call("3", 5))
    assert watch.faults == ["l-1 has a second call"]


def test_a_call_that_runs_and_is_deleted_or_moved_away_is_noted() -> None:
    watch = CallWatch({LESSON, "l-2"})
    for each in (call("1", 5), MeetingDeleted("1"), call("2", -5), call("2", -4)):
        watch(each)
    assert watch.ended == []
    watch(call("2", 5))
    assert [each.lesson for each in watch.ended] == [LESSON]
    for change in (call("3", -5, "l-2"), MeetingDeleted("3")):
        watch(change)
    assert [each.lesson for each in watch.ended] == [LESSON, "l-2"]
