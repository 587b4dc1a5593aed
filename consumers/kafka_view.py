"""What Kafka knows of the topics: ids, partitions, log starts and ends, committed offsets.

Guarantees: asks nothing of a consumer group's members, so it may be used while a rebalance
is under way; opening and each answer takes at most ``patience`` seconds or is
``KafkaUnavailable``, and closing takes not much longer.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import LeaderNotAvailableError

from consumers import leader_epochs, topic_ids
from consumers.closing import let_go, let_go_of
from consumers.errors import translated
from consumers.kafka_config import KafkaConfig, client_options
from consumers.reachable import reach
from consumers.topic_ids import Leader
from projections.facts.offsets import PartitionKey
from projections.facts.tide import height_in

PATIENCE = 10.0
_ASKED_AGAIN = 5
_HEARING = 0.2


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as it is now; another id is another topic."""

    topic_id: str
    partitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Committed:
    """Offsets that a group has committed, and the highest tide beside them."""

    offsets: dict[PartitionKey, int]
    tide: int = 0


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
            if isinstance(each, AIOKafkaConsumer):
                await let_go_of(each)
            else:
                await let_go(each.close)

    async def topics(self, names: Sequence[str]) -> dict[str, TopicView]:
        """Those of these topics that exist; of a topic that is not here Kafka says so itself."""
        with translated():
            async with asyncio.timeout(self._patience):
                node = self._client.get_random_node()
                response = await self._client.send(node, topic_ids.TopicsRequest(names))
            found = topic_ids.parse(response)
        return {
            name: TopicView(topic_id, tuple(sorted(leaders)))
            for name, (topic_id, leaders) in found.items()
        }

    async def epoch_ends(self, epochs: Mapping[PartitionKey, int]) -> dict[PartitionKey, int]:
        """Where the records of these leader epochs end, by the leaders of now.

        -1 where a leader knows no epoch as late as that.
        """
        found: dict[PartitionKey, int] = {}
        with translated():
            async with asyncio.timeout(self._patience):
                for node, of_node in (await self._by_leader(epochs)).items():
                    request = leader_epochs.EpochEndsRequest(of_node)
                    found |= leader_epochs.parse(await self._client.send(node, request))
        return found

    async def _by_leader(
        self, epochs: Mapping[PartitionKey, int]
    ) -> dict[int, dict[PartitionKey, int]]:
        leaders = await self._leaders(epochs)
        for _ in range(_ASKED_AGAIN):
            # Who knows of no leader as late as that of our records may only be slow to hear.
            if all(leaders[key].epoch >= epoch for key, epoch in epochs.items()):
                break
            await asyncio.sleep(_HEARING)
            leaders = await self._leaders(epochs)
        found: dict[int, dict[PartitionKey, int]] = {}
        for key, epoch in epochs.items():
            found.setdefault(leaders[key].node, {})[key] = epoch
        return found

    async def _leaders(self, keys: Iterable[PartitionKey]) -> dict[PartitionKey, Leader]:
        wanted = sorted(keys)
        request = topic_ids.TopicsRequest(sorted({topic for topic, _ in wanted}))
        node = self._client.get_random_node()
        known = topic_ids.parse(await self._client.send(node, request))
        leaders = {key: known[key[0]][1].get(key[1]) for key in wanted if key[0] in known}
        found = {key: leader for key, leader in leaders.items() if leader and leader.node >= 0}
        if len(found) < len(wanted):
            raise LeaderNotAvailableError
        return found

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

    async def committed(self, group: str) -> Committed:
        """What this group has committed, where it has, and the tide that it told of."""
        with translated():
            async with asyncio.timeout(self._patience):
                found = await self._admin.list_consumer_group_offsets(group)
        offsets = {
            (tp.topic, tp.partition): meta.offset for tp, meta in found.items() if meta.offset >= 0
        }
        tide = max((height_in(meta.metadata) for meta in found.values()), default=0)
        return Committed(offsets, tide)

    async def partitions(self, names: Sequence[str]) -> tuple[PartitionKey, ...]:
        """Every partition of those of these topics that exist."""
        views = await self.topics(names)
        return tuple((name, part) for name, view in views.items() for part in view.partitions)


def _partitions(keys: Iterable[PartitionKey]) -> list[TopicPartition]:
    return [TopicPartition(topic, part) for topic, part in keys]
