"""An engine's result as it is written to its topic.

While a region is read nothing is decoded here, only the topic's end is looked at, so that the
engine has the machine to itself; what was written is folded once it has come to rest.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.engines.results import Key, State, Written

_LOOK: Final = 0.5
_FETCH: Final = 20_000

Read = Callable[[bytes | None, bytes | None], Written]


@dataclass(frozen=True, slots=True)
class Rest:
    """When the result began and when it last changed, as Kafka has it (seconds since 1970)."""

    first_at: float
    last_at: float
    records: int


class Follower:
    """Follows one topic from its beginning; ``state`` is what it has led to so far."""

    def __init__(
        self, bootstrap: str, topic: str, read: Read, take: Callable[[State, Written], None]
    ) -> None:
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=20)
        self._topic = topic
        self._read = read
        self._take = take
        self._folded = 0
        self._first_at = 0.0
        self._last_at = 0.0
        self.state = State()

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        parts = self._consumer.partitions_for_topic(self._topic) or await self._parts()
        self._assigned = [TopicPartition(self._topic, part) for part in sorted(parts)]
        self._consumer.assign(self._assigned)
        await self._consumer.seek_to_beginning()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def _parts(self) -> set[int]:
        found: set[int] | None = None
        while not found:
            await self._consumer._client.force_metadata_update()  # noqa: SLF001 - has no other way
            found = self._consumer.partitions_for_topic(self._topic)
        return found

    async def rest(self, quiet: float, patience: float) -> Rest | None:
        """Fold everything once nothing was written for ``quiet`` seconds; None: never began."""
        ends, since = 0, time.monotonic()
        until = since + patience
        while time.monotonic() < until:
            now = sum((await self._consumer.end_offsets(self._assigned)).values())
            if now != ends:
                ends, since = now, time.monotonic()
            elif ends and time.monotonic() - since >= quiet:
                break
            await asyncio.sleep(_LOOK)
        while self._folded < ends:
            await self.fold(1000)
        return Rest(self._first_at, self._last_at, self._folded) if ends else None

    async def fold(self, wait_ms: int) -> None:
        """Take in what has been written meanwhile, waiting for something so long at most."""
        fetched = await self._consumer.getmany(timeout_ms=wait_ms, max_records=_FETCH)
        for records in fetched.values():
            for record in records:
                self._folded += 1
                at = record.timestamp / 1000
                self._first_at = min(self._first_at or at, at)
                self._last_at = max(self._last_at, at)
                self._take(self.state, self._read(record.key, record.value))

    async def until(self, key: Key, *, present: bool, patience: float) -> float:
        """The moment at which the membership is there, or is gone.

        Raises:
            TimeoutError: not in time.
        """
        async with asyncio.timeout(patience):
            while (key in self.state.memberships) is not present:
                await self.fold(50)
        return time.perf_counter()
