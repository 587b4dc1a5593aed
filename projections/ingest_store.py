"""Ingest's store: each method one committed transaction.

What the consumers see of PostgreSQL. A batch's facts, quarantine, marks and offsets commit
together or not at all.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.gate import Gate
from domain.lanes import Lane
from projections import catch_up, facts_store, marks, offsets, outbox, quarantine
from projections.catch_up import Ends, Look
from projections.database import driver, transaction
from projections.facts_store import Arrival
from projections.offsets import PartitionKey, Standing, Step
from projections.outbox import Outgoing
from projections.quarantine import BadRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read in one go, and how far that brings each partition."""

    arrivals: Sequence[Arrival]
    bad: Sequence[BadRecord]
    steps: Sequence[Step]
    lane: Lane


@dataclass(frozen=True, slots=True)
class Committed:
    """What a batch changed."""

    applied: int
    marked: int


class IngestStore:
    """The store of ingest, of the watcher of the topics' ends, and of the outbox."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def commit(self, batch: Batch) -> Committed:
        """Write a batch.

        Raises:
            OffsetsMoved: a partition is not where the batch starts; nothing is written.
            StoreRefused: PostgreSQL refuses some record's data; nothing is written.
            StoreUnavailable: try again later.
        """
        async with transaction(self._engine) as connection:
            store = await driver(connection)
            since = await offsets.unread_since(store, batch.steps)
            now = await offsets.advance(store, batch.steps)
            await quarantine.put(store, batch.bad, now)
            written = await facts_store.write(store, batch.arrivals, now)
            await marks.set_marks(store, written.touched, batch.lane, min(since or now, now))
        return Committed(written.applied, len(written.touched))

    async def standings(self, topics: Sequence[str]) -> dict[PartitionKey, Standing]:
        """Where each partition stands."""
        async with transaction(self._engine) as connection:
            return await offsets.load(connection, topics)

    async def place(
        self,
        placed: Sequence[tuple[PartitionKey, Standing | None, Standing]],
        *,
        restored: bool,
        backward: str | None,
    ) -> None:
        """Write where partitions stand (key, before, after).

        ``restored``: the database is older than the messenger. ``backward``: why the
        catch-up is to be armed, or None.

        Raises:
            OffsetsMoved: another process has placed one of them; nothing is written.
        """
        async with transaction(self._engine) as connection:
            for key, before, after in sorted(placed, key=lambda each: each[0]):
                await offsets.place(connection, key, before, after)
            if restored:
                await offsets.forget_observed(connection)
            elif backward is not None:
                await catch_up.arm(connection, backward)

    async def look(self) -> Look:
        """To be called before the topics' ends are asked for."""
        async with transaction(self._engine) as connection:
            return await catch_up.look(connection)

    async def watch(self, ends: Ends, asked: Look) -> None:
        """Take in the topics' ends."""
        async with transaction(self._engine) as connection:
            await catch_up.watch(connection, ends, asked)

    async def gate(self) -> Gate:
        """Whether chats may be changed now."""
        async with transaction(self._engine) as connection:
            return await catch_up.gate(connection)

    async def publish(
        self, limit: int, send: Callable[[Sequence[Outgoing]], Awaitable[None]]
    ) -> int:
        """Have ``send`` publish the next events of the outbox; how many there were."""
        async with transaction(self._engine) as connection:
            events = await outbox.take(connection, limit)
            if events:
                await send(events)
                await outbox.published(connection, [event.entry for event in events])
        return len(events)


__all__ = ["Arrival", "BadRecord", "Batch", "Committed", "IngestStore", "Standing", "Step"]
