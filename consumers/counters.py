"""What ingest has done since the process started, for metrics, and what of it is worth a word."""

from dataclasses import dataclass, field
from time import monotonic

import structlog

from projections.facts.ingest_store import Batch, Committed

log = structlog.get_logger()

_TELL_SECONDS = 60.0


@dataclass(slots=True)
class Counters:
    """Counts that only grow.

    ``records`` and what follows from them count what was committed, again where it was read
    again, but ``quarantined`` only what was written; ``subject_differs`` and ``key_differs``
    count events as they were read.
    """

    records: int = 0
    applied: int = 0
    marked: int = 0
    quarantined: int = 0
    subject_differs: int = 0
    key_differs: int = 0
    batches: int = 0
    offsets_moved: int = 0
    unreadable: int = 0
    _told: int = 0
    _told_at: float = field(default=float("-inf"))

    def note(self, batch: Batch, committed: Committed) -> None:
        """A batch was committed."""
        self.batches += 1
        self.records += len(batch.arrivals) + len(batch.bad)
        self.quarantined += committed.quarantined
        self.applied += committed.applied
        self.marked += committed.marked
        if committed.quarantined:
            log.warning("ingest.quarantined", quarantined=committed.quarantined)
        self._tell_of_differences()

    def _tell_of_differences(self) -> None:
        """Of subjects and keys that name another entity: once a minute, and only how many."""
        differs = self.subject_differs + self.key_differs
        now = monotonic()
        if differs > self._told and now - self._told_at >= _TELL_SECONDS:
            reason = "subject or key is not the entity's; the ids in data count"
            log.warning("ingest.identity_differs", records=differs - self._told, reason=reason)
            self._told, self._told_at = differs, now
