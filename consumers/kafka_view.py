"""What Kafka knows of the topics: ids, partitions, log starts and ends, committed offsets.

Guarantees: asks nothing of a consumer group's members, so it may be used while a rebalance
is under way; opening and each answer takes at most ``patience`` seconds or is
``KafkaUnavailable``, and closing takes not much longer.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient

from consumers import topic_ids
from consumers.errors import translated
from consumers.kafka_config import KafkaConfig, client_options
from consumers.reach import reach
from projections.offsets import PartitionKey

PATIENCE = 10.0
_CLOSING = 2.0


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as it is now; another id is another topic."""

    topic_id: str
    partitions: tuple[int, ...]


class KafkaView:
    """Connections for questions; ``async with`` opens and closes them."""

    def __init__(self, config: KafkaConfig, patience: float = PATIENCE) -> None:
        self._config = config
        self._patience = patience
        self._opened: list[AIOKafkaClient | AIOKafkaConsumer | AIOKafkaAdminClient] = []

    async def __aenter__(self) -> Self:
        try:
            with translated():
                async with asyncio.timeout(self._patience):
                    await self._open()
        except BaseException:
            await self.close()
            raise
        return self

    async def _open(self) -> None:
        arguments = client_options(self._config) | {
            "bootstrap_servers": [await reach(self._config)],
            "request_timeout_ms": int(self._patience * 1000),
        }
        self._client = AIOKafkaClient(**arguments)
        self._opened.append(self._client)
        await self._client.bootstrap()
        # To the stable offset only: what is in an open transaction is not there yet.
        self._consumer = AIOKafkaConsumer(**arguments, isolation_level="read_committed")
        self._opened.append(self._consumer)
        await self._consumer.start()
        self._admin = AIOKafkaAdminClient(**arguments)
        self._opened.append(self._admin)
        await self._admin.start()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what is open; a broker that does not say goodbye is left without it."""
        while self._opened:
            each = self._opened.pop()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING):
                    await (each.stop() if isinstance(each, AIOKafkaConsumer) else each.close())

    async def topics(self, names: Sequence[str]) -> dict[str, TopicView]:
        """Those of these topics that exist."""
        with translated():
            async with asyncio.timeout(self._patience):
                node = self._client.get_random_node()
                response = await self._client.send(node, topic_ids.TopicsRequest(names))
        return {name: TopicView(*found) for name, found in topic_ids.parse(response).items()}

    async def starts(self, keys: Iterable[PartitionKey]) -> dict[PartitionKey, int]:
        """The first offset that each partition still has."""
        with translated():
            async with asyncio.timeout(self._patience):
                found = await self._consumer.beginning_offsets(_partitions(keys))
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def ends(self, keys: Iterable[PartitionKey]) -> dict[PartitionKey, int]:
        """The offset that the next record of each partition will get."""
        with translated():
            async with asyncio.timeout(self._patience):
                found = await self._consumer.end_offsets(_partitions(keys))
        return {(tp.topic, tp.partition): offset for tp, offset in found.items()}

    async def committed(self, group: str) -> dict[PartitionKey, int]:
        """What this group has committed, where it has."""
        with translated():
            async with asyncio.timeout(self._patience):
                found = await self._admin.list_consumer_group_offsets(group)
        return {
            (tp.topic, tp.partition): meta.offset for tp, meta in found.items() if meta.offset >= 0
        }

    async def partitions(self, names: Sequence[str]) -> tuple[PartitionKey, ...]:
        """Every partition of those of these topics that exist."""
        views = await self.topics(names)
        return tuple((name, part) for name, view in views.items() for part in view.partitions)


def _partitions(keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    return [TopicPartition(topic, part) for topic, part in keys]
