"""What is written to the outbox reaches Kafka, in order and under its id."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaConsumer

from consumers.outbox import OutboxPublisher
from domain.obstacles import ObstacleKind
from projections import outbox
from projections.database import create_engine, transaction
from projections.facts.ingest_store import IngestStore
from projections.reports.obstacles import obstacles
from schemas.decode import Decoded, decode_as
from schemas.outgoing import CHATS
from tests.consumers.harness import Harness, eventually

CHAT = {"chat_id": "c:1", "school_id": "s", "kind": "class", "title": "9г - Ученики"}


async def _add(harness: Harness, *ids: str, **data: object) -> None:
    engine = create_engine(harness.url)
    async with transaction(engine) as connection:
        for event_id in ids:
            await outbox.add(
                connection,
                event_id=event_id,
                topic=harness.topic,
                event_type="rollcall.chat.created.v1",
                subject="c:1",
                data=CHAT | data,
            )
    await engine.dispose()


async def _publish(harness: Harness) -> None:
    engine = create_engine(harness.url)
    stop = asyncio.Event()
    publishers = [OutboxPublisher(harness.kafka, IngestStore(engine)) for _ in range(2)]
    running = [asyncio.create_task(each.run(stop)) for each in publishers]

    async def all_published() -> bool:
        left = await harness.column(
            "SELECT count(*) FROM outbox WHERE published_at IS NULL AND refused IS NULL"
        )
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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"title": ""}, "title: must not be empty"),
        ({"title": "a" * 201}, "title: must be at most 200 characters"),
        ({"title": "a\0b"}, "data.title: has a NUL"),
        ({"kind": "secret"}, "kind: must be 'staff_room', 'class', 'parents' or 'subject'"),
        ({"chat_id": "c:2"}, "subject: is not the entity's id"),
    ],
)
async def test_what_is_no_event_of_the_contract_is_kept_with_the_reason_and_never_published(
    harness: Harness, data: dict[str, object], reason: str
) -> None:
    await _add(harness, "before")
    await _add(harness, "wrong", **data)
    await _add(harness, "after")
    await _publish(harness)
    assert [json.loads(value)["id"] for value in await _values(harness)] == ["before", "after"]
    assert await harness.column("SELECT refused FROM outbox ORDER BY entry") == [
        None, reason, None,
    ]  # fmt: skip
    engine = create_engine(harness.url)
    async with transaction(engine) as connection:
        said = {each.kind: each for each in await obstacles(connection)}
    await engine.dispose()
    assert said[ObstacleKind.UNPUBLISHED].detail == reason


async def test_one_event_that_kafka_rejects_is_not_taken_for_published_and_stops_nobody(
    harness: Harness,
) -> None:
    ids = [f"e{number}" for number in range(5)]
    await _add(harness, *ids[:2])
    await _add(harness, "large", title="ё" * 200, class_id="c" * 64, subject_group_id="g" * 64)
    await _add(harness, *ids[2:])
    await harness.configure_topic({"max.message.bytes": "600"})
    await _publish(harness)
    assert [json.loads(value)["id"] for value in await _values(harness)] == ids
    rows = await harness.fetch("SELECT event_id, refused, published_at FROM outbox ORDER BY entry")
    refused = {row["event_id"]: row["refused"] for row in rows if row["published_at"] is None}
    assert refused == {"large": "MessageSizeTooLargeError"}
