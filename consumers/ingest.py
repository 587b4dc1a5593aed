"""Ingest: fetched records into committed facts, and the positions that go with them.

Guarantees:

* a batch's facts and offsets commit together, from exactly the position that PostgreSQL has,
  of exactly the topic that PostgreSQL knows: its id is asked after the fetch, and ids never
  come back, so the records were of that topic;
* a batch is read while the one before is written, and begins where that one ends; should
  that one fail, PostgreSQL has another offset and refuses this one too;
* whatever goes wrong, the partitions concerned are lost and taken up again from PostgreSQL's
  offsets, so no record is skipped and none is waited for inside a poll;
* data that PostgreSQL refuses is halved down to the one record, which goes to quarantine; an
  outage quarantines nothing; a partition over whose records our own code fails too often stops;
* what cannot be read at all, as after damage to Kafka's disk, is not skipped: its partition
  waits, the others go on.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from time import monotonic

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from consumers.config import IngestConfig
from consumers.counters import Counters
from consumers.damaged_batches import Damaged
from consumers.errors import ConsumersError, KafkaUnavailable
from consumers.kafka_commits import commit_to_kafka
from consumers.kafka_view import KafkaView
from consumers.positions import Positions
from consumers.reading import read
from consumers.slices import Item, Piece
from consumers.verify import verify
from consumers.writing import Writer
from projections.errors import OffsetsMoved, StoreError, StoreUnavailable, TooManyFailures
from projections.facts.ingest_store import IngestStore
from projections.facts.offsets import PartitionKey

log = structlog.get_logger()

_SLICE = 200  # records between two looks at the event loop: some milliseconds
Records = Sequence["ConsumerRecord[bytes, bytes]"]


class Ingestor:
    """Writes what one consumer fetches, one batch while the next is being read.

    ``lock`` is held while a batch is being written. ``lost`` is set when a partition must be
    taken up again; ``failure`` is what nobody expected, for whoever runs this to raise.
    """

    def __init__(
        self, config: IngestConfig, store: IngestStore, view: KafkaView, positions: Positions
    ) -> None:
        self._config = config
        self._store = store
        self._view = view
        self._positions = positions
        self._passed: dict[PartitionKey, tuple[int, int]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._closed = False
        self.lock = asyncio.Lock()
        self.counters = Counters()
        self._writer = Writer(config, store, self.counters)
        self.lost = asyncio.Event()
        self.failure: Exception | None = None

    async def take(self, records: Records, consumer: AIOKafkaConsumer) -> None:
        """Read these records, and begin to write them once the batch before is written."""
        damaged = [record for record in records if isinstance(record, Damaged)]
        try:
            pieces = await self._pieces(records)
        except Exception as error:  # noqa: BLE001 - sorted out in _lose
            self._lose({(record.topic, record.partition) for record in records}, error)
            return
        await self.lock.acquire()
        # What was lost or moved since is fetched again.
        pieces = [each for each in pieces if self._positions.get(each.key) == each.standing]
        if self._closed or not pieces:
            self.lock.release()
        else:
            for piece in pieces:
                self._positions.moved(piece.key, piece.after())
            self._writing = asyncio.create_task(self._write_out(pieces, consumer))
        for each in damaged:
            self._set_aside(each)

    def open(self) -> None:
        """Begin, or begin again after ``close``."""
        self._closed = False
        self.failure = None
        self.progressed()

    @property
    def progressed_at(self) -> float:
        """When something was written last, or there was nothing to write."""
        return self._writer.progressed_at

    def progressed(self) -> None:
        """There is nothing to write, or this begins."""
        self._writer.progressed_at = monotonic()

    async def close(self) -> None:
        """Write nothing more than the batch that is being written, and wait for that."""
        self._closed = True
        async with self.lock:
            pass

    async def _write_out(self, pieces: Sequence[Piece], consumer: AIOKafkaConsumer) -> None:
        """Commit the facts of these pieces, or lose their partitions; then free the lock."""
        try:
            holes = [each for each in pieces if each.begins_after_a_hole()]
            await verify(self._view, pieces, holes)
            await self._writer.write(pieces)
            await self._courtesy(consumer, pieces)
        except Exception as error:  # noqa: BLE001 - sorted out in _lose
            self._lose([piece.key for piece in pieces], error)
        finally:
            self.lock.release()

    async def step_over(self, consumer: AIOKafkaConsumer, idle: Callable[[], bool]) -> None:
        """Note what the consumer has passed without any record: ends of transactions.

        ``idle`` tells that nothing fetched is under way to ``take``; a position past records
        that are would lose them. A position must also have stood still since the last call.
        """
        async with self.lock:
            pieces = []
            passed: dict[PartitionKey, tuple[int, int]] = {}
            for key, standing in self._positions.held.items():
                position = await self._positions.fetched_to(key)
                if position is not None and position.offset > standing.next_off:
                    passed[key] = (standing.next_off, position.offset)
                    if self._passed.get(key) == passed[key]:
                        end, epoch = position
                        pieces.append(Piece(key, standing, end, (), (), epoch))
            self._passed = passed
            if not pieces or not idle():
                return
            try:
                await verify(self._view, pieces, pieces)
                await self._writer.write(pieces)
            except (StoreError, ConsumersError) as error:
                self._lose([piece.key for piece in pieces], error)
            else:
                for piece in pieces:
                    self._positions.moved(piece.key, piece.after())
                await self._courtesy(consumer, pieces)

    def _set_aside(self, damaged: Damaged) -> None:
        """Read nothing more of a partition than the good before; the next look tries again."""
        key = (damaged.topic, damaged.partition)
        place = {"topic": key[0], "partition": key[1], "offset": damaged.offset}
        self.counters.unreadable += 1
        log.error("ingest.unreadable", reason=damaged.reason, **place)
        self._positions.lose([key])

    def fetch_failed(self, error: BaseException) -> None:
        """A fetch raised: whatever it had of any partition is gone, so all are read again."""
        self._lose(self._positions.held, KafkaUnavailable(type(error).__name__))

    def _lose(self, keys: Iterable[PartitionKey], error: Exception) -> None:
        self._positions.lose(keys)
        self.counters.offsets_moved += isinstance(error, OffsetsMoved)
        if isinstance(error, TooManyFailures):
            log.error("ingest.stops", reason=str(error))
        elif isinstance(error, OffsetsMoved | StoreUnavailable | ConsumersError):
            log.warning("ingest.seeks_again", error=type(error).__name__, reason=str(error))
        else:
            log.error("ingest.failed", error=type(error).__name__)
            self.failure = error
        self.lost.set()

    async def _pieces(self, records: Records) -> list[Piece]:
        by_key: dict[PartitionKey, list[ConsumerRecord[bytes, bytes]]] = {}
        for record in records:
            if not isinstance(record, Damaged):
                by_key.setdefault((record.topic, record.partition), []).append(record)
        found = []
        # All positions first: while records are read, other tasks may seek.
        for key, of_key in by_key.items():
            standing = self._positions.get(key)
            position = None if standing is None else await self._positions.fetched_to(key)
            # The consumer was sought elsewhere since this was fetched: it will come again.
            if standing is None or position is None or position.offset <= of_key[-1].offset:
                continue
            if of_key[0].offset < standing.next_off:
                # So the consumer went back by itself: Kafka says that our offset is past the end.
                raise OffsetsMoved("what was read already came again")
            found.append((key, standing, position, of_key))
        return [
            Piece(
                key,
                standing,
                position.offset,
                new,
                await self._items(new, standing.topic_id),
                position.leader_epoch,
            )
            for key, standing, position, new in found
        ]

    async def _items(self, records: Records, topic_id: str) -> list[Item]:
        """The records read, a slice at a time, so that the batch being written goes on."""
        items: list[Item] = []
        for start in range(0, len(records), _SLICE):
            part = records[start : start + _SLICE]
            items += [read(record, topic_id, self.counters) for record in part]
            await asyncio.sleep(0)
        return items

    async def _courtesy(self, consumer: AIOKafkaConsumer, pieces: Sequence[Piece]) -> None:
        """Tell Kafka how far we are, for tools that show lag; nothing of ours rests on it."""
        standings = {piece.key: piece.after() for piece in pieces}
        await commit_to_kafka(consumer, standings, self._positions.tide)
