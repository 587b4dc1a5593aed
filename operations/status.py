"""How a stack stands: one answer for the command line, the pages, the API and the metrics.

How far Kafka is ahead is told in one of two ways. ``status`` takes the last look of whoever
reads the topics, and an old one settles nothing. ``wait`` asks Kafka itself, and before the
store, so that «settled» is never said of an event that was published before the question. Where
Kafka does not answer within ``PATIENCE`` seconds, the store's counts are told without it, and
nothing is settled.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from consumers.errors import ConsumersError, KafkaUnavailable
from consumers.kafka import KafkaConfig
from consumers.kafka_view import KafkaView
from operations.report import Asked, LastLook, Report, Silent, Told
from operations.store import Engine, Overview
from projections.database import transaction
from projections.errors import StoreUnavailable
from projections.gate.kafka_sights import Sight
from projections.reports import overview
from projections.reports import status as store
from projections.reports.survey import Survey, survey

__all__ = ["Asked", "LastLook", "Report", "Silent", "Told", "look", "status", "wait"]

POLL_SECONDS = 0.2
PATIENCE = 5.0
"""Seconds that Kafka has for an answer to somebody who looks."""


async def status(database: Overview) -> Report:
    """How everything stands, by the last look at the topics' ends.

    Raises:
        StoreError: PostgreSQL does not answer.
    """
    return Report(await database.standing(), LastLook())


async def look(engine: Engine, kafka: KafkaView, topics: tuple[str, ...]) -> Report:
    """One look at Kafka and then at the store; chats are left uncounted.

    Raises:
        KafkaUnavailable, StoreUnavailable: a server does not answer.
    """
    views = await kafka.topics(topics)
    ends = await kafka.ends((name, part) for name in views for part in views[name].partitions)
    ids = {name: each.topic_id for name, each in views.items()}
    async with transaction(engine) as connection:
        # Before the counts: what is read by then is marked by then, or derived already.
        lag = _lag(Sight(ends, ids), await store.positions(connection))
        return Report(await overview.standing(connection), Asked(lag))


def _lag(sight: Sight, positions: list[store.PartitionRow]) -> int:
    """The records that are not ingested.

    Of a topic made anew nothing is read yet, however far we were in the one before it.
    """
    known = {(each.topic, each.partition, each.topic_id): each.next_offset for each in positions}
    places = {(*place, sight.ids[place[0]]): end for place, end in sight.ends.items()}
    return sum(max(0, end - known.get(place, 0)) for place, end in places.items())


async def wait(
    engine: Engine, kafka: KafkaConfig, topics: tuple[str, ...], seconds: float
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
        counted = replace(report.standing, survey=await _survey(engine))
        return replace(report, standing=counted)


async def _without_kafka(engine: Engine, failure: ConsumersError) -> Report:
    try:
        async with transaction(engine) as connection:
            return Report(await overview.standing(connection), Silent(failure))
    except StoreUnavailable as outage:
        raise ExceptionGroup("nobody answers", [failure, outage]) from None


async def _until_settled(
    engine: Engine,
    view: KafkaView,
    topics: tuple[str, ...],
    remaining: Callable[[], float],
) -> Report:
    while True:
        report = await look(engine, view, topics)
        if report.settled or remaining() <= 0:
            return report
        await asyncio.sleep(min(POLL_SECONDS, max(0, remaining())))


async def _survey(engine: Engine) -> Survey:
    """All chats, counted; in a region this takes seconds, so it is asked once."""
    async with transaction(engine) as connection:
        return await survey(connection)
