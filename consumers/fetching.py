"""aiokafka's way from a fetched response to records, bounded and told apart.

Guarantees: of a record that is larger than the contract's limit only the beginning, the length
and the hash go on; of one partition no more than ``BYTES`` are handed out at once, however many
records that are; and the epoch of the leader that took a batch in is known beside the position.

aiokafka has no settings for these, so ``install`` puts our classes where its fetcher looks for
its own, for the whole process (decision 7).
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords

from consumers.damaged_batches import LenientRecords, damaged
from projections.facts.offsets import NOT_KNOWN
from projections.facts.quarantine import Cut
from schemas.decode import VALUE_LIMIT

BYTES: Final = 4 * 1024 * 1024
"""Keys, values and headers of one partition that are handed out at once; one record at least."""

KEPT: Final = 4096
"""Of what is too large so many bytes are kept."""

_OVERHEAD = 200


def bounded(content: bytes | None) -> bytes | None:
    """The content, or the beginning of one that is too large."""
    if content is None or len(content) <= VALUE_LIMIT:
        return content
    return Cut.of(content[:KEPT], len(content), sha256(content).hexdigest())


def _size(record: "ConsumerRecord[bytes, bytes]") -> int:
    headers = sum(len(name) + len(value or b"") + _OVERHEAD for name, value in record.headers)
    return len(record.key or b"") + len(record.value or b"") + headers + _OVERHEAD


class BoundedRecords(PartitionRecords):  # type: ignore[misc]  # untyped
    """The records of a partition in a response, ending where they cannot be read."""

    _records: LenientRecords

    @property
    def leader_epoch(self) -> int:
        """Of the batch in which, or after which, the position is."""
        return self._records.leader_epoch

    def _unpack_records(self) -> Iterator[object]:
        try:
            yield from super()._unpack_records()
        except Exception as error:  # noqa: BLE001 - told by the record
            place = (self._tp.topic, self._tp.partition, self.next_fetch_offset)
            yield damaged(*place, type(error).__name__)

    def _consumer_record(self, tp: TopicPartition, record: Any) -> object:  # noqa: ANN401 - untyped
        return ConsumerRecord(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp,
            record.timestamp_type,
            bounded(record.key),
            bounded(record.value),
            record.checksum,
            -1,
            -1,
            tuple((name, bounded(value)) for name, value in record.headers),
        )


class BoundedResult(FetchResult):  # type: ignore[misc]  # untyped
    """What is handed out of a response: so many records, and so many bytes."""

    _partition_records: BoundedRecords | None

    def getall(self, max_records: int | None = None) -> list[object]:
        """The next records; what is left is handed out the next time."""
        records = self._partition_records
        if not self.check_assignment(self._topic_partition) or records is None:
            return []
        taken: list[object] = []
        size = 0
        for record in records:
            taken.append(record)
            size += _size(record)
            if size >= BYTES or (max_records is not None and len(taken) >= max_records):
                self._update_position()
                break
        else:
            self._update_position()
            self._partition_records = None
        return taken

    def _update_position(self) -> None:
        super()._update_position()
        state = self._assignment.state_value(self._topic_partition)
        if self._partition_records is not None:
            state.leader_epoch = self._partition_records.leader_epoch


def leader_epoch(consumer: AIOKafkaConsumer, tp: TopicPartition) -> int:
    """The epoch of the last batch before the consumer's position, where it is known."""
    subscriptions = getattr(consumer, "_subscription", None)
    subscription = None if subscriptions is None else subscriptions.subscription
    assignment = None if subscription is None else subscription.assignment
    if assignment is None or tp not in assignment.tps:
        return NOT_KNOWN
    epoch: int = getattr(assignment.state_value(tp), "leader_epoch", NOT_KNOWN)
    return epoch


_REPLACED: Final = {
    "MemoryRecords": LenientRecords,
    "PartitionRecords": BoundedRecords,
    "FetchResult": BoundedResult,
}


def install() -> None:
    """Have every consumer of this process read this way; once or often is the same."""
    if not _REPLACED.keys() <= vars(fetcher).keys():
        message = "aiokafka's fetcher is not what consumers/fetching.py was written for"
        raise AttributeError(message)
    for name, ours in _REPLACED.items():
        setattr(fetcher, name, ours)
