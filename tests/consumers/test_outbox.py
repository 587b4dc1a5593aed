"""What is written to the outbox reaches Kafka, in order and under its id."""

import asyncio
import json

from aiokafka import AIOKafkaConsumer

from consumers.outbox import OutboxPublisher
from projections import outbox
from projections.database import create_engine, transaction
from projections.ingest_store import IngestStore
from schemas.decode import Decoded, decode_as
from schemas.outgoing import CHATS
from tests.consumers.harness import Harness, eventually

CHAT = {"chat_id": "c:1", "school_id": "s", "kind": "class", "title": "9г - Ученики"}


async def _add(harness: Harness, *ids: str) -> None:
    engine = create_engine(harness.url)
    async with transaction(engine) as connection:
        for event_id in ids:
            await outbox.add(
                connection,
                event_id=event_id,
                topic=harness.topic,
                event_type="rollcall.chat.created.v1",
                subject="c:1",
                data=CHAT,
            )
    await engine.dispose()


async def _publish(harness: Harness) -> None:
    engine = create_engine(harness.url)
    stop = asyncio.Event()
    publishers = [OutboxPublisher(harness.kafka, IngestStore(engine)) for _ in range(2)]
    running = [asyncio.create_task(each.run(stop)) for each in publishers]

    async def all_published() -> bool:
        left = await harness.column("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        return left == [0]

    await eventually(all_published)
    stop.set()
    await asyncio.gather(*running)
    await engine.dispose()


async def _values(harness: Harness) -> list[bytes]:
    ends = await harness.ends()
    consumer = AIOKafkaConsumer(
        harness.topic, bootstrap_servers=harness.kafka.servers, auto_offset_reset="earliest"
    )
    await consumer.start()
    values: list[bytes] = []
    while len(values) < sum(ends.values()):
        for records in (await consumer.getmany(timeout_ms=1000)).values():
            values += [record.value for record in records if record.value is not None]
    await consumer.stop()
    return values


async def test_events_are_published_once_in_order_by_two_publishers(harness: Harness) -> None:
    ids = [f"e{number:03d}" for number in range(120)]
    await _add(harness, *ids)
    await _publish(harness)
    values = await _values(harness)
    assert [json.loads(value)["id"] for value in values] == ids


async def test_what_is_published_is_an_event_of_the_contract(harness: Harness) -> None:
    await _add(harness, "e1")
    await _publish(harness)
    [value] = await _values(harness)
    event = decode_as(CHATS, (), b"c:1", value)
    assert isinstance(event, Decoded)
    assert event.data.title == "9г - Ученики"
    assert not event.key_differs


async def test_the_same_event_added_twice_is_published_once(harness: Harness) -> None:
    await _add(harness, "e1", "e1")
    await _add(harness, "e1")
    await _publish(harness)
    assert len(await _values(harness)) == 1
