"""Our webhook as the messenger last confirmed it, and how often it had to be set again.

Guarantees: chats are swept for a missing webhook ``MOST_A_DAY`` times within a day at most;
then since when it is lost is kept for people to see, until the messenger has it again.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.refusals import MOST_A_DAY
from projections.database import transaction

_CONFIRMED = text("""
    INSERT INTO subscription (url, known_as, confirmed_at) VALUES (:url, :known_as, clock_now())
    ON CONFLICT (one) DO UPDATE
       SET url = excluded.url, known_as = excluded.known_as,
           confirmed_at = excluded.confirmed_at, lost_since = NULL""")

_LOST = text("""
    INSERT INTO subscription AS s (url, lost_since) VALUES (:url, clock_now())
    ON CONFLICT (one) DO UPDATE SET lost_since = excluded.lost_since WHERE s.lost_since IS NULL
    RETURNING 1""")

_OFTEN = text("SELECT count(*) FROM subscription_set WHERE at > clock_now() - interval '1 day'")

_FORGET = text("DELETE FROM subscription_set WHERE at <= clock_now() - interval '1 day'")


class SubscriptionState:
    """``gateway.subscription_watch.SubscriptionStore`` on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def known_as(self, url: str) -> str | None:
        """How the messenger spells it, where that was found out."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(
                text("SELECT known_as FROM subscription WHERE url = :url"), {"url": url}
            )
            known: str | None = found.scalar_one_or_none()
            return known

    async def may_set(self) -> bool:
        """Whether it was not set again so often today that this is a state."""
        async with transaction(self._engine) as connection:
            return int((await connection.execute(_OFTEN)).scalar_one()) < MOST_A_DAY

    async def confirmed(self, url: str, *, anew: bool, known_as: str | None) -> None:
        """The messenger has our subscription.

        ``anew``: it had it no longer, or never; what was done before may never have been told,
        so all chats are put on the sweep.
        """
        async with transaction(self._engine) as connection:
            if anew:
                await _sweep_all(connection)
                await connection.execute(_FORGET)
                await connection.execute(text("INSERT INTO subscription_set VALUES (clock_now())"))
            await connection.execute(_CONFIRMED, {"url": url, "known_as": known_as})

    async def lost(self, url: str) -> bool:
        """The messenger does not keep it; True where that is new."""
        async with transaction(self._engine) as connection:
            return (await connection.execute(_LOST, {"url": url})).one_or_none() is not None


async def _sweep_all(connection: AsyncConnection) -> None:
    """Not only chats read before the last confirmation: of the others hints may be missing too."""
    await connection.execute(
        text("UPDATE chat_sync SET sweep_wanted = true WHERE max_chat_id IS NOT NULL")
    )
