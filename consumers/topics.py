"""Whether the topics can be read at all, looked at once at the start.

Guarantees: a compacted topic is never read, since a rebuild needs every record.
"""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from consumers.closing import let_go
from consumers.errors import TopicCompacted, TopicsMissing, translated
from consumers.kafka_config import KafkaConfig, client_options
from consumers.kafka_view import KafkaView


async def check_topics(config: KafkaConfig, view: KafkaView, topics: Sequence[str]) -> None:
    """Refuse to read what is not there or is compacted.

    Raises:
        TopicsMissing: with the names, and what to do.
        TopicCompacted: with the name, and what to do.
    """
    known = await view.topics(topics)
    missing = [name for name in topics if name not in known]
    if missing:
        raise TopicsMissing(
            f"topics do not exist: {', '.join(missing)}; create them with "
            "cleanup.policy=delete, or name others in the settings"
        )
    for name, policy in (await _cleanup_policies(config, topics)).items():
        if "compact" in policy:
            raise TopicCompacted(
                f"topic {name} has cleanup.policy={policy}; facts can be rebuilt only from a "
                "topic that keeps every record: set it to delete"
            )


async def _cleanup_policies(config: KafkaConfig, topics: Sequence[str]) -> dict[str, str]:
    admin = AIOKafkaAdminClient(**client_options(config))
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, {"cleanup.policy": ""}) for name in topics
    ]
    with translated():
        try:
            await admin.start()
            responses = await admin.describe_configs(resources)
        finally:
            await let_go(admin.close)
    return {
        resource[3]: ",".join(entry[1] for entry in resource[4] if entry[0] == "cleanup.policy")
        for response in responses
        for resource in response.resources
    }
