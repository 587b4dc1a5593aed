"""The guard's limits by date: the weeks around 1 September and the end of the school year.

Orders come in heaps then, and lawfully so. A season has its own limits and returns every
year; dates are the school's own.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.guard import GuardLimits

USUAL = GuardLimits()
"""The limits of an installation that sets none."""

MonthDay = tuple[int, int]
"""Month and day: (9, 1) is 1 September."""


@dataclass(frozen=True, slots=True)
class Season:
    """Other limits from ``first`` to ``last``, both included; it may run over New Year."""

    first: MonthDay
    last: MonthDay
    limits: GuardLimits

    def holds(self, day: date) -> bool:
        """Whether ``day`` is in the season."""
        today = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= today <= self.last
        return today >= self.first or today <= self.last


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """What an installation lets be removed without a person, and how long decisions hold."""

    limits: GuardLimits = USUAL
    seasons: tuple[Season, ...] = ()
    approval_hours: float = 24.0
    rejection_days: float = 30.0

    def limits_on(self, day: date) -> GuardLimits:
        """The limits on this date: of the first season that holds, else the usual ones."""
        return next((each.limits for each in self.seasons if each.holds(day)), self.limits)


def scaled(limits: GuardLimits, factor: float) -> GuardLimits:
    """The limits with floors and shares ``factor`` times as high; floors rounded down.

    Orders come in heaps in a season; people unlink as ever, and nobody flaps for it.
    """
    times = Decimal(str(factor))

    def floor(value: int) -> int:
        return int(times * value)

    def share(value: float) -> float:
        return float(times * Decimal(str(value)))

    return replace(
        limits,
        chat_floor=floor(limits.chat_floor),
        chat_share=share(limits.chat_share),
        school_floor=floor(limits.school_floor),
        school_share=share(limits.school_share),
        total_floor=floor(limits.total_floor),
        total_share=share(limits.total_share),
    )
