"""What this one process does: its counters for the metrics, and whether it lives.

Guarantees: counters only grow while the process lives, and a part that the process does not
run has none; labels are from closed sets. The names are in ``console.metrics``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final, assert_never

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from console.metrics import ProcessName
from consumers.run import Ingest
from domain.plan import Action, Add, Create, Delete, Demote, Promote, Remove, Rename
from domain.work import (
    Applied,
    ChatMade,
    Effect,
    EffectUnknown,
    IntentId,
    Lease,
    NoEffect,
    Work,
)
from projections import instants
from projections.derive.loop import DeriveLoop
from projections.instants import Instant
from projections.reconcile.store import PostgresReconcileStore

_KINDS: Final = [
    each.__name__.lower() for each in (Create, Add, Remove, Promote, Demote, Rename, Delete)
]
_OUTCOMES: Final = ("done", "some_refused", "no_effect", "unknown")
_LESSON_KINDS: Final = ("make", "change", "delete")
_LESSON_OUTCOMES: Final = ("done", "gone", "no effect", "unknown")


class CountingStore(PostgresReconcileStore):
    """The store, counting the calls whose outcome it commits, by kind and outcome."""

    @cached_property
    def calls(self) -> Counter[tuple[str, str]]:
        """Calls by (kind, outcome)."""
        return Counter()

    async def settle(
        self, lease: Lease, work: Work, intent: IntentId, action: Action, effect: Effect
    ) -> None:
        """Commit the outcome and its effect, and count it."""
        await super().settle(lease, work, intent, action, effect)
        self.calls[type(action).__name__.lower(), _outcome(effect)] += 1


def _outcome(effect: Effect) -> str:
    match effect:
        case Applied(failed) | ChatMade(failed=failed):
            return "some_refused" if failed else "done"
        case NoEffect():
            return "no_effect"
        case EffectUnknown():
            return "unknown"
        case _:
            assert_never(effect)


@dataclass(slots=True, eq=False)
class Process(Collector):
    """The parts of this process that count something; None where it does not run one."""

    ingest: Ingest | None = None
    derive: DeriveLoop | None = None
    calls: Counter[tuple[str, str]] | None = None
    lesson_calls: Counter[tuple[str, str]] | None = None

    def fault(self) -> str | None:
        """Why this process does not live and should be started again; None while it does."""
        return None if self.ingest is None else self.ingest.health().reason

    def collect(self) -> Iterator[Metric]:
        """The samples of this moment."""
        if self.ingest is not None:
            yield from _ingest(self.ingest)
        if self.derive is not None:
            yield _counter(ProcessName.MARKS, self.derive.handled)
        if self.calls is not None:
            yield _calls(ProcessName.CALLS, _KINDS, _OUTCOMES, self.calls)
        if self.lesson_calls is not None:
            name = ProcessName.LESSON_CALLS
            yield _calls(name, _LESSON_KINDS, _LESSON_OUTCOMES, self.lesson_calls)
        yield _ahead()


def _ingest(ingest: Ingest) -> Iterator[Metric]:
    counters, health = ingest.counters, ingest.health()
    yield _counter(ProcessName.READ, counters.records)
    yield _counter(ProcessName.APPLIED, counters.applied)
    yield _counter(ProcessName.QUARANTINED, counters.quarantined)
    yield _counter(ProcessName.BATCHES, counters.batches)
    yield _counter(ProcessName.OFFSETS_MOVED, counters.offsets_moved)
    yield _counter(ProcessName.UNREADABLE, counters.unreadable)
    differs = CounterMetricFamily(*ProcessName.DIFFERS.value, labels=("what",))
    differs.add_metric(("subject",), counters.subject_differs)
    differs.add_metric(("key",), counters.key_differs)
    yield differs
    yield GaugeMetricFamily(*ProcessName.INGEST_LIVE.value, value=float(health.live))
    yield GaugeMetricFamily(*ProcessName.PARTITIONS.value, value=float(health.held))


def _ahead() -> Metric:
    family = CounterMetricFamily(*ProcessName.AHEAD.value, labels=("what",))
    for what in Instant:
        family.add_metric((what.value,), instants.ahead[what])
    return family


def _calls(
    name: ProcessName,
    kinds: Iterable[str],
    outcomes: Iterable[str],
    calls: Counter[tuple[str, str]],
) -> Metric:
    """Every kind and outcome from the start, so that the first of a kind shows as an increase."""
    family = CounterMetricFamily(*name.value, labels=("kind", "outcome"))
    for kind, outcome in product(kinds, outcomes):
        family.add_metric((kind, outcome.replace(" ", "_")), calls[kind, outcome])
    return family


def _counter(name: ProcessName, value: int) -> Metric:
    return CounterMetricFamily(*name.value, value=value)
