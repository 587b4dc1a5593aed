"""What was measured at each size, what is asked for, and the table of both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.growth.loading import Loaded
from benchmarks.growth.questions import Answer
from benchmarks.growth.rest import Rest

GROWTH: Final = 1.5
"""A time per event, or per membership, grows no more from any size to any larger one."""
QUESTION_MS: Final = 100.0
"""Every question, at the worst."""
REST_PERCENT: Final = 2.0
"""Of one core, at rest, PostgreSQL's processes and ours."""
PROCESS_MIB: Final = 300.0
"""What any one process may hold."""


@dataclass(frozen=True, slots=True)
class Size:
    """Everything about a region of so many pupils."""

    pupils: int
    events: int
    loaded: Loaded
    answers: tuple[Answer, ...]
    rest: Rest

    @property
    def processes(self) -> dict[str, float]:
        """The most that each process held, in mebibytes."""
        loaded, rest = self.loaded, self.rest
        return {
            "ingest": loaded.ingest.mib,
            "derive": loaded.derive.mib,
            "all loops, at rest": rest.mib,
            "PostgreSQL's largest": max(
                loaded.ingest.postgres_mib, loaded.derive.postgres_mib, rest.postgres_mib
            ),
        }


def growth(sizes: Sequence[Size], of: Callable[[Size], float]) -> float:
    """The most that it grew from any size to any larger one; 1 where there is one size."""
    steps = [
        of(later) / of(earlier) for place, later in enumerate(sizes) for earlier in sizes[:place]
    ]
    return round(max(steps, default=1.0), 2)


def missed(sizes: Sequence[Size]) -> list[str]:
    """What is asked for and was not met, in words; the sizes in their order."""
    found = [
        f"time per {what} grew {grew}×, at most {GROWTH}× is asked for"
        for what, of in _PER.items()
        if (grew := growth(sizes, of)) > GROWTH
    ]
    for size in sizes:
        where = f"{size.pupils:,} pupils"
        found += [
            f"{where}: {each.question}: {each.max_ms:,.0f} ms"
            for each in size.answers
            if each.max_ms >= QUESTION_MS
        ]
        found += [
            f"{where}: {name}: {mib:.0f} MiB"
            for name, mib in size.processes.items()
            if mib > PROCESS_MIB
        ]
        if size.rest.percent >= REST_PERCENT:
            found.append(f"{where}: at rest {size.rest.percent:.1f} % of a core")
        found += [
            f"{where}: at rest {name} was read {times:g} times over"
            for name, times in size.rest.full_reads.items()
        ]
    return found


_PER: Final[dict[str, Callable[[Size], float]]] = {
    "event": lambda size: size.loaded.ingest.each_us,
    "membership": lambda size: size.loaded.derive.each_us,
}


def show(sizes: Sequence[Size]) -> None:
    """Print the table, a column for each size."""
    _row("pupils", [f"{size.pupils:,}" for size in sizes])
    _row("events", [f"{size.events:,}" for size in sizes])
    _row("memberships", [f"{size.loaded.memberships:,}" for size in sizes])
    for what, steps in (
        ("read, µs an event", [size.loaded.ingest for size in sizes]),
        ("derived, µs a membership", [size.loaded.derive for size in sizes]),
    ):
        _row(what, [f"{step.each_us:.1f}" for step in steps])
        _row("… of the processor", [f"{step.processor_us:.1f}" for step in steps])
    for name in sizes[0].processes:
        _row(f"most memory, {name}, MiB", [f"{size.processes[name]:.0f}" for size in sizes])
    rests = [size.rest for size in sizes]
    _row("at rest, % of a core", [f"{rest.percent:.2f}" for rest in rests])
    _row("… of it PostgreSQL", [f"{rest.postgres_percent:.2f}" for rest in rests])
    _row("… transactions a second", [f"{rest.transactions_per_second:.0f}" for rest in rests])
    _row("… rows read a second", [f"{rest.rows_per_second:,.0f}" for rest in rests])
    _row("milliseconds, median / most", [""] * len(sizes))
    for answers in zip(*(size.answers for size in sizes), strict=True):
        _row(
            f"  {answers[0].question}",
            [f"{each.median_ms:,.1f} / {each.max_ms:,.1f}" for each in answers],
        )


def _row(name: str, values: Sequence[str]) -> None:
    print(f"{name:<50}" + "".join(f"{value:>20}" for value in values))
