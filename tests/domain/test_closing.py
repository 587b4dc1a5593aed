"""A closing class is frozen, not emptied."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chats import closing_date, counting_day, is_frozen
from domain.days import next_change_on
from domain.facts import Fact
from tests.domain.builders import (
    CHEMISTRY,
    CLASS,
    PARENTS,
    ROOM,
    World,
    cancellation,
    employment,
    enrolment,
    group,
    guardianship,
    school,
    school_class,
    withdrawal,
)

LAST_DAY, CLOSING, AFTER = date(2027, 5, 31), date(2027, 6, 1), date(2027, 8, 1)

CLOSED: tuple[Fact, ...] = (
    school(),
    school_class(teacher="kate", closed_on=CLOSING),
    group(teachers=["rose"]),
    enrolment("ann"),
    guardianship("mum", "ann"),
)


def test_a_chat_closes_on_the_earliest_date_of_its_group_class_and_school() -> None:
    dates = {"group": date(2027, 1, 3), "class": date(2027, 1, 2), "school": date(2027, 1, 1)}
    world = World(
        school(closed_on=dates["school"]),
        school_class(closed_on=dates["class"]),
        group(closed_on=dates["group"]),
    )
    assert {chat.closes_on for chat in world.chats().values()} == {dates["school"]}
    world = World(school(), school_class(closed_on=dates["class"]), group(closed_on=dates["group"]))
    assert {key: chat.closes_on for key, chat in world.chats().items()} == {
        ROOM: None,
        CLASS: dates["class"],
        PARENTS: dates["class"],
        CHEMISTRY: dates["class"],
    }
    world = World(school(), school_class(), group(closed_on=dates["group"]))
    assert world.chats()[CHEMISTRY].closes_on == dates["group"]
    assert world.chats()[CLASS].closes_on is None


@given(st.lists(st.none() | st.dates()))
def test_the_closing_date_is_the_earliest_that_is_set(dates: list[date | None]) -> None:
    known = sorted(day for day in dates if day is not None)
    assert closing_date(*dates) == (known[0] if known else None)


@pytest.mark.parametrize(
    ("today", "frozen", "counts"),
    [
        (LAST_DAY, False, LAST_DAY),
        (CLOSING, True, LAST_DAY),
        (AFTER, True, LAST_DAY),
    ],
)
def test_from_the_closing_date_on_the_day_before_counts(
    today: date, *, frozen: bool, counts: date
) -> None:
    chat = World(*CLOSED).chats()[CLASS]
    assert is_frozen(chat, today) is frozen
    assert counting_day(chat, today) == counts


def test_a_chat_that_never_closes_counts_today() -> None:
    chat = World(*CLOSED).chats()[ROOM]
    assert counting_day(chat, AFTER) == AFTER
    assert not is_frozen(chat, AFTER)


def test_a_closing_date_before_all_dates_is_no_accident() -> None:
    chat = World(school(closed_on=date.min)).chats()[ROOM]
    assert counting_day(chat, AFTER) == date.min


def test_orders_from_the_closing_date_on_take_nobody_out_and_let_nobody_in() -> None:
    world = World(*CLOSED, withdrawal("ann", on=CLOSING), enrolment("late", on=CLOSING))
    assert world.people(CLASS, AFTER) == {"kate", "ann"}
    assert world.people(PARENTS, AFTER) == {"kate", "mum"}


def test_orders_of_before_the_closing_date_count_however_late_they_come() -> None:
    world = World(*CLOSED, enrolment("bob", on=LAST_DAY), cancellation("+ann"))
    assert world.people(CLASS, AFTER) == {"kate", "bob"}


def test_facts_without_a_date_count_as_they_are_known() -> None:
    world = World(*CLOSED, guardianship("dad", "ann"), employment("kate", ended=True))
    assert world.people(PARENTS, AFTER) == {"mum", "dad"}


def test_a_chat_changes_by_itself_when_an_order_takes_effect_and_when_it_closes() -> None:
    orders = [enrolment("ann", on=date(2026, 9, 1)), withdrawal("ann", on=date(2026, 10, 1))]
    assert next_change_on(date(2026, 8, 31), CLOSING, orders) == date(2026, 9, 1)
    assert next_change_on(date(2026, 9, 1), CLOSING, orders) == date(2026, 10, 1)
    assert next_change_on(date(2026, 10, 1), CLOSING, orders) == CLOSING
    assert next_change_on(date(2026, 10, 1), None, orders) is None
    assert next_change_on(CLOSING, CLOSING, [enrolment("bob", on=AFTER)]) is None
    assert next_change_on(LAST_DAY, CLOSING, [enrolment("bob", on=AFTER)]) == CLOSING


PUPILS = st.sampled_from(["ann", "bob"])
DAYS = st.integers(-3, 6).map(lambda days: LAST_DAY + timedelta(days=days))
ORDERS = st.lists(
    st.one_of(
        st.builds(enrolment, PUPILS, st.sampled_from(["9g", "9a"]), DAYS),
        st.builds(withdrawal, PUPILS, st.just("9g"), DAYS),
    ),
    max_size=5,
)


@given(ORDERS, st.none() | DAYS, DAYS)
def test_before_the_next_change_the_answer_is_the_same_every_day(
    lines: list[Fact], closes_on: date | None, today: date
) -> None:
    world = World(school(), school_class(closed_on=closes_on), *lines)
    facts = world.facts_of(CLASS, today)
    orders = [order for each in world.orders("s1").values() for order in each]
    change = next_change_on(today, facts.chat.closes_on, orders)
    day, end = today, change or today + timedelta(days=20)
    while day < end:
        assert world.expected(CLASS, day) == world.expected(CLASS, today)
        assert is_frozen(facts.chat, day) == is_frozen(facts.chat, today)
        day += timedelta(days=1)
