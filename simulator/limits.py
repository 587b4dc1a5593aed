"""The messenger's limit of requests: so many in any one second, refused ones not counted."""

from collections import deque
from collections.abc import Callable


class SlidingWindow:
    """Times of the requests of the last second (a window open at its early end)."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: deque[float] = deque()

    def count(self) -> int:
        """How many the last second holds."""
        horizon = self._now() - 1.0
        while self._times and self._times[0] <= horizon:
            self._times.popleft()
        return len(self._times)

    def enter(self) -> None:
        """Count a request made now."""
        self._times.append(self._now())


class RateLimit:
    """Admits at most ``per_second`` requests in any one second."""

    def __init__(self, per_second: int, now: Callable[[], float]) -> None:
        self._per_second = per_second
        self._window = SlidingWindow(now)

    @property
    def per_second(self) -> int:
        """How many that are."""
        return self._per_second

    def admit(self) -> bool:
        """Whether this request is within the limit; if so it is counted."""
        if self._window.count() >= self._per_second:
            return False
        self._window.enter()
        return True
