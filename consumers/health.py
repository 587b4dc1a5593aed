"""Whether ingest lives: a process that has records to read and reads none does not.

A consumer that was put out of its group, or waits on a partition that nobody serves, raises
no error; only the missing progress tells. A partition that waits for a person to acknowledge
missing records does not count, and having nothing to read is as good as progress. One that our
own failures have stopped (``projections.facts.brake``) does: somebody must install another release.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from projections.facts.offsets import PartitionKey, Standing


@dataclass(frozen=True, slots=True)
class IngestHealth:
    """``lag`` counts the offsets that are not read, of the partitions that are ours.

    ``live`` is false when there was lag and no progress for too long; ``reason`` says so.
    """

    live: bool
    assigned: int
    held: int
    lag: int
    reason: str | None = None


def judge(
    assigned: int,
    held: Mapping[PartitionKey, Standing],
    ends: Mapping[PartitionKey, int],
    idle_seconds: float,
    limit_seconds: float,
    stopped: Iterable[PartitionKey] = (),
) -> IngestHealth:
    """The verdict. ``ends`` are of the partitions to be read, ``idle_seconds`` since progress."""
    places = ", ".join(f"{topic}/{part}" for topic, part in sorted(stopped))
    lag = sum(_unread(held, ends).values())
    stuck = lag > 0 and idle_seconds > limit_seconds
    reason = f"{lag} records to read and none read for {idle_seconds:.0f} s" if stuck else None
    if places:
        reason = f"stopped by failures of our own code over records of {places}"
    return IngestHealth(reason is None, assigned, len(held), lag, reason)


def _unread(
    standings: Mapping[PartitionKey, Standing], ends: Mapping[PartitionKey, int]
) -> dict[PartitionKey, int]:
    """How many offsets each partition has before its end, where there are any."""
    behind: dict[PartitionKey, int] = {}
    for key, end in ends.items():
        standing = standings.get(key)
        missing = end - (standing.next_off if standing is not None else 0)
        if missing > 0:
            behind[key] = missing
    return behind
