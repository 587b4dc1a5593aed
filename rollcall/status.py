"""How a stack stands: Kafka's ends against what is ingested, and the store's own counts.

Lag is asked of Kafka at the moment of the question, before the store is, so that «settled»
is never said of an event that was published before it. Where Kafka does not answer within
``PATIENCE`` seconds, the store's counts are told without it, and nothing is settled.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.errors import ConsumersError, KafkaUnavailable
from consumers.kafka import KafkaConfig
from consumers.kafka_view import KafkaView
from domain.obstacles import Obstacle
from projections.database import transaction
from projections.errors import StoreUnavailable
from projections.gate.kafka_sights import Sight
from projections.reports import status as store
from projections.reports.obstacles import obstacles
from projections.reports.survey import Survey, survey

POLL_SECONDS = 0.2
PATIENCE = 5.0
"""Seconds that Kafka has for an answer to somebody who looks."""


@dataclass(frozen=True, slots=True)
class Report:
    """One look. ``lag`` counts the records that are not ingested.

    Where Kafka did not tell, ``lag`` is None and ``failure`` says why.
    """

    lag: int | None
    gaps: int
    counts: store.Status
    obstacles: tuple[Obstacle, ...] = ()
    survey: Survey | None = None
    failure: ConsumersError | None = None

    @property
    def chats(self) -> dict[str, int]:
        """How many chats are in each state."""
        return {} if self.survey is None else self.survey.states

    @property
    def settled(self) -> bool:
        """Nothing is on its way: no lag, nothing stale, leased, in flight or due in a minute."""
        return self.lag == 0 and self.counts.busy == 0

    def as_json(self) -> dict[str, object]:
        """What ``status --json`` prints."""
        return store.as_json(
            self.counts,
            self.survey,
            self.obstacles,
            lag=self.lag,
            gaps=self.gaps,
            settled=self.settled,
        )


async def look(engine: AsyncEngine, kafka: KafkaView, topics: tuple[str, ...]) -> Report:
    """One look at Kafka and then at the store; chats are left uncounted.

    Raises:
        KafkaUnavailable, StoreUnavailable: a server does not answer.
    """
    views = await kafka.topics(topics)
    ends = await kafka.ends((name, part) for name in views for part in views[name].partitions)
    ids = {name: each.topic_id for name, each in views.items()}
    return await _look(engine, Sight(ends, ids))


async def _look(
    engine: AsyncEngine, sight: Sight | None, failure: ConsumersError | None = None
) -> Report:
    async with transaction(engine) as connection:
        counts = await store.status(connection)
        found = await obstacles(connection)
        known = {(p.topic, p.partition, p.topic_id): p for p in await store.positions(connection)}
    gaps = sum(position.state == "gap" for position in known.values())
    if sight is None:
        return Report(None, gaps, counts, found, failure=failure)
    # Of a topic made anew nothing is read yet, however far we were in the one before it.
    places = {(*place, sight.ids[place[0]]): end for place, end in sight.ends.items()}
    lag = sum(
        max(0, end - (known[place].next_offset if place in known else 0))
        for place, end in places.items()
    )
    return Report(lag, gaps, counts, found)


async def wait(
    engine: AsyncEngine, kafka: KafkaConfig, topics: tuple[str, ...], seconds: float
) -> Report:
    """Look until the stack is settled, for at most ``seconds``; the last look is returned.

    A Kafka that is away is asked again until then; one that refuses us is not.

    Raises:
        StoreUnavailable: PostgreSQL does not answer.
        ExceptionGroup: neither of the two does.
    """
    deadline = asyncio.get_running_loop().time() + seconds

    def remaining() -> float:
        return deadline - asyncio.get_running_loop().time()

    while True:
        try:
            async with KafkaView(kafka, PATIENCE) as view:
                report = await _until_settled(engine, view, topics, remaining)
        except ConsumersError as failure:
            if isinstance(failure, KafkaUnavailable) and remaining() > 0:
                await asyncio.sleep(min(POLL_SECONDS, max(0, remaining())))
                continue
            report = await _without_kafka(engine, failure)
        return replace(report, survey=await _survey(engine))


async def _without_kafka(engine: AsyncEngine, failure: ConsumersError) -> Report:
    try:
        return await _look(engine, None, failure)
    except StoreUnavailable as outage:
        raise ExceptionGroup("nobody answers", [failure, outage]) from None


async def _until_settled(
    engine: AsyncEngine,
    view: KafkaView,
    topics: tuple[str, ...],
    remaining: Callable[[], float],
) -> Report:
    while True:
        report = await look(engine, view, topics)
        if report.settled or remaining() <= 0:
            return report
        await asyncio.sleep(min(POLL_SECONDS, max(0, remaining())))


async def _survey(engine: AsyncEngine) -> Survey:
    """All chats, counted; in a region this takes seconds, so it is asked once."""
    async with transaction(engine) as connection:
        return await survey(connection)
