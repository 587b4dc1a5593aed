"""The tide: a count that only grows, whose height Kafka remembers for us.

A database that is put back to an older copy knows nothing of what it has lost. Where events have
come since the copy, Kafka's committed offsets tell; where none have, chats may have changed all
the same, by decisions, by dates and by people. So ingest raises this count now and then and
commits it in Kafka as the metadata of its offsets. Guarantees: the count is never raised before
it was compared with what Kafka, or this process, remembers; a count that went back means a
restore, is noted once, and what the chats hold is unknown from then on.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from projections.database import driver
from projections.facts import offsets

_MARK: Final = "rollcall tide "


def metadata(height: int) -> str:
    """What is committed beside an offset."""
    return f"{_MARK}{height}"


def height_in(words: str | None) -> int:
    """What was committed beside an offset; 0 where somebody else has committed."""
    digits = (words or "").removeprefix(_MARK)
    return int(digits) if (words or "").startswith(_MARK) and digits.isdecimal() else 0


async def recall(connection: AsyncConnection, remembered: int) -> bool:
    """Compare the count with what somebody remembers of it; True where it went back."""
    store = await driver(connection)
    went_back = await store.fetchval(
        "UPDATE tide SET height = :remembered WHERE height < :remembered RETURNING true",
        remembered=remembered,
    )
    if went_back:
        await offsets.forget_observed(connection)
    return bool(went_back)


async def rise(connection: AsyncConnection) -> int:
    """Raise the count; to be called after ``recall``, in its transaction."""
    store = await driver(connection)
    height: int = await store.fetchval("UPDATE tide SET height = height + 1 RETURNING height")
    return height
