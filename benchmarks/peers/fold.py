"""The fold of the orders, as any stream processor can run it: two steps, each with a key.

By order: the body of the highest rank counts, and a cancellation by the order's own school is
for ever. By school and pupil: the live orders, in force one after another, place the pupil.
State is plain lists and dicts, so every processor can keep it in its own way.

Needs the standard library only, since it runs in the environments of all peers.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

Event = dict[str, Any]  # an event's JSON; nothing here checks it
Line = list[Any]
"""What an order says: whether it enrols, school, pupil, class, effective date, ordered at."""
OrderState = list[Any]
"""Of one order: the rank and the line that count, and the schools that cancelled it."""

ENROLS, SCHOOL, PUPIL, CLASS, ON, ORDERED_AT = range(6)
RANK, LINE, CANCELLED_BY = range(3)

_CANCELLATION: Final = "sgo.order.cancelled.v1"
_ENROLMENT: Final = "sgo.enrolment.ordered.v1"


class Change(NamedTuple):
    """An order that counts for a pupil in a school, or (line None) counts no more."""

    key: str
    order_id: str
    line: Line | None


def by_order(state: OrderState | None, event: Event) -> tuple[OrderState, list[Change]]:
    """The state of the event's order after it, and what that changes for pupils."""
    state = [None, None, []] if state is None else state
    before = _counting(state)
    data = event["data"]
    if event["type"] == _CANCELLATION:
        if data["school_id"] not in state[CANCELLED_BY]:
            state[CANCELLED_BY] = [*state[CANCELLED_BY], data["school_id"]]
    else:
        rank = [_microseconds(event["time"]), event["source"], event["id"]]
        if state[RANK] is None or state[RANK] < rank:
            state[RANK], state[LINE] = rank, _line(event)
    return state, _changes(data["order_id"], before, _counting(state))


def by_pupil(
    orders: dict[str, Line], order_id: str, line: Line | None, today: str
) -> list[str] | None:
    """Take the change into a pupil's orders; the class and the order that place them."""
    if line is None:
        orders.pop(order_id, None)
    else:
        orders[order_id] = line
    return placement(orders, today)


def placement(orders: dict[str, Line], today: str) -> list[str] | None:
    """Where these live orders of a pupil in a school place them today, and by which."""
    due = [(line[ON], line[ORDERED_AT], key, line) for key, line in orders.items()]
    due = [each for each in due if each[0] <= today]
    due.sort()
    placed: list[str] | None = None
    for _, _, order_id, line in due:
        if line[ENROLS]:
            placed = [line[CLASS], order_id]
        elif placed is not None and placed[0] == line[CLASS]:
            placed = None
    return placed


def _counting(state: OrderState) -> Line | None:
    line: Line | None = state[LINE]
    return None if line is None or line[SCHOOL] in state[CANCELLED_BY] else line


def _changes(order_id: str, before: Line | None, after: Line | None) -> list[Change]:
    if before == after:
        return []
    changes = []
    if before is not None and (after is None or _key(before) != _key(after)):
        changes.append(Change(_key(before), order_id, None))
    if after is not None:
        changes.append(Change(_key(after), order_id, after))
    return changes


def _key(line: Line) -> str:
    return f"{line[SCHOOL]}|{line[PUPIL]}"


def _line(event: Event) -> Line:
    data = event["data"]
    return [
        event["type"] == _ENROLMENT,
        data["school_id"],
        data["pupil_id"],
        data["class_id"],
        data["effective_on"],
        _microseconds(data["ordered_at"]),
    ]


def _microseconds(text: str) -> int:
    """An RFC 3339 time as an instant."""
    at = datetime.fromisoformat(text.upper())
    return int(at.timestamp()) * 1_000_000 + at.microsecond
