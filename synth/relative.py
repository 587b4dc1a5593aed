"""Dates that are written relative to the day of publishing.

A file of events that is to make sense on any day holds, in place of a date, a string that
is exactly one of these (N is a number of days, at most five digits):

- ``"{{today}}"``, ``"{{today-N}}"``, ``"{{today+N}}"``: a date;
- the same with a time of day and an offset, ``"{{today-30T08:00:00+03:00}}"``: an instant;
- ``"{{school-year}}"``, ``"{{school-year-1}}"``: "2026/2027", the school year (from
  1 September) that holds today, or one so many years before.

Nothing else is touched: not a placeholder within a longer string, not the name of a member,
not a name such as ``{{7*7}}``. A date that the calendar does not have stays as it is
written, and is then refused like any other bad date.
"""

import re
from datetime import date, timedelta

_PLACEHOLDER = re.compile(
    r'(?<!\\)"\{\{'
    r"(?:today(?P<days>[+-][0-9]{1,5})?"
    r"(?P<clock>T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2}))?"
    r"|(?P<year>school-year)(?P<back>-[0-9]{1,2})?)"
    r'\}\}"(?!\s*:)'
)


def render(line: str, today: date) -> str:
    """The line of JSON with its placeholders replaced by dates counted from ``today``."""
    if '"{{' not in line:
        return line
    return _PLACEHOLDER.sub(lambda found: _replacement(found, today), line)


def school_year(today: date, back: int = 0) -> str:
    """The school year that holds ``today``, or the one ``back`` years before: "2026/2027"."""
    first = (today.year if today.month >= 9 else today.year - 1) - back
    return f"{first:04d}/{first + 1:04d}"


def _replacement(found: re.Match[str], today: date) -> str:
    if found["year"]:
        return f'"{school_year(today, -int(found["back"] or 0))}"'
    try:
        day = today + timedelta(days=int(found["days"] or 0))
    except OverflowError:
        return found[0]
    return f'"{day.isoformat()}{found["clock"] or ""}"'
