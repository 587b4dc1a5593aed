"""Publishing events to their topics: what ``publish`` and ``demo`` do.

Guarantees: a line is published whole and valid, or refused with its number and the field
that is at fault; one bad line costs no other; returning means that Kafka has acknowledged
every record.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from consumers.kafka import KafkaConfig, client_options
from domain.days import DEFAULT_ZONE, zone_of
from rollcall.synth.relative import render
from schemas.decode import Rejected
from schemas.encode import read_line

WINDOW = 5_000
"""Records that are under way before we wait for their acknowledgements."""


class PublishError(Exception):
    """Kafka did not take the records."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record exactly as it is to be, whether or not it is an event."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class Report:
    """What became of the lines; ``refused`` holds (line number, reason)."""

    published: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def records(lines: Iterable[bytes], today: date, report: Report) -> Iterator[RawRecord]:
    """The records for the lines of a file; what is refused goes to the report."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rendered: str | bytes = render(line.decode("utf-8"), today)
        except UnicodeDecodeError:
            rendered = line  # refused below, by the contract's own words
        publication = read_line(rendered)
        if isinstance(publication, Rejected):
            report.refused.append((number, publication.reason))
        else:
            yield RawRecord(
                publication.topic, publication.key, publication.value, publication.headers
            )


def local_today() -> date:
    """The day that relative dates are counted from: today in the default zone."""
    return datetime.now(zone_of(DEFAULT_ZONE)).date()


async def publish(
    config: KafkaConfig,
    stream: Iterable[RawRecord],
    report: Report,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Send the records and wait until Kafka has them all.

    Raises:
        PublishError: Kafka cannot be reached, or refuses a record.
    """
    async with _producer(config) as producer:
        under_way: list[asyncio.Future[object]] = []
        for record in stream:
            under_way.append(await _send(producer, record))
            if len(under_way) >= WINDOW:
                await _acknowledged(under_way)
                report.published += len(under_way)
                progress(report.published)
                under_way.clear()
        await producer.flush()
        await _acknowledged(under_way)
        report.published += len(under_way)
        progress(report.published)


async def _send(producer: AIOKafkaProducer, record: RawRecord) -> "asyncio.Future[object]":
    try:
        sent: asyncio.Future[object] = await producer.send(
            record.topic, record.value, key=record.key, headers=list(record.headers)
        )
    except KafkaError as error:
        message = f"Kafka did not take a record for {record.topic}: {type(error).__name__}"
        raise PublishError(message) from error
    return sent


async def _acknowledged(under_way: list["asyncio.Future[object]"]) -> None:
    try:
        await asyncio.gather(*under_way)
    except KafkaError as error:
        message = f"Kafka did not acknowledge a record: {type(error).__name__}"
        raise PublishError(message) from error


@asynccontextmanager
async def _producer(config: KafkaConfig) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        **client_options(config), acks="all", enable_idempotence=True, linger_ms=5
    )
    try:
        await producer.start()
    except (KafkaError, OSError) as error:
        await producer.stop()
        message = f"Kafka at {config.bootstrap} cannot be reached: {type(error).__name__}"
        raise PublishError(message) from error
    try:
        yield producer
    finally:
        await producer.stop()
