"""Since when something is true, where that is not the time of the event that told us.

A membership that rests on an order begins and ends with orders, on their dates at the
school's midnight, however late they are recorded.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo

from domain.days import midnight
from domain.expected import Reason
from domain.facts import Order, OrderKind
from domain.ids import ClassId, OrderId
from domain.orders import in_force_order


def valid_from(reasons: Sequence[Reason], fallback: datetime) -> datetime:
    """When a membership became true: with the first of its reasons, else at ``fallback``."""
    if len(reasons) == 1:  # nearly always, and there are millions
        return reasons[0].since
    return min((reason.since for reason in reasons), default=fallback)


def order_that_took_out(orders: Iterable[Order], class_id: ClassId, on: date) -> Order | None:
    """The order by which one pupil last left the class; None if placed there on ``on``, or never.

    ``orders`` are the pupil's live orders in one school, in any order. What takes a pupil out
    is a withdrawal from the class, or an enrolment in another class of the school.
    """
    placed, took_out = False, None
    for order in sorted((each for each in orders if each.effective_on <= on), key=in_force_order):
        enrols = order.kind is OrderKind.ENROLMENT
        if enrols and order.class_id == class_id:
            placed, took_out = True, None
        elif placed and (enrols or order.class_id == class_id):
            placed, took_out = False, order
    return took_out


def left_at(
    lost: Iterable[Reason], orders: Iterable[Order], on: date, zone: tzinfo, fallback: datetime
) -> datetime:
    """When it became true that a person left a chat, by the reasons that they had in it.

    Each reason that rests on an order ended with the order that took that pupil out, if one
    did; every other one at ``fallback``, the time of the event that was the cause. The last
    of them counts. ``orders`` are the live orders of the pupils concerned, of the chat's
    school: a cancelled order took nobody in or out.
    """
    known = list(orders)
    placing = {order.order_id: order for order in known}
    ends = []
    for reason in lost:
        order = placing.get(OrderId(reason.order)) if reason.order is not None else None
        took_out = None
        if order is not None:
            own = (each for each in known if each.pupil_id == order.pupil_id)
            took_out = order_that_took_out(own, order.class_id, on)
        ends.append(fallback if took_out is None else midnight(zone, took_out.effective_on))
    return max(ends, default=fallback)
