"""What came from Kafka and could not be read, what is missing, and reading again.

Guarantees: whatever makes records be read again, or reads on past missing ones, arms the
catch-up in the same transaction, so no chat changes before all of it is derived.
"""

from collections.abc import Sequence

from consumers import retry
from consumers.retry import Retried
from operations.errors import NotQuarantined, TopicsNotRead
from operations.listing import Page, start_of
from operations.store import Engine, Overview
from projections.database import transaction
from projections.facts import offsets, quarantine
from projections.facts.ingest_store import IngestStore
from projections.facts.offsets import Gap
from projections.facts.quarantine import Cause, Kept, Whole

__all__ = [
    "Cause",
    "Gap",
    "Kept",
    "Retried",
    "Whole",
    "acknowledge_gap",
    "gaps",
    "newest_quarantined",
    "quarantine_page",
    "quarantined_at",
    "replay",
    "retry_quarantined",
]


async def newest_quarantined(engine: Engine, limit: int) -> list[Kept]:
    """The records that were set aside last, without their content."""
    async with transaction(engine) as connection:
        return await quarantine.newest(connection, limit)


async def quarantine_page(store: Overview, page: int, size: int) -> Page[Kept]:
    """A page of them: where they stand, and why they are here."""
    total = await store.quarantined()
    within, start = start_of(page, size, total)
    return Page(await store.quarantine(start, size), within, size, total)


async def quarantined_at(engine: Engine, topic: str, part: int, off: int) -> list[Whole]:
    """The records of one place with their content, which may hold names.

    Raises:
        NotQuarantined: there is none.
    """
    async with transaction(engine) as connection:
        found = await quarantine.whole(connection, topic, part, off)
    if not found:
        raise NotQuarantined(topic, part, off)
    return found


async def retry_quarantined(engine: Engine, *, everything: bool) -> Retried:
    """Read again what our own failures set aside; ``everything``: what upstream sent wrong too."""
    return await retry.retry(IngestStore(engine), everything=everything)


async def gaps(engine: Engine) -> list[Gap]:
    """The partitions whose records are missing."""
    async with transaction(engine) as connection:
        return await offsets.gaps(connection)


async def acknowledge_gap(engine: Engine, topic: str, part: int) -> bool:
    """Read on past missing records; False where none are missing."""
    async with transaction(engine) as connection:
        return await offsets.acknowledge_gap(connection, topic, part)


async def replay(engine: Engine, topics: Sequence[str] | None, read: Sequence[str]) -> int:
    """Read topics (None: all that are read) from their beginning; how many partitions that is.

    ``read`` are those that this installation reads.

    Raises:
        TopicsNotRead: others are named too; nothing is read again.
    """
    unknown = sorted(set(topics or ()) - set(read))
    if unknown:
        raise TopicsNotRead(unknown, read)
    async with transaction(engine) as connection:
        return await offsets.rewind(connection, list(topics or read))
