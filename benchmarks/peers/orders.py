"""A year of orders of a region as records of one topic, with what makes a fold hard.

Deterministic for a seed. Most pupils are enrolled once; some change classes, leave, or are
enrolled in two schools. Orders are corrected (two bodies under one id), cancelled (by their own
school or, in vain, by another), repeated, and dated ahead; and they come in no exact order.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

TOPIC: Final = "sgo.orders"
TODAY: Final = date(2026, 11, 24)

_START: Final = datetime(2026, 8, 1, tzinfo=UTC)
_SCHOOL: Final = 900
_CLASSES: Final = 36
_SHUFFLED: Final = 500

Event = dict[str, object]


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One record to publish."""

    key: bytes
    value: bytes


def records(count: int, seed: int = 1) -> Iterator[OrderRecord]:
    """Exactly ``count`` records; nearly in the order of their times."""
    dice = random.Random(seed)
    waiting: list[Event] = []
    stream = _events(dice)
    for _ in range(count):
        while len(waiting) < _SHUFFLED:
            waiting.append(next(stream))
        place = dice.randrange(len(waiting))
        waiting[place], waiting[-1] = waiting[-1], waiting[place]
        event = waiting.pop()
        yield OrderRecord(str(event["subject"]).encode(), json.dumps(event).encode())


def _events(dice: random.Random) -> Iterator[Event]:
    number = 0
    for pupil in _numbers():
        for order in _year_of(dice, pupil):
            number += 1
            event = _event(number, order)
            yield event
            if dice.random() < 0.01:
                yield event
            if dice.random() < 0.01:
                number += 1
                yield _event(number, order)


def _event(number: int, order: Event) -> Event:
    return {
        "specversion": "1.0",
        "id": f"o-{number:09}",
        "source": "urn:sgo:peers",
        "time": (_START + timedelta(seconds=number)).isoformat(),
        "datacontenttype": "application/json",
        **order,
    }


def _numbers() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def _year_of(dice: random.Random, pupil: int) -> Iterator[Event]:
    """One pupil's orders: enrolled, perhaps moved, perhaps gone, perhaps all a mistake."""
    school = pupil // _SCHOOL
    of_class = f"c{dice.randrange(_CLASSES)}-{school}"
    first = _order("enrolment", f"{pupil}-1", school, pupil, of_class, "2026-09-01", dice)
    yield first
    if dice.random() < 0.25:
        day = dice.choice(["2026-10-01", "2026-11-24", "2026-12-01"])
        other = f"c{dice.randrange(_CLASSES)}-{school}"
        yield _order("enrolment", f"{pupil}-2", school, pupil, other, day, dice)
        yield _order("withdrawal", f"{pupil}-3", school, pupil, of_class, day, dice)
    if dice.random() < 0.05:
        yield _order("withdrawal", f"{pupil}-4", school, pupil, of_class, "2026-11-01", dice)
    if dice.random() < 0.05:
        yield _order("enrolment", f"{pupil}-5", school + 1, pupil, of_class, "2026-09-01", dice)
    if dice.random() < 0.03:
        corrected = f"c{dice.randrange(_CLASSES)}-{school}"
        yield _order("enrolment", f"{pupil}-1", school, pupil, corrected, "2026-09-01", dice)
    if dice.random() < 0.05:
        by = school if dice.random() < 0.8 else school + 1
        yield _cancellation(f"{pupil}-{dice.choice('12')}", by)


def _order(
    kind: str,
    order: str,
    school: int,
    pupil: int,
    of_class: str,
    effective_on: str,
    dice: random.Random,
) -> Event:
    data = {
        "order_id": f"order-{order}",
        "order_number": f"{dice.randrange(900)}-к",
        "ordered_at": f"2026-08-{dice.randrange(1, 29):02}T{dice.randrange(24):02}:00:00+03:00",
        "school_id": f"school-{school}",
        "pupil_id": f"pupil-{pupil}",
        "class_id": of_class,
        "effective_on": effective_on,
    }
    return {"type": f"sgo.{kind}.ordered.v1", "subject": data["order_id"], "data": data}


def _cancellation(order: str, school: int) -> Event:
    data = {
        "order_id": f"order-{order}",
        "school_id": f"school-{school}",
        "cancelled_at": "2026-09-02T10:00:00+03:00",
    }
    return {"type": "sgo.order.cancelled.v1", "subject": data["order_id"], "data": data}
