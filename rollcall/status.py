"""How a stack stands: Kafka's ends against what is ingested, and the store's own counts.

Lag is asked of Kafka at the moment of the question, before the store is, so that «settled»
is never said of an event that was published before it.
"""

import asyncio
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.kafka import KafkaConfig
from consumers.kafka_view import KafkaView
from projections import status as store
from projections.database import transaction

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Report:
    """One look. ``lag`` counts the records that are not ingested."""

    lag: int
    gaps: int
    counts: store.Status
    chats: dict[str, int]

    @property
    def settled(self) -> bool:
        """Nothing is on its way: no lag, nothing stale, leased, in flight or due in a minute."""
        return self.lag == 0 and self.counts.busy == 0

    def as_json(self) -> dict[str, object]:
        """What ``status --json`` prints."""
        return store.as_json(
            self.counts, self.chats, lag=self.lag, gaps=self.gaps, settled=self.settled
        )


async def look(engine: AsyncEngine, kafka: KafkaView, topics: tuple[str, ...]) -> Report:
    """One look at Kafka and then at the store; chats are left uncounted.

    Raises:
        KafkaUnavailable, StoreUnavailable: a server does not answer.
    """
    ends = await kafka.ends(await kafka.partitions(topics))
    async with transaction(engine) as connection:
        counts = await store.status(connection)
        known = {(p.topic, p.partition): p for p in await store.positions(connection)}
    lag = sum(
        max(0, end - (known[place].next_offset if place in known else 0))
        for place, end in ends.items()
    )
    gaps = sum(position.state == "gap" for position in known.values())
    return Report(lag, gaps, counts, {})


async def wait(
    engine: AsyncEngine, kafka: KafkaConfig, topics: tuple[str, ...], seconds: float
) -> Report:
    """Look until the stack is settled, for at most ``seconds``; the last look is returned."""
    deadline = asyncio.get_running_loop().time() + seconds
    async with KafkaView(kafka) as view:
        while True:
            report = await look(engine, view, topics)
            remaining = deadline - asyncio.get_running_loop().time()
            if report.settled or remaining <= 0:
                return replace(report, chats=await _chats(engine))
            await asyncio.sleep(min(POLL_SECONDS, remaining))


async def _chats(engine: AsyncEngine) -> dict[str, int]:
    """How many chats are in each state; in a region this takes seconds, so it is asked once."""
    async with transaction(engine) as connection:
        return (await store.survey(connection)).states
