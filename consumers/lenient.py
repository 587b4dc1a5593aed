"""Fetched batches read as far as they can be, where aiokafka gives a whole fetch up.

The protocol says that a header's name is UTF-8, and no broker looks. aiokafka decodes names
strictly, so one such record makes every fetch raise, for ever, and each time takes with it
what the fetch had of other partitions. Here a batch is read by aiokafka's own parser at its
own speed; only one that it cannot read is read again by its pure Python one, with names that
are not UTF-8 kept as lone surrogates, which ``unreadable`` knows.

Guarantees: every record of a batch that a broker takes comes out, with its neighbours; a
batch that cannot be read at all, as after damage to a disk, comes out as one ``Damaged``, the
last of its partition, and no fetch raises for it.

aiokafka has no setting for this, so ``install`` puts our readers where its fetcher looks for
its own, for the whole process (decision 7).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from aiokafka.record.util import decode_varint_py


class Damaged(ConsumerRecord[bytes, bytes]):  # type: ignore[misc]  # aiokafka's is untyped
    """Stands for all that follows in a partition, which cannot be read; no record itself.

    Its offset is the first that cannot; ``reason`` is the kind of the failure.
    """

    reason: str


def _damaged(topic: str, part: int, offset: int, reason: str) -> Damaged:
    made = Damaged(topic, part, offset, 0, 0, None, None, None, -1, -1, ())
    object.__setattr__(made, "reason", reason)
    return made


class _Text(bytearray):
    """A buffer whose pieces decode, whatever is in them."""

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - an index or a slice, as the base
        piece = super().__getitem__(place)
        return piece if isinstance(piece, int) else _Text(piece)

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # final for typing only
    """aiokafka's Python parser over such a buffer."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Text(self._buffer)

    def _read_msg(self) -> object:
        # The default, in C, reads past the buffer's end and takes the process with it.
        return super()._read_msg(decode_varint_py)


class _Batch:
    """A batch as aiokafka's fetcher uses it; all but its records is aiokafka's own."""

    def __init__(self, batch: DefaultRecordBatch, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> object:
        return getattr(self._batch, name)

    def __next__(self) -> object:
        return next(self._batch)

    def __iter__(self) -> Iterator[object]:
        try:
            yield from self._batch
        except Exception:  # noqa: BLE001 - of any kind; what is wrong shows in the second reading
            # From its first record again: the fetcher skips those that it has had.
            yield from _LenientBatch(self._raw)


class LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]  # final for typing only
    """What a fetch has of one partition, batch by batch."""

    def next_batch(self, *arguments: int) -> object:
        """The next batch; one in a format before headers is aiokafka's own."""
        raw = self._next_slice
        batch = super().next_batch(*arguments)
        return _Batch(batch, raw) if isinstance(batch, DefaultRecordBatch) else batch


class _WholeRecords(PartitionRecords):  # type: ignore[misc]  # untyped
    """aiokafka's way through the batches of a partition, ending where they cannot be read."""

    def _unpack_records(self) -> Iterator[object]:
        try:
            yield from super()._unpack_records()
        except Exception as error:  # noqa: BLE001 - told by the record
            place = (self._tp.topic, self._tp.partition, self.next_fetch_offset)
            yield _damaged(*place, type(error).__name__)


def install() -> None:
    """Have every consumer of this process read this way; once or often is the same."""
    if not {"MemoryRecords", "PartitionRecords"} <= vars(fetcher).keys():
        message = "aiokafka's fetcher is not what consumers/lenient.py was written for"
        raise AttributeError(message)
    fetcher.MemoryRecords = LenientRecords
    fetcher.PartitionRecords = _WholeRecords


def unreadable(headers: Sequence[tuple[str, bytes | None]]) -> bool:
    """Whether a header's name came as something else than UTF-8."""
    for name, _ in headers:
        if not name.isascii():
            try:
                name.encode()
            except UnicodeEncodeError:
                return True
    return False
