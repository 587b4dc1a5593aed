"""Since when a membership is true, and since when it is not."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.days import zone_of
from domain.expected import Reason, ReasonKind, Role
from domain.facts import Order
from domain.history import left_at, order_that_took_out, valid_from
from domain.ids import ClassId
from domain.orders import placement
from tests.domain.builders import EVENT_TIME, TODAY, enrolment, withdrawal

ZONE = zone_of("Europe/Moscow")
LEARNED = datetime(2026, 11, 20, 7, tzinfo=UTC)
OWN = ClassId("9g")


def reason(order: str | None) -> Reason:
    kind = ReasonKind.EMPLOYMENT if order is None else ReasonKind.ORDER
    return Reason(kind, order or "s1", Role.MEMBER, EVENT_TIME, order)


def left(lost: list[Reason], *orders: Order) -> datetime:
    return left_at(lost, orders, TODAY, ZONE, LEARNED)


def test_a_membership_is_true_since_the_first_of_its_reasons() -> None:
    early = Reason(ReasonKind.ORDER, "+ann", Role.MEMBER, EVENT_TIME - timedelta(days=3), "+ann")
    assert valid_from([reason(None), early], LEARNED) == early.since
    assert valid_from([], LEARNED) == LEARNED


def test_a_withdrawal_recorded_late_took_the_pupil_out_on_its_own_date() -> None:
    orders = enrolment("ann"), withdrawal("ann", on=date(2026, 10, 1))
    assert left([reason("+ann")], *orders) == datetime(2026, 9, 30, 21, tzinfo=UTC)


def test_a_transfer_took_the_pupil_out_on_the_date_of_the_new_enrolment() -> None:
    orders = enrolment("ann"), enrolment("ann", "9a", date(2026, 10, 5), "2")
    assert left([reason("+ann")], *orders) == datetime(2026, 10, 4, 21, tzinfo=UTC)


def test_a_cancelled_enrolment_ended_when_we_were_told() -> None:
    assert left([reason("+ann")]) == LEARNED


def test_a_guardian_leaves_with_the_last_pupil() -> None:
    orders = (
        enrolment("ann"),
        withdrawal("ann", on=date(2026, 10, 1)),
        enrolment("amy"),
        withdrawal("amy", on=date(2026, 10, 9)),
    )
    lost = [reason("+ann"), reason("+amy")]
    assert left(lost, *orders) == datetime(2026, 10, 8, 21, tzinfo=UTC)


def test_what_no_order_ended_ended_when_we_were_told() -> None:
    assert left([reason(None)]) == LEARNED
    assert left([reason("+ann")], enrolment("ann")) == LEARNED
    assert left([]) == LEARNED


def test_one_who_came_back_and_left_again_left_with_the_later_order() -> None:
    orders = [
        enrolment("ann"),
        withdrawal("ann", on=date(2026, 9, 10), order_id="1"),
        enrolment("ann", on=date(2026, 9, 20), order_id="2"),
        withdrawal("ann", on=date(2026, 9, 30), order_id="3"),
        withdrawal("ann", on=date(2026, 10, 15), order_id="4"),
    ]
    took_out = order_that_took_out(orders, OWN, TODAY)
    assert took_out == orders[3]
    assert order_that_took_out(orders, OWN, date(2026, 9, 25)) is None
    assert order_that_took_out(orders, OWN, date(2026, 9, 15)) == orders[1]


FIRST = date(2026, 9, 1)
DAYS = st.integers(0, 6).map(lambda days: FIRST + timedelta(days=days))


@st.composite
def orders_of_ann(draw: st.DrawFn) -> list[Order]:
    """Orders of one pupil in two classes, over a week."""
    makers = st.sampled_from([enrolment, withdrawal])
    classes = st.sampled_from([OWN, ClassId("9a")])
    lines = draw(st.lists(st.tuples(makers, classes, DAYS), max_size=6))
    return [
        make("ann", class_id, day, str(number))
        for number, (make, class_id, day) in enumerate(lines)
    ]


def in_class(orders: list[Order], on: date) -> bool:
    placed = placement(orders, on)
    return placed is not None and placed.class_id == OWN


@given(orders_of_ann(), DAYS)
def test_for_any_orders_the_pupil_is_out_since_the_order_that_took_them_out(
    orders: list[Order], today: date
) -> None:
    days = [FIRST + timedelta(days=number) for number in range((today - FIRST).days + 1)]
    took_out = order_that_took_out(orders, OWN, today)
    if took_out is None:
        assert in_class(orders, today) or not any(in_class(orders, day) for day in days)
    else:
        since = took_out.effective_on
        assert not any(in_class(orders, day) for day in days if day >= since)


@given(orders_of_ann(), DAYS, st.data())
def test_any_order_of_the_orders_has_the_same_one_take_the_pupil_out(
    orders: list[Order], today: date, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(orders))
    assert order_that_took_out(shuffled, OWN, today) == order_that_took_out(orders, OWN, today)
