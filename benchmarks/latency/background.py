"""What a register sends all day beside the one change: events that move nobody.

So many a second, evenly, in the shares of a busy day: of a hundred, 45 are people with another
surname, 20 orders that are sent once more with the same content and a later time, 20 profiles that
are delivered a second time as they were, 10 guardianships and 5 employments of a next version that
says the same. Guarantees: none of them changes a membership, and each is about the newest that the
region knows, so that nothing is outranked but a repeated profile.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer

from benchmarks.latency.events import now
from benchmarks.published import Event, record

SHARES: Final = {
    "sgo.person.changed.v1": 45,
    "sgo.enrolment.ordered.v1": 20,
    "sgo.profile.changed.v1": 20,
    "sgo.guardianship.changed.v1": 10,
    "sgo.employment.changed.v1": 5,
}
_TICK: Final = 0.01
_NAMES: Final = ("Берёзкина", "Ландышева", "Ромашкина", "Клеверова")


@dataclass(slots=True)
class Sent:
    """How many were sent, and for how long."""

    events: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """The rate that was kept up."""
        return round(self.events / self.seconds, 1) if self.seconds else 0.0


def events(last: Sequence[Event]) -> Iterator[Event]:
    """Events for ever, each about the next entity of its kind."""
    dice = random.Random(1)
    kinds = {kind: [each for each in last if each["type"] == kind] for kind in SHARES}
    present = {kind: share for kind, share in SHARES.items() if kinds[kind]}
    turn = dict.fromkeys(present, 0)
    number = 0
    while True:
        kind = dice.choices(list(present), list(present.values()))[0]
        number += 1
        rounds, place = divmod(turn[kind], len(kinds[kind]))
        turn[kind] += 1
        yield _again(kinds[kind][place], number, rounds + 1)


def _again(event: Event, number: int, rounds: int) -> Event:
    """The event once more, with nothing in it that matters to a chat."""
    if event["type"] == "sgo.profile.changed.v1":
        return event
    data = dict(event["data"])
    if "version" in data:
        data["version"] += rounds
    if event["type"] == "sgo.person.changed.v1":
        data["surname"] = _NAMES[number % len(_NAMES)]
    return {**event, "id": f"background-{number}", "time": now(), "data": data}


@asynccontextmanager
async def going_on(bootstrap: str, last: Sequence[Event], per_second: float) -> AsyncIterator[Sent]:
    """So many events a second while the block lasts."""
    sent = Sent()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    sending = asyncio.create_task(_send(producer, events(last), per_second, sent))
    try:
        yield sent
        if sending.done():
            await sending
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await producer.stop()


async def _send(
    producer: AIOKafkaProducer, stream: Iterator[Event], per_second: float, sent: Sent
) -> None:
    began = time.perf_counter()
    while True:
        sent.seconds = time.perf_counter() - began
        for _ in range(int(sent.seconds * per_second) - sent.events):
            made = record(next(stream))
            await producer.send(made.topic, made.value, made.key, headers=list(made.headers))
            sent.events += 1
        await asyncio.sleep(_TICK)
