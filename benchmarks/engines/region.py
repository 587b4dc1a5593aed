"""The topics that every engine reads: a made-up region, the days, and single changes.

Guarantees: a change is undone by a cancellation, which is as if its order had never been, so
every engine meets the same region whatever was measured before it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiokafka import AIOKafkaProducer

from benchmarks.published import Event, record
from consumers.config import REGISTER_TOPICS
from consumers.kafka import KafkaConfig, TopicShape, ensure_topics
from domain.days import DEFAULT_ZONE
from rollcall import publish
from rollcall.publish import Report
from schemas.events import ORDERS_TOPIC, REGISTER_TOPIC
from schemas.raw import RawRecord
from synth import generate

DAYS_TOPIC: Final = "engines.days"
READ_BY_ENGINES: Final = (REGISTER_TOPIC, ORDERS_TOPIC)
"""Profiles and lessons change no expected membership, so only Rollcall reads them."""


@dataclass(frozen=True, slots=True)
class Region:
    """What was published; ``classes`` are those that are open, each with its school."""

    events: int
    classes: tuple[tuple[str, str], ...]


async def fill(kafka: KafkaConfig, pupils: int, seed: int, results: tuple[str, ...]) -> Region:
    """Publish a region and the days of its zones, and make the topics of the results."""
    await ensure_topics(kafka, REGISTER_TOPICS)
    await ensure_topics(kafka, (DAYS_TOPIC, *results), TopicShape(partitions=4))
    seen = _Seen()
    report = Report()
    await publish.publish(kafka, seen.through(pupils, seed), report)
    await _publish_days(kafka, {DEFAULT_ZONE, *seen.zones})
    return Region(report.published, tuple(sorted(seen.classes.items() - seen.closed)))


class _Seen:
    """What is remembered of the events that pass by."""

    def __init__(self) -> None:
        self.zones: set[str] = set()
        self.classes: dict[str, str] = {}
        self.closed: set[tuple[str, str]] = set()

    def through(self, pupils: int, seed: int) -> Iterator[RawRecord]:
        closed_schools: set[str] = set()
        for event in generate(pupils, seed, publish.local_today()):
            data: Any = event["data"]
            match event["type"]:
                case "sgo.school.changed.v1":
                    self.zones.add(data["timezone"])
                    if data["status"] == "closed":
                        closed_schools.add(data["school_id"])
                case "sgo.class.created.v1":
                    self.classes[data["class_id"]] = data["school_id"]
                case "sgo.class.changed.v1" if data["status"] == "closed":
                    self.closed.add((data["class_id"], data["school_id"]))
            yield record(dict(event))
        self.closed |= {each for each in self.classes.items() if each[1] in closed_schools}


async def _publish_days(kafka: KafkaConfig, zones: set[str]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.servers, acks="all")
    await producer.start()
    try:
        for zone in sorted(zones):
            tomorrow = datetime.now(ZoneInfo(zone)).date() + timedelta(days=1)
            value = {"zone": zone, "tomorrow": tomorrow.isoformat()}
            await producer.send_and_wait(
                DAYS_TOPIC, json.dumps(value).encode(), json.dumps({"zone": zone}).encode()
            )
    finally:
        await producer.stop()


@dataclass(frozen=True, slots=True)
class Change:
    """One pupil more in one class: the chat and the person, the order, and what undoes it."""

    chat_id: str
    person_id: str
    order: RawRecord
    undoing: RawRecord


def change(of: str, number: int, region: Region) -> Change:
    """The change of this number for this engine."""
    class_id, school_id = region.classes[number * 7919 % len(region.classes)]
    person, order_id = f"one-{of}-{number}", f"engines-{of}-{number:06}"
    now = datetime.now(UTC)
    data: Event = {
        "order_id": order_id,
        "order_number": str(number),
        "ordered_at": now.isoformat(),
        "school_id": school_id,
        "pupil_id": person,
        "class_id": class_id,
        "effective_on": (now.date() - timedelta(days=1)).isoformat(),
    }
    undone = {"order_id": order_id, "school_id": school_id, "cancelled_at": now.isoformat()}
    return Change(
        f"class:{class_id}",
        person,
        record(_event("enrolment.ordered", order_id, now, data)),
        record(_event("order.cancelled", order_id, now, undone)),
    )


def _event(kind: str, subject: str, now: datetime, data: Event) -> Event:
    return {
        "specversion": "1.0",
        "id": f"{kind}-{subject}",
        "source": "urn:benchmark:engines",
        "type": f"sgo.{kind}.v1",
        "subject": subject,
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
