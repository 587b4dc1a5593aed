"""What was called: by method, path template and status, by kind, and at what peak.

Only the messenger's own API is counted, never ``/sim`` and the page. A call that got no
answer (a dropped connection) is counted with the status None.
"""

from collections import Counter
from collections.abc import Callable

from simulator.limits import SlidingWindow
from simulator.operations import CHANGING, CallKind
from simulator.wire import JsonObject

UNKNOWN = "(unknown)"
"""The template of a path that the API does not have."""


class Statistics:
    """Counters since the start or the last reset."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.reset()

    def reset(self) -> None:
        """Start at nothing."""
        self._calls: Counter[tuple[str, str, int | None]] = Counter()
        self._kinds: Counter[CallKind] = Counter()
        self._idle: Counter[CallKind] = Counter()
        self._window = SlidingWindow(self._now)
        self._peak = 0

    def arrived(self) -> None:
        """A request came in, whatever becomes of it."""
        self._window.enter()
        self._peak = max(self._peak, self._window.count())

    def admitted(self, kind: CallKind) -> None:
        """A request passed the token and the limit."""
        self._kinds[kind] += 1

    def answered(self, method: str, template: str, status: int | None) -> None:
        """A request got its answer, or None for none at all."""
        self._calls[method, template, status] += 1

    def without_effect(self, kind: CallKind) -> None:
        """A changing call was carried out and found nothing to change."""
        self._idle[kind] += 1

    def by_kind(self) -> dict[str, int]:
        """Admitted calls by kind."""
        return {kind.value: self._kinds[kind] for kind in CallKind}

    def report(self) -> JsonObject:
        """The answer of ``GET /sim/stats``."""
        return {
            "calls": [
                {"method": method, "path": path, "status": status, "count": count}
                for (method, path, status), count in sorted(
                    self._calls.items(), key=lambda item: (item[0][1], item[0][0], item[0][2] or 0)
                )
            ],
            "total": self._calls.total(),
            "peak_per_second": self._peak,
            "changing": {kind.value: self._kinds[kind] for kind in CHANGING},
            "without_effect": {kind.value: self._idle[kind] for kind in CHANGING},
            "reads": self._kinds[CallKind.READ],
            "other": self._kinds[CallKind.OTHER],
        }
