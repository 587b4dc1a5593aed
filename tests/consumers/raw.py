"""Record batches as no well-behaved client sends them, and the way to have Kafka take them."""

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from tests.consumers.harness import Row


class Name(str):
    """A header's name that goes on the wire with whatever bytes ``name`` was given."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return super().encode(errors="surrogateescape")


def name(raw: bytes) -> Name:
    """The name that these bytes are."""
    return Name(raw.decode(errors="surrogateescape"))


def _builder(codec: int) -> _DefaultRecordBatchBuilderPy:
    return _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 1_000_000)


def batch_of(*rows: Row, codec: int = 0) -> bytes:
    """One batch of these records, as aiokafka's Python builder makes it."""
    builder = _builder(codec)
    for place, row in enumerate(rows):
        builder.append(place, None, row.key, row.value, list(row.headers))
    return bytes(builder.build())


async def produce_batch(
    bootstrap: str, topic: str, partition: int, *rows: Row, codec: int = 0
) -> None:
    """Have this one batch in Kafka."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        batch = producer.create_batch()
        batch._builder = _builder(codec)  # noqa: SLF001 - aiokafka's own, in C, refuses such names
        for row in rows:
            batch.append(timestamp=None, key=row.key, value=row.value, headers=list(row.headers))
        await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()
