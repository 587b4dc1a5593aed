"""What was measured of the engines, and how it is shown."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.engines.contenders import Engine
from benchmarks.engines.follow import Rest
from benchmarks.engines.results import Memberships, differences
from benchmarks.percentiles import percentile

_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """One engine's result; a change's times are in milliseconds."""

    engine: str
    first_seconds: float
    whole_seconds: float
    change_median_ms: float
    change_p99_ms: float
    peak_mib: float
    memberships: int
    differences: dict[str, int]
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Missing:
    """An engine that did not come to a result."""

    engine: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was measured in one run."""

    pupils: int
    events: int
    figures: list[Figures]
    missing: list[Missing]

    @property
    def meets_target(self) -> bool:
        """Whether all results are equal and ours is ahead in everything."""
        ours, *others = self.figures
        return all(
            not each.differences
            and ours.whole_seconds <= each.whole_seconds
            and ours.change_median_ms <= each.change_median_ms
            and ours.peak_mib <= each.peak_mib
            for each in others
        )


def figures_of(
    engine: Engine,
    began: float,
    rest: Rest,
    waits: Sequence[float],
    peak: float,
    found: Memberships,
    ours: Memberships,
) -> Figures:
    """One engine's figures; ``waits`` are seconds, ``began`` is in seconds since 1970."""
    unlike = differences(ours, found)
    return Figures(
        engine=engine.value,
        first_seconds=round(rest.first_at - began, 1),
        whole_seconds=round(rest.last_at - began, 1),
        change_median_ms=round(statistics.median(waits) * 1000, 1),
        change_p99_ms=round(percentile(waits, 0.99) * 1000, 1),
        peak_mib=round(peak),
        memberships=len(found),
        differences=dict(Counter(kind.value for kind in unlike.values())),
        examples=[f"{kind.value}: {key}" for key, kind in sorted(unlike.items())[:_EXAMPLES]],
    )


def show(result: Result) -> None:
    """Print the table."""
    print(f"{result.events:,} events of {result.pupils:,} pupils, from the topics' beginning:")
    for each in result.figures:
        unlike = f"differences {each.differences}" if each.differences else "equal"
        print(
            f"  {each.engine:<9} whole after {each.whole_seconds:7.1f} s"
            f" (first {each.first_seconds:5.1f})"
            f"   a change {each.change_median_ms:7.1f} ms, p99 {each.change_p99_ms:7.1f}"
            f"   peak {each.peak_mib:6,.0f} MiB   {each.memberships:,} memberships, {unlike}"
        )
        for example in each.examples:
            print(f"            {example}")
    for gap in result.missing:
        print(f"  {gap.engine:<9} left out: {gap.why}")
