"""Reading again what was set aside, after the fault that set it aside was mended.

Guarantees: what is read now becomes facts as if it had just arrived (facts are a fold that minds
no order), and leaves quarantine in the same transaction; what fails again stays, and costs none
of the others anything. At the end every partition that our failures had stopped is read on.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiokafka import ConsumerRecord

from consumers.counters import Counters
from consumers.reading import read
from projections.errors import StoreRefused
from projections.facts.ingest_store import IngestStore
from projections.facts.quarantine import Cut, Whole
from projections.facts.store import Arrival

log = structlog.get_logger()

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Retried:
    """How many records are facts now, how many stay, how many partitions go on."""

    read: int
    left: int
    released: int


async def retry(store: IngestStore, *, everything: bool) -> Retried:
    """Read again what our own failures set aside; ``everything``: what upstream sent wrong too."""
    done, left, after = 0, 0, 0
    while kept := await store.set_aside(after, _AT_ONCE, everything=everything):
        after = kept[-1].kept.entry
        read_now = [(whole, arrival) for whole in kept if (arrival := _again(whole)) is not None]
        written = await _write(store, read_now)
        done += written
        left += len(kept) - written
    released = await store.release()
    log.info("quarantine.retried", records=done, quarantined=left)
    return Retried(done, left, released)


async def _write(store: IngestStore, read_now: Sequence[tuple[Whole, Arrival]]) -> int:
    """Make facts of these, halved down to the one that PostgreSQL refuses; how many were made."""
    if not read_now:
        return 0
    try:
        await store.admit([whole.kept for whole, _ in read_now], [fact for _, fact in read_now])
    except StoreRefused:
        middle = len(read_now) // 2
        if middle == 0:
            return 0
        return await _write(store, read_now[:middle]) + await _write(store, read_now[middle:])
    return len(read_now)


def _again(whole: Whole) -> Arrival | None:
    """The fact that the record states, if it can be read now."""
    kept = whole.kept
    value = whole.value
    if value is not None and whole.value_sha256 is not None:
        value = Cut.of(value, whole.value_bytes or 0, whole.value_sha256)
    headers = tuple(
        (name, None if content is None else base64.b64decode(content))
        for name, content in whole.headers
    )
    record = ConsumerRecord(
        kept.topic, kept.part, kept.off, 0, 0, whole.key, value, None, -1, -1, headers
    )
    found = read(record, kept.topic_id, Counters())
    return found if isinstance(found, Arrival) else None
