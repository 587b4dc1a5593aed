"""Events per second from Kafka into committed facts, beside raw consumption of the same topic.

``python -m benchmarks.ingest [--events N] [--rounds R] [--json]`` starts embedded servers,
produces N events of a realistic mix, and then in each round reads them raw by aiokafka and
ingests them into empty tables, all on this machine. PostgreSQL waits for the disk at every
commit, as in production. Printed is the median round; the rate counts from the first commit
to the last, so joining the group is not in it. With ``--json`` the last line is one object.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks.register_mix import records
from consumers.config import REGISTER_TOPICS, IngestConfig
from consumers.kafka import KafkaConfig, ensure_topics
from consumers.run import Ingest
from projections.database import create_engine
from projections.facts.ingest_store import IngestStore
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.servers.databases import make_empty

EVENTS_PER_SECOND = 30_000
"""What is asked for."""

_POLL = 0.002


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement; rates are per second."""

    events_per_second: float
    raw_events_per_second: float
    ratio: float
    events: int


async def _produce(kafka: KafkaConfig, count: int) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.servers, linger_ms=20, max_batch_size=262_144, acks=1
    )
    await producer.start()
    for record in records(count):
        await producer.send(record.topic, record.value, record.key)
    await producer.stop()


async def _raw(kafka: KafkaConfig, count: int) -> float:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.servers, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign(
        [TopicPartition(topic, part) for topic in REGISTER_TOPICS for part in range(12)]
    )
    began = time.perf_counter()
    seen = 0
    while seen < count:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=10_000)
        seen += sum(map(len, fetched.values()))
    seconds = time.perf_counter() - began
    await consumer.stop()
    return seen / seconds


async def _ingest(kafka: KafkaConfig, url: str, count: int, group: str) -> float:
    engine = create_engine(url)
    ingest = Ingest(kafka, IngestStore(engine), IngestConfig(group=group))
    stop = asyncio.Event()
    running = asyncio.create_task(ingest.run(stop))
    while not ingest.counters.records:  # noqa: ASYNC110 - changes nothing measured
        await asyncio.sleep(_POLL)
    first, began = ingest.counters.records, time.perf_counter()
    while ingest.counters.records < count:  # noqa: ASYNC110 - as above
        await asyncio.sleep(_POLL)
    seconds = time.perf_counter() - began
    stop.set()
    await running
    await engine.dispose()
    return (count - first) / seconds


async def _round(kafka: KafkaConfig, server: str, count: int, number: int) -> Round:
    name = f"round_{number}"
    url = await make_empty(server)
    await upgrade(url)
    raw = await _raw(kafka, count)
    rate = await _ingest(kafka, url, count, name)
    return Round(round(rate), round(raw), round(rate / raw, 3), count)


async def measure(count: int, rounds: int) -> list[Round]:
    """All rounds, on servers of their own."""
    directory = Path(tempfile.mkdtemp(prefix="rollcall-bench-"))
    try:
        async with (
            EmbeddedPostgres(directory / "postgres") as postgres,
            EmbeddedKafka(directory / "kafka") as broker,
        ):
            kafka = KafkaConfig(broker.bootstrap)
            await ensure_topics(kafka, REGISTER_TOPICS)
            await _produce(kafka, count)
            return [await _round(kafka, postgres.uri, count, each) for each in range(rounds)]
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    measured = asyncio.run(measure(arguments.events, arguments.rounds))
    for each in measured:
        raw = each.raw_events_per_second
        print(f"{each.events_per_second:,.0f} events/s into facts, raw {raw:,.0f}")
    middle = statistics.median_low(each.events_per_second for each in measured)
    median = next(each for each in measured if each.events_per_second == middle)
    met = median.events_per_second >= EVENTS_PER_SECOND
    if arguments.json:
        print(json.dumps({**asdict(median), "meets_target": met}))
    else:
        print(f"median: {median.events_per_second:,.0f} events/s, {median.ratio:.1%} of raw")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
