"""The messenger's health as this process meets it, told to all through the store.

Guarantees: a refused token, and a class of calls that fails time and again, are known to every
process within moments, with since when and what was said; the first call of any process that
goes well takes that back. The store is told at most once in ``LOOK_SECONDS``, and only news.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from domain.call_classes import CallClass
from gateway.breaker import Breaker
from loops.waiting import nap

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 5.0
"""What is as it was is told again so often, for another process may have said otherwise."""

IN_A_ROW = 3
"""So many failures of a class of calls are no accident any more."""

TOKEN = "token"  # noqa: S105 - a word, no secret
"""The kind of trouble that is about the token; all others are classes of calls."""

log = structlog.get_logger()


class HealthStore(Protocol):
    """Keeps what any process has met (``projections.troubles``)."""

    async def note(self, troubles: Mapping[str, str], well: Sequence[str]) -> None:
        """These kinds are in trouble, each with what was said; those go well."""


@dataclass(slots=True)
class Health:
    """Looks at the breakers and the token of one process; ``halted`` is why calls are stopped."""

    store: HealthStore
    breakers: Mapping[CallClass, Breaker]
    halted: Callable[[], str | None]
    _told: dict[str, tuple[str | None, float]] = field(default_factory=dict)
    _calls: dict[CallClass, int] = field(default_factory=dict)

    async def run(self, stop: asyncio.Event) -> None:
        """Look now and then until ``stop``; an error of the store ends the loop."""
        while not stop.is_set():
            await self.look(asyncio.get_running_loop().time())
            await nap(stop, LOOK_SECONDS)

    async def look(self, now: float) -> None:
        """Tell what is news at this time of a monotonic clock."""
        news = {
            kind: said for kind, said in self._standing().items() if self._is_news(kind, said, now)
        }
        if not news:
            return
        troubles = {kind: said for kind, said in news.items() if said is not None}
        await self.store.note(troubles, [kind for kind, said in news.items() if said is None])
        self._told |= {kind: (said, now) for kind, said in news.items()}

    def _standing(self) -> dict[str, str | None]:
        """By kind what the trouble is, None where it goes well; nothing of what was not tried."""
        found: dict[str, str | None] = {}
        halted = self.halted()
        if halted is not None:
            found[TOKEN] = halted
        for kind, breaker in self.breakers.items():
            went_well = breaker.successes > self._calls.get(kind, 0)
            self._calls[kind] = breaker.successes
            if breaker.failures >= IN_A_ROW:
                found[kind.value] = breaker.said
            elif went_well:
                found[kind.value] = None
                found.setdefault(TOKEN, None)
        return found

    def _is_news(self, kind: str, said: str | None, now: float) -> bool:
        told, at = self._told.get(kind, (None, float("-inf")))
        return (said is None) != (told is None) or now - at >= AGAIN_SECONDS


__all__ = ["TOKEN", "Health", "HealthStore"]
