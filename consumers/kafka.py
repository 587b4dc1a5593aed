"""What other rooms need of Kafka: how to reach it, topics made, ends told.

Guarantees: an existing topic is never changed; no exception of aiokafka leaves this room.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from consumers.closing import let_go
from consumers.errors import KafkaRefused, KafkaUnavailable, translated
from consumers.kafka_config import KafkaConfig, client_options
from consumers.kafka_view import KafkaView
from projections.facts.offsets import PartitionKey
from schemas.events import PARTITIONS
from schemas.outgoing import CHATS_TOPIC, DECISIONS_TOPIC

__all__ = ["KafkaConfig", "TopicShape", "client_options", "end_offsets", "ensure_topics"]

OUTGOING_TOPICS: Final = (CHATS_TOPIC, DECISIONS_TOPIC)

_READY_POLL = 0.05
_READY_TIMEOUT = 15.0


@dataclass(frozen=True, slots=True)
class TopicShape:
    """How the topics that we make are made."""

    partitions: int = PARTITIONS
    replication: int = 1


async def ensure_topics(
    config: KafkaConfig, topics: Sequence[str], shape: TopicShape | None = None
) -> tuple[str, ...]:
    """Make those of ``topics`` and of our own outgoing ones that do not exist yet.

    For ``up``, ``demo`` and ``publish``; ``run`` makes none. Returns the names of those that
    were made; they can be written to at once, and keep every record.

    Raises:
        KafkaUnavailable, KafkaRefused: they could not be made.
    """
    shape = shape or TopicShape()
    names = tuple(dict.fromkeys((*topics, *OUTGOING_TOPICS)))
    async with KafkaView(config) as view:
        known = await view.topics(names)
        missing = [name for name in names if name not in known]
        if missing:
            await _create(config, missing, shape)
            await _until_led(view, missing, shape.partitions)
    return tuple(missing)


async def end_offsets(config: KafkaConfig, topics: Sequence[str]) -> dict[PartitionKey, int]:
    """The offset that the next record of each partition will get, of the topics that exist."""
    async with KafkaView(config) as view:
        return await view.ends(await view.partitions(topics))


async def _create(config: KafkaConfig, names: Sequence[str], shape: TopicShape) -> None:
    admin = AIOKafkaAdminClient(**client_options(config))
    policy = {"cleanup.policy": "delete", "retention.ms": "-1"}
    new = [
        NewTopic(name, shape.partitions, shape.replication, topic_configs=policy) for name in names
    ]
    with translated():
        try:
            await admin.start()
            response = await admin.create_topics(new)
        finally:
            await let_go(admin.close)
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        # Somebody else may make the same topics at this moment.
        if error not in (NoError, TopicAlreadyExistsError):
            raise KafkaRefused(f"topic {name} could not be created: {error.__name__}")


async def _until_led(view: KafkaView, names: Sequence[str], partitions: int) -> None:
    """A new topic can be written to once the leader of each of its partitions answers."""
    with translated():
        async with asyncio.timeout(_READY_TIMEOUT):
            while not await _are_there(view, names, partitions):  # noqa: ASYNC110 - a server's state
                await asyncio.sleep(_READY_POLL)
    await view.ends((name, part) for name in names for part in range(partitions))


async def _are_there(view: KafkaView, names: Sequence[str], partitions: int) -> bool:
    try:
        known = await view.topics(names)
    except KafkaUnavailable:
        return False  # so says Kafka of a topic that is being made
    return all(name in known and len(known[name].partitions) == partitions for name in names)
