"""Distance lessons: who may do what when, and that a call follows the register, and no further."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Lesson
from domain.ids import GroupId, LessonId, PersonId, SchoolId
from domain.lesson_calls import (
    AsItShouldBe,
    CallPlan,
    ChangeCall,
    DeleteCall,
    KnownCall,
    LeaveRunning,
    Made,
    MakeCall,
    NotMade,
    Step,
    Uncertain,
    next_step,
    wanted_call,
)
from domain.lessons import (
    TITLE_LIMIT,
    Ended,
    Enter,
    JournalRow,
    Moment,
    NoEntrance,
    NotYet,
    default_title,
    entrance,
    journal_row,
    moment,
)
from tests.domain.builders import rank

NINE = datetime(2026, 12, 16, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def lesson(
    starts: datetime = NINE,
    minutes: int = 40,
    *,
    cancelled: bool = False,
) -> Lesson:
    return Lesson(
        rank(),
        LessonId("l-1"),
        SchoolId("s1"),
        GroupId("geo"),
        "Материки и океаны",
        PersonId("t-1"),
        starts,
        starts + minutes * MINUTE,
        cancelled,
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NINE - timedelta(microseconds=1), Moment.BEFORE),
        (NINE, Moment.RUNNING),
        (NINE + 40 * MINUTE - timedelta(microseconds=1), Moment.RUNNING),
        (NINE + 40 * MINUTE, Moment.OVER),
    ],
)
def test_a_lesson_runs_from_its_start_up_to_its_end(at: datetime, expected: Moment) -> None:
    assert moment(NINE, NINE + 40 * MINUTE, at) is expected


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_lesson_of_no_length_never_runs(at: datetime, now: datetime) -> None:
    assert moment(at, at, now) is not Moment.RUNNING


@given(st.integers(0, 200))
def test_of_two_lessons_that_touch_at_most_one_runs(minute: int) -> None:
    first, second = lesson(), lesson(NINE + 40 * MINUTE)
    now = NINE - 40 * MINUTE + minute * MINUTE
    running = [moment(each.starts_at, each.ends_at, now) for each in (first, second)]
    assert running.count(Moment.RUNNING) == (NINE <= now < NINE + 80 * MINUTE)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Moscow", "16.12.2022 15:50"),
        ("Europe/Kaliningrad", "16.12.2022 14:50"),
        ("Asia/Kamchatka", "17.12.2022 00:50"),
    ],
)
def test_the_default_name_is_in_the_schools_own_time(zone: str, shown: str) -> None:
    starts = datetime(2022, 12, 16, 12, 50, tzinfo=UTC)
    assert default_title("География", starts, ZoneInfo(zone)) == (
        f"Урок по предмету «География» от {shown}"
    )


def test_an_hour_that_comes_twice_is_named_twice() -> None:
    zone = ZoneInfo("America/Havana")
    first = datetime(2022, 11, 6, 4, 30, tzinfo=UTC)
    names = {default_title("A", at, zone) for at in (first, first + timedelta(hours=1))}
    assert names == {"Урок по предмету «A» от 06.11.2022 00:30"}


@given(st.text(max_size=400))
def test_any_subject_makes_a_name_that_a_chat_could_have(subject: str) -> None:
    title = default_title(subject, NINE, ZoneInfo("Europe/Moscow"))
    assert len(title) <= TITLE_LIMIT
    assert title.endswith("» от 16.12.2026 12:00")


@pytest.mark.parametrize(
    ("minutes", "planned", "row"),
    [
        (-1, False, JournalRow.CREATE),
        (-1, True, JournalRow.OPEN_OR_DELETE),
        (39, False, JournalRow.CREATE),
        (39, True, JournalRow.OPEN_OR_DELETE),
        (40, False, JournalRow.OVER),
        (40, True, JournalRow.OVER),
    ],
)
def test_the_journals_row_follows_the_clock(
    minutes: int, row: JournalRow, *, planned: bool
) -> None:
    assert journal_row(lesson(), NINE + minutes * MINUTE, planned=planned) is row


def test_a_lesson_that_the_register_cancelled_offers_nothing() -> None:
    off = lesson(cancelled=True)
    assert journal_row(off, NINE, planned=True) is JournalRow.CANCELLED
    assert entrance(off, NINE, planned=True) == NoEntrance()


@pytest.mark.parametrize("planned", [False, True])
@given(minute=st.integers(-60, 120))
def test_the_link_is_given_only_while_the_lesson_runs(minute: int, *, planned: bool) -> None:
    answer = entrance(lesson(), NINE + minute * MINUTE, planned=planned)
    assert (answer == Enter()) is (planned and 0 <= minute < 40)
    if not planned:
        assert answer == NoEntrance()
    elif answer != Enter():
        assert answer == (NotYet(NINE) if minute < 0 else Ended())


PLAN = CallPlan("Урок", NINE, NINE + 40 * MINUTE)


@pytest.mark.parametrize(
    ("wanted", "known", "minute", "step"),
    [
        (None, NotMade(), 0, AsItShouldBe()),
        (PLAN, NotMade(), -5, MakeCall(PLAN)),
        (PLAN, NotMade(), 39, MakeCall(PLAN)),
        (PLAN, NotMade(), 40, AsItShouldBe()),
        (PLAN, Made("c", PLAN), -5, AsItShouldBe()),
        (None, Made("c", PLAN), -5, DeleteCall("c")),
        (None, Made("c", PLAN), 5, LeaveRunning(PLAN.ends_at)),
        (None, Made("c", PLAN), 40, AsItShouldBe()),
        (None, Uncertain(PLAN), 5, MakeCall(PLAN)),
        (None, Uncertain(PLAN), 40, AsItShouldBe()),
    ],
)
def test_a_call_is_made_and_deleted_with_its_lesson(
    wanted: CallPlan | None, known: KnownCall, minute: int, step: Step
) -> None:
    assert next_step(wanted, known, NINE + minute * MINUTE) == step


def test_a_lesson_that_is_moved_while_it_runs_keeps_its_call_until_the_end() -> None:
    later = replace(PLAN, starts_at=NINE + 120 * MINUTE, ends_at=NINE + 160 * MINUTE)
    known = Made("c", PLAN)
    assert next_step(later, known, NINE + MINUTE) == LeaveRunning(PLAN.ends_at)
    assert next_step(later, known, NINE + MINUTE, insists=True) == ChangeCall("c", later)
    assert next_step(later, known, PLAN.ends_at) == ChangeCall("c", later)


def test_a_lesson_that_goes_on_longer_is_told_at_once() -> None:
    longer = replace(PLAN, ends_at=NINE + 60 * MINUTE)
    assert next_step(longer, Made("c", PLAN), NINE + MINUTE) == ChangeCall("c", longer)


def test_a_cancelled_lesson_or_one_that_nobody_wants_has_no_call() -> None:
    assert wanted_call(lesson(), None) is None
    assert wanted_call(lesson(cancelled=True), "Урок") is None
    assert wanted_call(lesson(), "Урок") == PLAN


plans = st.builds(
    lambda title, start, length: CallPlan(
        title, NINE + start * MINUTE, NINE + (start + length) * MINUTE
    ),
    st.sampled_from(["Урок", "Другой урок"]),
    st.integers(-30, 30),
    st.integers(1, 40),
)
wishes = st.one_of(st.none(), plans)


@given(wishes, plans, st.integers(-60, 120))
def test_no_call_that_runs_is_deleted_or_moved_away_without_a_word(
    wanted: CallPlan | None, has: CallPlan, minute: int
) -> None:
    now = NINE + minute * MINUTE
    step = next_step(wanted, Made("c", has), now)
    if has.at(now) is Moment.RUNNING:
        assert not isinstance(step, DeleteCall)
        if isinstance(step, ChangeCall):
            assert step.plan.at(now) is Moment.RUNNING


@given(wishes, st.one_of(st.just(NotMade()), st.builds(Uncertain, plans)), st.integers(-60, 120))
def test_whatever_is_wanted_is_reached_in_at_most_two_calls(
    wanted: CallPlan | None, known: KnownCall, minute: int
) -> None:
    now = NINE + minute * MINUTE
    calls = 0
    while not isinstance(step := next_step(wanted, known, now, insists=True), AsItShouldBe):
        calls += 1
        match step:
            case MakeCall(plan):
                known = Made("c", plan)
            case ChangeCall(call_id, plan):
                known = Made(call_id, plan)
            case DeleteCall():
                known = NotMade()
            case LeaveRunning():
                pytest.fail("a person has insisted")
    assert calls <= 2
    if wanted is None or wanted.at(now) is Moment.OVER:
        assert not isinstance(known, Made) or known.plan.at(now) is Moment.OVER
    else:
        assert known == Made("c", wanted)


@given(wishes, plans, st.integers(-60, 120))
def test_who_is_left_alone_is_looked_at_again_when_it_is_over(
    wanted: CallPlan | None, has: CallPlan, minute: int
) -> None:
    now = NINE + minute * MINUTE
    step = next_step(wanted, Made("c", has), now)
    if isinstance(step, LeaveRunning):
        assert step.until > now
        assert not isinstance(next_step(wanted, Made("c", has), step.until), LeaveRunning)
