"""Which enrolments place their pupil, and until when: the fold of one pupil's orders in a school.

For engines that run Python: a pure function, with the standard library only, since it runs in
their environments.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Line(NamedTuple):
    """A live order, in the order in which orders follow one another."""

    effective_on: str
    ordered_at: int
    order_id: str
    enrols: bool
    class_id: str


class Placing(NamedTuple):
    """An enrolment and the day on which it stops placing its pupil, if it does."""

    order_id: str
    class_id: str
    effective_on: str
    until: str | None


def placings(lines: Iterable[Line]) -> tuple[Placing, ...]:
    """The enrolments of these orders of one pupil in one school that place for a day or more."""
    found: list[Placing] = []
    open_: Line | None = None
    for line in sorted(lines):
        if open_ is not None and (line.enrols or line.class_id == open_.class_id):
            if open_.effective_on < line.effective_on:
                found.append(Placing(*_head(open_), line.effective_on))
            open_ = None
        if line.enrols:
            open_ = line
    if open_ is not None:
        found.append(Placing(*_head(open_), None))
    return tuple(found)


def _head(line: Line) -> tuple[str, str, str]:
    return line.order_id, line.class_id, line.effective_on


def microseconds(text: str) -> int:
    """An RFC 3339 time as an instant, cut to microseconds."""
    return _microseconds(datetime.fromisoformat(text.upper()))


def midnight(day: str, zone: str) -> int:
    """The first instant of the date in the zone."""
    return _microseconds(
        datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone))
    )


def _microseconds(at: datetime) -> int:
    seconds = at.astimezone(UTC)
    return int(seconds.timestamp()) * 1_000_000 + seconds.microsecond
