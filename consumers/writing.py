"""Pieces into committed batches: as one, or cut down until PostgreSQL takes all that it can.

Guarantees: data that PostgreSQL refuses is halved down to the one record, which goes to
quarantine; a transaction is never larger than PostgreSQL takes; where our own failures pass
their budget (``projections.facts.brake``), the partition stops at the very record.
"""

import asyncio
from collections.abc import Iterable, Sequence
from time import monotonic

from consumers.config import IngestConfig
from consumers.counters import Counters
from consumers.slices import Piece, batch_of, halves, refused, weight
from projections.errors import StoreRefused, StoreUnavailable, TooManyFailures
from projections.facts.ingest_store import Batch, Committed, IngestStore
from projections.facts.quarantine import BadRecord

_HEAVY = 128 * 1024 * 1024  # bytes in one transaction; PostgreSQL takes a message of 1 GiB


class Writer:
    """Commits; ``progressed_at`` is when it did last."""

    def __init__(self, config: IngestConfig, store: IngestStore, counters: Counters) -> None:
        self._config = config
        self._store = store
        self._counters = counters
        self.progressed_at = monotonic()

    async def write(self, pieces: Sequence[Piece]) -> None:
        """Commit these.

        Raises:
            OffsetsMoved, StoreUnavailable: what is not committed yet must be read again.
            TooManyFailures: likewise, and one of the partitions is stopped now.
        """
        if not pieces:
            return
        count = sum(len(piece.items) for piece in pieces)
        if count > 1 and weight(pieces) > _HEAVY:
            await self._write_each(halves(pieces))
            return
        batch = batch_of(pieces)
        try:
            committed = await self._commit(batch)
        except StoreRefused as error:
            await self._write_each(_smaller(pieces, error))
            return
        except TooManyFailures:
            if count > 1:
                await self._write_each(halves(pieces))
                return
            await self._store.stop(pieces[0].key, pieces[0].standing)
            raise
        self.progressed_at = monotonic()
        self._counters.note(batch, committed)

    async def _write_each(self, parts: Iterable[Sequence[Piece]]) -> None:
        for part in parts:
            await self.write(part)

    async def _commit(self, batch: Batch) -> Committed:
        try:
            async with asyncio.timeout(self._config.commit_seconds):
                return await self._store.commit(batch)
        except TimeoutError as error:
            raise StoreUnavailable("a transaction took too long") from error


def _smaller(pieces: Sequence[Piece], error: StoreRefused) -> Sequence[Sequence[Piece]]:
    """What to try instead of a refused batch; the error itself once nothing is left to try."""
    count = sum(len(piece.items) for piece in pieces)
    if count > 1:
        return halves(pieces)
    if count == 0 or isinstance(pieces[0].items[0], BadRecord):
        raise error
    return [[refused(pieces[0], f"PostgreSQL refuses it: {error}")]]
