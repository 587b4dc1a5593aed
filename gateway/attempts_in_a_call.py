"""How long the client waits, and how often it tries again, inside one call.

Short waits are spent here, with full jitter, so that a hiccup does not cost a trip through
the queue. Long ones go back to the caller as errors that carry their seconds: a worker never
sleeps on a lease. Only errors that promise "no effect" are ever tried again.
"""

import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from gateway.errors import TooManyRequests, Unavailable

SHORTEST_WAIT = 1.0
LONGEST_WAIT = 900.0

Sleep = Callable[[float], Awaitable[None]]
_SECONDS = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What one call may spend on being tried again; all times in seconds.

    ``longest_wait`` is the longest ``Retry-After`` that is waited for here; ``total`` bounds
    the call from its first attempt to the start of its last.
    """

    attempts: int = 4
    first_window: float = 0.2
    longest_wait: float = 2.0
    total: float = 10.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each step of one attempt, and for the attempt as a whole.

    ``whole`` ends an answer that drips in one byte at a time, which no step limit does.
    """

    connect: float = 5.0
    write: float = 10.0
    read: float = 20.0
    whole: float = 30.0


def retry_after(header: str | None, dated: str | None, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` asks for, between 1 and 900; None without a header.

    Seconds or an HTTP date. A date is measured by the clock that wrote it: ``dated`` is the
    answer's own ``Date``, and only where there is none, ``now`` is. What is neither, in the
    past or negative counts as one second; ten to the ninth as fifteen minutes.
    """
    if header is None:
        return None
    return min(max(_asked_seconds(header.strip(), dated, now), SHORTEST_WAIT), LONGEST_WAIT)


def _asked_seconds(header: str, dated: str | None, now: datetime) -> float:
    if _SECONDS.fullmatch(header):
        return float(header)
    until = _http_date(header)
    if until is None:
        return SHORTEST_WAIT
    return (until - (_http_date(dated or "") or now)).total_seconds()


def _http_date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    # "-0000" means UTC from an unknown place, which Python hands over as a naive time.
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class _FullJitter(wait_random_exponential):
    """Full jitter from a random source of ours, on top of what the messenger asked for."""

    def __init__(self, policy: RetryPolicy, source: random.Random) -> None:
        super().__init__(multiplier=policy.first_window, max=policy.longest_wait)
        self._policy = policy
        self._source = source

    def __call__(self, retry_state: RetryCallState) -> float:
        """Seconds until the next attempt."""
        window = super(wait_random_exponential, self).__call__(retry_state)
        error = retry_state.outcome.exception() if retry_state.outcome else None
        return _asked_by(error) + self._source.uniform(0.0, window)


def _asked_by(error: BaseException | None) -> float:
    if isinstance(error, TooManyRequests | Unavailable):
        return error.retry_after or 0.0
    return 0.0


def retrying(policy: RetryPolicy, sleep: Sleep, source: random.Random) -> AsyncRetrying:
    """The retry loop of one call. The last error comes out as it is."""

    def is_worth_it(error: BaseException) -> bool:
        certain = isinstance(error, TooManyRequests | Unavailable)
        return certain and _asked_by(error) <= policy.longest_wait

    return AsyncRetrying(
        sleep=sleep,
        stop=stop_after_attempt(policy.attempts) | stop_before_delay(policy.total),
        wait=_FullJitter(policy, source),
        retry=retry_if_exception(is_worth_it),
        reraise=True,
    )


__all__ = ["RetryPolicy", "Sleep", "Timeouts", "retry_after", "retrying"]
