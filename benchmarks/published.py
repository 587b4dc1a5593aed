"""Events as they are published: a made-up region on its topics, and single records.

Guarantees: the same pupils, seed and day give the same records; each went through the check that
``rollcall publish`` makes, so nothing of it is refused later.
"""

import json
from typing import Any

from consumers.config import REGISTER_TOPICS
from consumers.kafka import KafkaConfig, ensure_topics
from rollcall import publish
from rollcall.publish import Report
from schemas.decode import Rejected
from schemas.encode import read_line
from schemas.raw import RawRecord
from synth import generate

Event = dict[str, Any]  # an event's JSON


def record(event: Event) -> RawRecord:
    """The record of a valid event."""
    made = read_line(json.dumps(event))
    if isinstance(made, Rejected):
        raise TypeError(made.reason)
    return RawRecord(made.topic, made.key, made.value, made.headers)


async def region(kafka: KafkaConfig, pupils: int, seed: int) -> int:
    """Make the topics and publish a region; how many events that were."""
    await ensure_topics(kafka, REGISTER_TOPICS)
    report = Report()
    events = generate(pupils, seed, publish.local_today())
    await publish.publish(kafka, (record(dict(event)) for event in events), report)
    return report.published
