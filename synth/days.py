"""How a made-up school writes its dates: as real ones, or relative to the day of publishing.

The makers of events count in days from today and never see a date, so one and the same
school can be written as a template for any day or as the events of one day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from synth.relative import school_year

OFFSET: Final = "+03:00"
"""The offset that all made-up instants are written with: Moscow's."""


class Days(Protocol):
    """Writes days that are counted from today; negative ones are past."""

    def day(self, offset: int) -> str:
        """The date so many days from today."""

    def instant(self, offset: int, clock: str) -> str:
        """The instant at the time ``clock`` (HH:MM:SS) of that date."""

    def school_year(self, back: int) -> str:
        """The school year that holds today, or one so many years before."""


@dataclass(frozen=True, slots=True)
class Dated:
    """Real dates, for one ``today``."""

    today: date

    def day(self, offset: int) -> str:
        """As in ``Days``."""
        return (self.today + timedelta(days=offset)).isoformat()

    def instant(self, offset: int, clock: str) -> str:
        """As in ``Days``."""
        return f"{(self.today + timedelta(days=offset)).isoformat()}T{clock}{OFFSET}"

    def school_year(self, back: int) -> str:
        """As in ``Days``."""
        return school_year(self.today, back)


@dataclass(frozen=True, slots=True)
class Relative:
    """Placeholders that ``relative.render`` turns into dates."""

    def day(self, offset: int) -> str:
        """As in ``Days``."""
        return f"{{{{today{_signed(offset)}}}}}"

    def instant(self, offset: int, clock: str) -> str:
        """As in ``Days``."""
        return f"{{{{today{_signed(offset)}T{clock}{OFFSET}}}}}"

    def school_year(self, back: int) -> str:
        """As in ``Days``."""
        return f"{{{{school-year-{back}}}}}" if back else "{{school-year}}"


def _signed(offset: int) -> str:
    return f"{offset:+d}" if offset else ""
