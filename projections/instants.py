"""Instants further ahead than they can be: left by a clock that was ahead and then put right.

No clock is believed without a bound, the database's neither. What was written two hours ahead
would else wait, or count as fresh, for two hours. Guarantees: such an instant counts as now from
the next look on, is logged with how many there were, and is counted for the metrics.
"""

from collections import Counter
from enum import Enum
from typing import Final

import structlog

log = structlog.get_logger()


class Instant(Enum):
    """What an instant is of; the value is the word in the log and the metrics."""

    MARK = "mark"
    CLAIM = "claim"
    TOPIC_END = "topic_end"
    CATCH_UP = "catch_up"
    SLOT = "slot"
    PAUSE = "pause"
    LIMIT = "limit"
    LEASE = "lease"
    DUE = "due"
    READ = "read"
    HINT = "hint"
    SETBACK = "setback"
    ADDING = "adding"
    UPKEEP = "upkeep"
    DRIFT = "drift"


ahead: Final[Counter[Instant]] = Counter()
"""How many were set right by this process since it started."""


def set_right(what: Instant, count: int) -> None:
    """So many instants of this kind were ahead and count as now."""
    if count:
        ahead[what] += count
        log.warning("clock.was_ahead", reason=what.value, records=count)


def rows(tag: str) -> int:
    """How many rows PostgreSQL's command tag speaks of."""
    return int(tag.rpartition(" ")[2])
