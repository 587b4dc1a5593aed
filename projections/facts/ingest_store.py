"""Ingest's store: each method one committed transaction.

What the consumers see of PostgreSQL. A batch's facts, quarantine, marks and offsets commit
together or not at all.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from domain.gate import CatchUpCause, Gate
from domain.lanes import Lane
from projections import outbox
from projections.database import driver, transaction
from projections.facts import brake, offsets, quarantine, tide
from projections.facts import store as facts_store
from projections.facts.offsets import PartitionKey, Position, Step
from projections.facts.quarantine import BadRecord, Kept, Whole
from projections.facts.store import Arrival
from projections.gate import catch_up, first_load
from projections.gate.catch_up import Look
from projections.gate.kafka_sights import Sight
from projections.outbox import Outgoing, Sent
from projections.queue import marks


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
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Tide:
    """How high the tide is now; ``restored``: it had gone back."""

    height: int
    restored: bool


class IngestStore:
    """The store of ingest, of the watcher of the topics' ends, and of the outbox."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def commit(self, batch: Batch) -> Committed:
        """Write a batch.

        Raises:
            OffsetsMoved: a partition is not where the batch starts; nothing is written.
            TooManyFailures: with this batch our own failures pass their budget; likewise.
            StoreRefused: PostgreSQL refuses some record's data; nothing is written.
            StoreUnavailable: try again later.
        """
        async with transaction(self._engine) as connection:
            store = await driver(connection)
            since = await offsets.unread_since(store, batch.steps)
            now = await offsets.advance(store, batch.steps)
            new = await quarantine.put(store, batch.bad, now)
            await brake.check(store, batch.bad, batch.steps)
            written = await facts_store.write(store, batch.arrivals, now)
            touched = {} if await first_load.spares_marks(store) else written.touched
            await marks.set_marks(store, touched, batch.lane, min(since or now, now))
        return Committed(written.applied, len(touched), new)

    async def standings(self, topics: Sequence[str]) -> dict[PartitionKey, Position]:
        """Where each partition stands."""
        async with transaction(self._engine) as connection:
            return await offsets.load(connection, topics)

    async def place(
        self,
        placed: Sequence[tuple[PartitionKey, Position | None, Position]],
        *,
        restored: bool,
        backward: CatchUpCause | None,
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

    async def stop(self, key: PartitionKey, standing: Position) -> None:
        """Read no more of a partition, where it still stands as we think."""
        async with transaction(self._engine) as connection:
            await brake.stop(connection, key, standing)

    async def set_aside(self, after: int, limit: int, *, everything: bool) -> list[Whole]:
        """The next records after this entry that our own failures set aside; or all."""
        async with transaction(self._engine) as connection:
            return await quarantine.set_aside(connection, after, limit, everything=everything)

    async def admit(self, kept: Sequence[Kept], arrivals: Sequence[Arrival]) -> None:
        """What was set aside can be read now: facts and marks, and out of quarantine.

        Raises:
            StoreRefused: PostgreSQL refuses some record's data; nothing is written.
        """
        async with transaction(self._engine) as connection:
            store = await driver(connection)
            now = await store.fetchval("SELECT clock_now()")
            written = await facts_store.write(store, arrivals, now)
            await marks.set_marks(store, written.touched, Lane.LIVE, now)
            await quarantine.let_go(connection, [each.entry for each in kept])

    async def release(self) -> int:
        """Read on where our own failures had stopped it; how many partitions that are."""
        async with transaction(self._engine) as connection:
            return await brake.release(connection)

    async def recall(self, remembered: int) -> bool:
        """Whether the database is older than what somebody remembers of the tide; then noted."""
        async with transaction(self._engine) as connection:
            return await tide.recall(connection, remembered)

    async def rise(self, remembered: int) -> Tide:
        """Raise the tide, after comparing it with what is remembered."""
        async with transaction(self._engine) as connection:
            restored = await tide.recall(connection, remembered)
            return Tide(await tide.rise(connection), restored)

    async def look(self) -> Look:
        """To be called before the topics' ends are asked for."""
        async with transaction(self._engine) as connection:
            return await catch_up.look(connection)

    async def watch(self, sight: Sight, asked: Look) -> None:
        """Take in what Kafka has, and where the topics end."""
        async with transaction(self._engine) as connection:
            await catch_up.watch(connection, sight, asked)

    async def gate(self) -> Gate:
        """Whether chats may be changed now."""
        async with transaction(self._engine) as connection:
            return await catch_up.gate(connection)

    async def publish(
        self, limit: int, send: Callable[[Sequence[Outgoing]], Awaitable[Sent]]
    ) -> Sent:
        """Have ``send`` publish the next events of the outbox; what became of them."""
        async with transaction(self._engine) as connection:
            events = await outbox.take(connection, limit)
            if not events:
                return Sent()
            sent = await send(events)
            await outbox.published(connection, sent)
        return sent


__all__ = ["Arrival", "BadRecord", "Batch", "Committed", "IngestStore", "Position", "Step"]
