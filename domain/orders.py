"""What orders mean: where a pupil is placed in a school on a date, and by which order.

Placement is a fold over the live orders of one pupil in one school, in an order of their
own (``effective_on``, ``ordered_at``, ``order_id``), so the order of arrival never matters.
Schools are independent: give the functions that fold the orders of one school only.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from domain.facts import Order, OrderKind
from domain.ids import ClassId, OrderId, PersonId, SchoolId


@dataclass(frozen=True, slots=True)
class Placement:
    """A pupil's class in one school, and the latest enrolment that placed them in it."""

    class_id: ClassId
    order: Order


def live(
    orders: Iterable[Order], cancellations: AbstractSet[tuple[OrderId, SchoolId]]
) -> list[Order]:
    """The orders that were not cancelled, in the order given.

    A cancellation by another school than the order's own counts for nothing.
    """
    return [order for order in orders if (order.order_id, order.school_id) not in cancellations]


def placement(orders: Iterable[Order], on: date) -> Placement | None:
    """Where one pupil is placed on ``on`` by their live orders in one school."""
    order = _placing([order for order in orders if order.effective_on <= on])
    return None if order is None else Placement(order.class_id, order)


def next_order_date(orders: Iterable[Order], after: date) -> date | None:
    """The first date after ``after`` on which one of the orders takes effect."""
    return min((order.effective_on for order in orders if order.effective_on > after), default=None)


def roster(
    orders_by_pupil: Mapping[PersonId, Sequence[Order]], class_id: ClassId, on: date
) -> dict[PersonId, Order]:
    """The pupils placed in the class on ``on``, each with the order that placed them.

    The orders are live and of one school. Pupils come in the mapping's order.
    """
    placed: dict[PersonId, Order] = {}
    for pupil_id, orders in orders_by_pupil.items():
        order = _placing([order for order in orders if order.effective_on <= on])
        if order is not None and order.class_id == class_id:
            placed[pupil_id] = order
    return placed


def in_force_order(order: Order) -> tuple[date, datetime, OrderId]:
    """The key by which the orders of a pupil in a school follow one another."""
    return order.effective_on, order.ordered_at, order.order_id


def _placing(orders: list[Order]) -> Order | None:
    # Most pupils have one order, and this runs for every pupil of a region: no sort for one.
    if len(orders) > 1:
        orders.sort(key=in_force_order)
    placing: Order | None = None
    for order in orders:
        if order.kind is OrderKind.ENROLMENT:
            placing = order
        elif placing is not None and placing.class_id == order.class_id:
            placing = None
    return placing
