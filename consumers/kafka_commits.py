"""Offsets told to Kafka, for the tools that show lag from there.

A courtesy: what counts is in PostgreSQL, so a commit that fails is only noted. It is never
ahead of PostgreSQL, which is how a restored database is recognised; and it carries the tide
(``projections.facts.tide``), by which one is recognised where no event has come since.
"""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from consumers.errors import ConsumersError, translated
from consumers.positions import partition
from projections.facts.offsets import PartitionKey, Position
from projections.facts.tide import metadata

log = structlog.get_logger()

_COURTESY_SECONDS = 5.0


async def commit_to_kafka(
    consumer: AIOKafkaConsumer, standings: dict[PartitionKey, Position], height: int
) -> None:
    """Commit these offsets in Kafka, if it will have them."""
    assigned = consumer.assignment()
    offsets: dict[TopicPartition, OffsetAndMetadata] = {
        partition(key): OffsetAndMetadata(standing.next_off, metadata(height))
        for key, standing in standings.items()
        if partition(key) in assigned
    }
    if not offsets:
        return
    try:
        with translated():
            async with asyncio.timeout(_COURTESY_SECONDS):
                await consumer.commit(offsets)
    except ConsumersError as error:
        log.info("ingest.courtesy_commit_failed", error=str(error))
