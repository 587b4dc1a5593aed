"""Publishing events to their topics: what ``publish`` and ``demo`` do.

Guarantees: a line is published whole and valid, or refused with its number and the field
that is at fault; one bad line costs no other; returning means that Kafka has acknowledged
every record, and an error leaves in the report how many it has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from consumers.closing import let_go
from consumers.kafka import KafkaConfig, client_options
from domain.days import DEFAULT_ZONE, zone_of
from schemas.decode import VALUE_LIMIT, Rejected
from schemas.encode import read_line
from schemas.raw import RawRecord
from synth.relative import render

WINDOW = 5_000
"""Records that are under way before we wait for their acknowledgements."""


class PublishError(Exception):
    """Kafka did not take the records."""


@dataclass(slots=True)
class Report:
    """What became of the lines; ``refused`` holds (line number, reason)."""

    published: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def records(
    lines: Iterable[bytes], today: date, topics: Sequence[str], report: Report
) -> Iterator[RawRecord]:
    """The records for the lines of a file; what is refused goes to the report.

    An event goes to its default topic, or to the first of ``topics`` (those that are read)
    where that is not among them.
    """
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
            topic = publication.topic if publication.topic in topics else topics[0]
            yield RawRecord(topic, publication.key, publication.value, publication.headers, number)


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
    under_way: list[_Sent] = []
    try:
        async with _producer(config) as producer:
            for record in stream:
                under_way.append(_Sent(record, await _send(producer, record)))
                if len(under_way) >= WINDOW:
                    await _acknowledged(under_way, report)
                    progress(report.published)
            await producer.flush()
            await _acknowledged(under_way, report)
            progress(report.published)
    except BaseException:
        # Stopping the producer has sent what was still under way.
        _count([sent for sent in under_way if sent.answer.done()], report)
        raise


@dataclass(frozen=True, slots=True)
class _Sent:
    record: RawRecord
    answer: "asyncio.Future[object]"


async def _send(producer: AIOKafkaProducer, record: RawRecord) -> "asyncio.Future[object]":
    try:
        sent: asyncio.Future[object] = await producer.send(
            record.topic, record.value, key=record.key, headers=list(record.headers)
        )
    except KafkaError as error:
        message = f"Kafka did not take a record for {record.topic}: {type(error).__name__}"
        raise PublishError(message) from error
    return sent


async def _acknowledged(under_way: list[_Sent], report: Report) -> None:
    """Wait for all answers, count them, and leave the list empty."""
    if not under_way:
        return
    await asyncio.wait([sent.answer for sent in under_way])
    answered = under_way.copy()
    under_way.clear()
    failure = _count(answered, report)
    if isinstance(failure, KafkaError):
        message = f"Kafka did not acknowledge a record: {type(failure).__name__}"
        raise PublishError(message) from failure
    if failure is not None:
        raise failure


def _count(answered: Iterable[_Sent], report: Report) -> BaseException | None:
    """Count what Kafka has; what is too large for it is refused. The last other failure."""
    failure: BaseException | None = None
    for sent in answered:
        error = asyncio.CancelledError() if sent.answer.cancelled() else sent.answer.exception()
        if error is None:
            report.published += 1
        elif isinstance(error, MessageSizeTooLargeError):
            report.refused.append((sent.record.line, "value: is larger than Kafka takes"))
        else:
            failure = error
    return failure


@asynccontextmanager
async def _producer(config: KafkaConfig) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        **client_options(config),
        acks="all",
        # Idempotence numbers the records: after one that is too large, Kafka would refuse all
        # that follow it. Nothing needs it here; what a retry doubles does no harm.
        enable_idempotence=False,
        linger_ms=5,
        max_request_size=2 * VALUE_LIMIT,  # the broker decides; it says no to one record alone
    )
    try:
        await producer.start()
    except (KafkaError, OSError) as error:
        await let_go(producer.stop, None)
        message = (
            f"Kafka at {config.bootstrap} cannot be reached ({type(error).__name__}); "
            "is it running, is its address right?"
        )
        raise PublishError(message) from error
    try:
        yield producer
    finally:
        await let_go(producer.stop, None)
