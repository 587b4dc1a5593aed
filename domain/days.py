"""Days: a school's calendar dates and the instants at which they begin.

An order takes effect at the school's own midnight, whatever the servers' zone. The caller
says what time it is; here is only the arithmetic, time-zone gaps and overlaps included.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.facts import Order
from domain.orders import next_order_date

DEFAULT_ZONE = "Europe/Moscow"
"""The zone of a school that is not known yet, unless the installation names another."""


def zone_of(name: str | None, default: str = DEFAULT_ZONE) -> tzinfo:
    """The zone of this IANA name; ``default``'s where there is no such zone or no name."""
    if name is not None:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # OSError: names such as "Europe" are folders of the zone database.
            pass
    return ZoneInfo(default)


@lru_cache(maxsize=8192)
def midnight(zone: tzinfo, on: date) -> datetime:
    """The first instant of the date ``on`` in ``zone``, in UTC.

    Where clocks skip midnight it is the instant after the gap; where they repeat it, the
    first one. A date too early to have an instant in UTC begins at the earliest instant.
    """
    wall = datetime.combine(on, time.min, tzinfo=zone)
    try:
        instant = wall.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    return _end_of_gap(zone, on, wall.replace(fold=1).astimezone(UTC), instant)


def _end_of_gap(zone: tzinfo, on: date, before: datetime, after: datetime) -> datetime:
    """The first instant of ``on`` or later, known to lie past ``before``, not past ``after``."""
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if local_date(zone, before + timedelta(seconds=middle)) < on:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def local_date(zone: tzinfo, now: datetime) -> date:
    """The date in ``zone`` at the aware instant ``now``."""
    return now.astimezone(zone).date()


def next_change_on(today: date, closes_on: date | None, orders: Iterable[Order]) -> date | None:
    """The next date on which a chat's expected members change with no event arriving.

    That is when an order takes effect or the chat closes. An order that takes effect on the
    closing date or later never does: placement stands still on the day before.
    """
    if closes_on is not None and closes_on <= today:
        return None
    ordered = next_order_date(orders, today)
    return min((day for day in (ordered, closes_on) if day is not None), default=None)
