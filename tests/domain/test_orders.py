"""Placement: what the orders of a pupil in a school mean on a date."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.facts import Order, OrderKind
from domain.ids import ClassId, OrderId, PersonId, SchoolId
from domain.orders import live, next_order_date, placement, roster
from tests.domain.builders import enrolment, rank, withdrawal

SEPTEMBER = date(2026, 9, 1)
DAYS = st.integers(0, 5).map(lambda days: SEPTEMBER + timedelta(days=days))
OWN = SchoolId("s1")


@st.composite
def orders_of_a_pupil(draw: st.DrawFn) -> list[Order]:
    """Orders of one pupil in one school, with as many ties as the days, hours and classes give."""
    lines = draw(
        st.lists(
            st.tuples(st.sampled_from(OrderKind), st.sampled_from("abc"), DAYS, st.integers(0, 2)),
            max_size=7,
        )
    )
    ids = draw(st.permutations([f"o{number}" for number in range(len(lines))]))
    return [
        Order(
            rank(0, order_id),
            OrderId(order_id),
            kind,
            "1",
            datetime(2026, 8, 30, hour, tzinfo=UTC),
            OWN,
            PersonId("p"),
            ClassId(class_id),
            day,
        )
        for order_id, (kind, class_id, day, hour) in zip(ids, lines, strict=True)
    ]


Cancelled = AbstractSet[tuple[OrderId, SchoolId]]
cancellations = st.frozensets(
    st.tuples(
        st.integers(0, 6).map(lambda number: OrderId(f"o{number}")),
        st.sampled_from([OWN, SchoolId("s2")]),
    )
)


def comes_before(one: Order, other: Order) -> bool:
    """Whether an order is before another in the order in which they are folded."""
    if one.effective_on != other.effective_on:
        return one.effective_on < other.effective_on
    if one.ordered_at != other.ordered_at:
        return one.ordered_at < other.ordered_at
    return one.order_id < other.order_id


def recomputed(orders: Sequence[Order], cancelled: Cancelled, on: date) -> Order | None:
    """The placing order, said without a fold.

    It is the enrolment that no other enrolment follows, unless a withdrawal from its class
    follows it.
    """
    counting = [
        order
        for order in orders
        if order.effective_on <= on and (order.order_id, order.school_id) not in cancelled
    ]
    enrolments = [order for order in counting if order.kind is OrderKind.ENROLMENT]
    for last in enrolments:
        if any(comes_before(last, other) for other in enrolments):
            continue
        withdrawn = any(
            order.kind is OrderKind.WITHDRAWAL
            and order.class_id == last.class_id
            and comes_before(last, order)
            for order in counting
        )
        return None if withdrawn else last
    return None


@given(orders_of_a_pupil(), cancellations, DAYS)
def test_placement_equals_a_plain_recomputation_for_any_orders_and_cancellations(
    orders: list[Order], cancelled: Cancelled, on: date
) -> None:
    placed = placement(live(orders, cancelled), on)
    expected = recomputed(orders, cancelled, on)
    assert (placed.order if placed else None) == expected
    assert (placed.class_id if placed else None) == (expected.class_id if expected else None)


@given(orders_of_a_pupil(), cancellations, DAYS, st.data())
def test_any_order_and_repetition_of_the_orders_places_the_pupil_alike(
    orders: list[Order], cancelled: Cancelled, on: date, data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(orders))) if orders else []
    shuffled = data.draw(st.permutations([*orders, *again]))
    assert placement(live(shuffled, cancelled), on) == placement(live(orders, cancelled), on)


@given(orders_of_a_pupil(), DAYS)
def test_between_two_dates_of_orders_nothing_changes(orders: list[Order], today: date) -> None:
    following = next_order_date(orders, today)
    end = SEPTEMBER + timedelta(days=9) if following is None else following
    day = today
    while day < end:
        assert placement(orders, day) == placement(orders, today)
        day += timedelta(days=1)
    assert following is None or following in {order.effective_on for order in orders}


@given(st.dictionaries(st.sampled_from("uvwxyz").map(PersonId), orders_of_a_pupil()), DAYS)
def test_a_roster_is_the_placement_of_each_pupil(
    lines: dict[PersonId, list[Order]], on: date
) -> None:
    by_pupil = {
        pupil: [replace(order, pupil_id=pupil) for order in orders]
        for pupil, orders in lines.items()
    }
    for class_id in map(ClassId, "abc"):
        placed = {pupil: placement(orders, on) for pupil, orders in by_pupil.items()}
        assert roster(by_pupil, class_id, on) == {
            pupil: where.order
            for pupil, where in placed.items()
            if where is not None and where.class_id == class_id
        }


def class_on(on: date, *orders: Order) -> str | None:
    placed = placement(orders, on)
    return None if placed is None else placed.class_id


def test_an_enrolment_places_the_pupil_from_its_date_on() -> None:
    order = enrolment("p", on=SEPTEMBER)
    assert class_on(date(2026, 8, 31), order) is None
    assert class_on(SEPTEMBER, order) == "9g"
    assert class_on(date(9999, 12, 31), order) == "9g"


def test_a_withdrawal_takes_the_pupil_out_on_its_date() -> None:
    orders = enrolment("p", on=SEPTEMBER), withdrawal("p", on=date(2026, 10, 1))
    assert class_on(date(2026, 9, 30), *orders) == "9g"
    assert class_on(date(2026, 10, 1), *orders) is None


def test_a_withdrawal_before_the_enrolment_does_nothing() -> None:
    orders = withdrawal("p", on=date(2026, 8, 31)), enrolment("p", on=SEPTEMBER)
    assert class_on(SEPTEMBER, *orders) == "9g"


def test_a_transfer_is_an_enrolment_and_the_withdrawal_of_that_day_does_no_harm() -> None:
    first = enrolment("p", "9a", SEPTEMBER, "1")
    into = enrolment("p", "9g", date(2026, 10, 1), "2", hour=9)
    before = withdrawal("p", "9a", date(2026, 10, 1), "3", hour=8)
    after = withdrawal("p", "9a", date(2026, 10, 1), "3", hour=10)
    for out in (before, after):
        assert class_on(date(2026, 9, 30), first, into, out) == "9a"
        assert class_on(date(2026, 10, 1), first, into, out) == "9g"
    assert class_on(date(2026, 10, 1), first, into) == "9g"


def test_a_pupil_enrolled_twice_is_placed_by_the_later_order_and_withdrawn_by_one() -> None:
    first, again = enrolment("p", order_id="1"), enrolment("p", order_id="2", hour=11)
    placed = placement([again, first], SEPTEMBER)
    assert placed is not None
    assert placed.order == again
    assert class_on(date(2026, 10, 1), first, again, withdrawal("p")) is None


def test_there_and_back_within_a_day_ends_where_the_last_order_says() -> None:
    there = enrolment("p", "9a", SEPTEMBER, "1", hour=8)
    back = enrolment("p", "9g", SEPTEMBER, "2", hour=9)
    gone = withdrawal("p", "9g", SEPTEMBER, "3", hour=10)
    assert class_on(SEPTEMBER, back, there) == "9g"
    assert class_on(SEPTEMBER, gone, back, there) is None


def test_orders_of_one_day_follow_one_another_as_instants_not_as_clock_faces() -> None:
    kamchatka = datetime.fromisoformat("2026-08-30T12:00:00+12:00")
    kaliningrad = datetime.fromisoformat("2026-08-30T09:00:00+02:00")
    early = replace(enrolment("p", "9a", order_id="1"), ordered_at=kamchatka)
    late = replace(enrolment("p", "9g", order_id="2"), ordered_at=kaliningrad)
    assert class_on(SEPTEMBER, late, early) == "9g"


def test_orders_of_one_instant_follow_one_another_by_code_point_of_their_ids() -> None:
    upper, lower = enrolment("p", "9a", order_id="Z"), enrolment("p", "9g", order_id="a")
    assert class_on(SEPTEMBER, lower, upper) == "9g"


def test_a_cancelled_order_never_had_any_effect() -> None:
    orders = [enrolment("p", "9a", order_id="1"), enrolment("p", "9g", order_id="2", hour=11)]
    assert class_on(SEPTEMBER, *live(orders, {(OrderId("2"), OWN)})) == "9a"
    both = {(OrderId("1"), OWN), (OrderId("2"), OWN)}
    assert class_on(SEPTEMBER, *live(orders, both)) is None


def test_a_cancelled_withdrawal_leaves_the_pupil_in() -> None:
    orders = [enrolment("p"), withdrawal("p")]
    assert class_on(date(2026, 12, 1), *live(orders, {(OrderId("-p"), OWN)})) == "9g"


def test_a_cancellation_by_another_school_counts_for_nothing() -> None:
    orders = [enrolment("p", order_id="1"), enrolment("p", order_id="2", school_id="s2")]
    others = {(OrderId("1"), SchoolId("s2")), (OrderId("2"), OWN)}
    assert live(orders, others) == orders
    assert live(orders, {(OrderId("1"), OWN), (OrderId("2"), SchoolId("s2"))}) == []
