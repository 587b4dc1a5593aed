"""Fetched batches read as far as they can be, where aiokafka gives a whole fetch up.

The protocol says that a header's name is UTF-8, and no broker looks. aiokafka decodes names
strictly, so one such record makes every fetch raise, for ever, and each time takes with it
what the fetch had of other partitions. Here a batch is read by aiokafka's own parser at its
own speed; only one that it cannot read is read again by its pure Python one, with names that
are not UTF-8 kept as lone surrogates, which ``unreadable`` knows.

Guarantees: every record of a batch that a broker takes comes out, with its neighbours; a
batch that cannot be read at all, as after damage to a disk, comes out as one ``Damaged``, the
last of its partition, and no fetch raises for it.

``consumers.fetching`` puts these readers where aiokafka's fetcher looks for its own.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from aiokafka.record.util import decode_varint_py

from projections.facts.offsets import NOT_KNOWN

_EPOCH = slice(12, 16)  # after the base offset and the length


class Damaged(ConsumerRecord[bytes, bytes]):  # type: ignore[misc]  # aiokafka's is untyped
    """Stands for all that follows in a partition, which cannot be read; no record itself.

    Its offset is the first that cannot; ``reason`` is the kind of the failure.
    """

    reason: str


def damaged(topic: str, part: int, offset: int, reason: str) -> Damaged:
    """The mark of a partition that cannot be read from this offset on."""
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
    """What a fetch has of one partition, batch by batch.

    ``leader_epoch`` is of the last batch that was begun: which leader took it in.
    """

    leader_epoch = NOT_KNOWN

    def next_batch(self, *arguments: int) -> object:
        """The next batch; one in a format before headers is aiokafka's own."""
        raw = self._next_slice
        batch = super().next_batch(*arguments)
        if not isinstance(batch, DefaultRecordBatch):
            self.leader_epoch = NOT_KNOWN
            return batch
        self.leader_epoch = int.from_bytes(raw[_EPOCH], signed=True)
        return _Batch(batch, raw)


def unreadable(headers: Sequence[tuple[str, bytes | None]]) -> bool:
    """Whether a header's name came as something else than UTF-8."""
    for name, _ in headers:
        if not name.isascii():
            try:
                name.encode()
            except UnicodeEncodeError:
                return True
    return False
