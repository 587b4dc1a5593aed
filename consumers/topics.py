"""The topics: made where they are missing, or refused where they cannot serve.

Guarantees: an existing topic is never changed; a compacted one is never read, since a rebuild
needs every record.
"""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from consumers.config import KafkaConfig
from consumers.errors import KafkaRefused, TopicCompacted, TopicsMissing, translated
from consumers.kafka_view import KafkaView

_READY_POLL = 0.05
_READY_TIMEOUT = 15.0


async def ensure_topics(config: KafkaConfig) -> tuple[str, ...]:
    """Make the topics that do not exist yet, for ``up``, ``demo`` and ``publish``.

    Returns:
        The names of those that were made; they can be written to at once.
    """
    async with KafkaView(config) as view:
        names = (*config.topics, *config.outgoing)
        known = await view.topics(names)
        missing = [name for name in names if name not in known]
        if missing:
            await _create(config, missing)
            await _until_led(view, missing, config.partitions)
    return tuple(missing)


async def check_topics(config: KafkaConfig, view: KafkaView) -> None:
    """Refuse to read what is not there or is compacted.

    Raises:
        TopicsMissing: with the names, and what to do.
        TopicCompacted: with the name, and what to do.
    """
    known = await view.topics(config.topics)
    missing = [name for name in config.topics if name not in known]
    if missing:
        raise TopicsMissing(
            f"topics do not exist: {', '.join(missing)}; create them with {config.partitions} "
            "partitions and cleanup.policy=delete, or name others in the settings"
        )
    for name, policy in (await _cleanup_policies(config)).items():
        if "compact" in policy:
            raise TopicCompacted(
                f"topic {name} has cleanup.policy={policy}; facts can be rebuilt only from a "
                "topic that keeps every record: set it to delete"
            )


async def _create(config: KafkaConfig, names: Sequence[str]) -> None:
    admin = AIOKafkaAdminClient(**config.client_arguments())
    policy = {"cleanup.policy": "delete", "retention.ms": "-1"}
    new = [
        NewTopic(name, config.partitions, config.replication, topic_configs=policy)
        for name in names
    ]
    with translated():
        try:
            await admin.start()
            response = await admin.create_topics(new)
        finally:
            await admin.close()
    for name, code, *_ in response.topic_errors:
        error = for_code(code)
        # Somebody else may make the same topics at this moment.
        if error not in (NoError, TopicAlreadyExistsError):
            raise KafkaRefused(f"topic {name} could not be created: {error.__name__}")


async def _until_led(view: KafkaView, names: Sequence[str], partitions: int) -> None:
    """A new topic can be written to once the leader of each of its partitions answers."""
    with translated():
        async with asyncio.timeout(_READY_TIMEOUT):
            while True:
                known = await view.topics(names)
                if all(
                    name in known and len(known[name].partitions) == partitions for name in names
                ):
                    break
                await asyncio.sleep(_READY_POLL)
    await view.ends((name, part) for name in names for part in range(partitions))


async def _cleanup_policies(config: KafkaConfig) -> dict[str, str]:
    admin = AIOKafkaAdminClient(**config.client_arguments())
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, {"cleanup.policy": ""})
        for name in config.topics
    ]
    with translated():
        try:
            await admin.start()
            responses = await admin.describe_configs(resources)
        finally:
            await admin.close()
    return {
        resource[3]: ",".join(entry[1] for entry in resource[4] if entry[0] == "cleanup.policy")
        for response in responses
        for resource in response.resources
    }
