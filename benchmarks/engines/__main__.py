"""The whole derivation: Rollcall beside a Flink SQL job and a Pathway dataflow.

``./run bench engines [--pupils N] [--samples K] [--only NAME] [--json]`` publishes a made-up
region to an embedded Kafka and lets each engine in turn make expected memberships with reasons
of it, from the topics' beginning: Rollcall's ingest and derive as two processes on an embedded
PostgreSQL, the others as one process that keeps its state on disk and writes its result to a
topic. Measured are the seconds from the start of the processes until the result is whole, then
from one order, or its cancellation, acknowledged by Kafka to its change in the result, and the
most memory held (for ours PostgreSQL's is in it, for nobody Kafka's). Their results are compared
with ours, membership by membership and reason by reason.

An engine whose packages cannot be had is left out, and said so. 1 is the exit code where a
result differs from ours, or ours is not ahead in everything.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer

from benchmarks.engines import region as regions
from benchmarks.engines.contenders import Engine, Place, prepare, results_topic, running
from benchmarks.engines.follow import Follower, Rest
from benchmarks.engines.ours import Database
from benchmarks.engines.region import Change, Region
from benchmarks.engines.report import Figures, Missing, Result, figures_of, show
from benchmarks.engines.results import (
    Memberships,
    State,
    key_of,
    read_flink,
    read_pathway,
)
from benchmarks.memory import watched
from benchmarks.peers.environments import CannotInstallError
from benchmarks.processes import Started
from consumers.kafka import KafkaConfig
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from schemas.raw import RawRecord

_PATIENCE: Final = 1800.0
_QUIET: Final = 8.0
_CHANGE_SECONDS: Final = 60.0
_PAUSE: Final = 0.25


class _Failed(Exception):
    """An engine came to no result."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the measuring of every engine shares."""

    place: Place
    region: Region
    producer: AIOKafkaProducer
    samples: int

    async def changes(
        self, engine: Engine, seen: Callable[[Change, bool], Awaitable[float]]
    ) -> list[float]:
        """Seconds from each acknowledged record to its change, one at a time."""
        found = []
        for number in range(self.samples):
            one = regions.change(engine.value, number, self.region)
            for record, present in ((one.order, True), (one.undoing, False)):
                began = await self._send(record)
                found.append(await seen(one, present) - began)
                await asyncio.sleep(_PAUSE)
        return found

    async def _send(self, record: RawRecord) -> float:
        await self.producer.send_and_wait(record.topic, record.value, record.key)
        return time.perf_counter()


async def measure(pupils: int, seed: int, samples: int, engines: Sequence[Engine]) -> Result:
    """One run on servers of its own; ours goes first, since all are compared with it."""
    with tempfile.TemporaryDirectory(prefix="rollcall-engines-") as folder:
        async with (
            EmbeddedPostgres(Path(folder) / "postgres") as postgres,
            EmbeddedKafka(Path(folder) / "kafka") as broker,
        ):
            kafka = KafkaConfig(broker.bootstrap)
            topics = tuple(results_topic(engine) for engine in engines)
            region = await regions.fill(kafka, pupils, seed, topics)
            await upgrade(postgres.uri)
            producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
            await producer.start()
            try:
                place = Place(broker.bootstrap, postgres.uri, Path(folder))
                run = Run(place, region, producer, samples)
                return await _all(run, pupils, engines, postgres.pid or 0)
            finally:
                await producer.stop()


async def _all(run: Run, pupils: int, engines: Sequence[Engine], postgres: int) -> Result:
    figures, ours = [], await _ours(run, postgres)
    figures.append(ours[0])
    missing = []
    for engine in engines:
        if engine is Engine.ROLLCALL:
            continue
        try:
            await prepare(engine)
            figures.append(await _theirs(run, engine, ours[1]))
        except (CannotInstallError, _Failed) as error:
            missing.append(Missing(engine.value, str(error)))
    return Result(pupils, run.region.events, figures, missing)


async def _ours(run: Run, postgres: int) -> tuple[Figures, Memberships]:
    database = await Database.open(run.place.postgres)
    try:
        began = time.time()
        async with (
            running(Engine.ROLLCALL, run.place) as ours,
            watched(*ours.pids, postgres) as peak,
        ):
            rest = await database.rest(run.region.events, _PATIENCE)
            found = await database.memberships()

            async def seen(one: Change, present: bool) -> float:  # noqa: FBT001 - as it is called
                return await database.until(
                    one.chat_id, one.person_id, present=present, patience=_CHANGE_SECONDS
                )

            waits = await run.changes(Engine.ROLLCALL, seen)
    finally:
        await database.close()
    return figures_of(Engine.ROLLCALL, began, rest, waits, peak.mib, found, found), found


async def _theirs(run: Run, engine: Engine, ours: Memberships) -> Figures:
    read, take = {
        Engine.FLINK: (read_flink, State.upsert),
        Engine.PATHWAY: (read_pathway, State.change),
    }[engine]
    async with Follower(run.place.bootstrap, results_topic(engine), read, take) as follower:
        began = time.time()
        async with running(engine, run.place) as theirs, watched(*theirs.pids) as peak:
            rest = await _whole(follower, theirs, ours)
            found = dict(follower.state.memberships)

            async def seen(one: Change, present: bool) -> float:  # noqa: FBT001 - as it is called
                key = key_of(one.chat_id, one.person_id)
                return await follower.until(key, present=present, patience=_CHANGE_SECONDS)

            try:
                waits = await run.changes(engine, seen)
            except TimeoutError:
                raise _Failed(f"no change {_CHANGE_SECONDS:.0f} s after an order") from None
    return figures_of(engine, began, rest, waits, peak.mib, found, ours)


async def _whole(follower: Follower, theirs: Started, ours: Memberships) -> Rest:
    """Wait until the result is ours, or has been at rest twice and is not."""
    rest = None
    for _ in range(2):
        rest = await follower.rest(_QUIET, _PATIENCE)
        if theirs.ended or rest is None:
            raise _Failed(f"no result; it said last: {theirs.last_words()}")
        if follower.state.memberships == ours:
            break
    if rest is None:
        raise _Failed("no result")
    return rest


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    parser = argparse.ArgumentParser(prog="./run bench engines", description=__doc__)
    parser.add_argument("--pupils", type=int, default=30_000, help="size of the region (30000)")
    parser.add_argument("--seed", type=int, default=1, help="of the region (1)")
    parser.add_argument("--samples", type=int, default=50, help="orders measured one by one (50)")
    names = [engine.value for engine in Engine]
    parser.add_argument("--only", action="append", choices=names, help="beside ours; repeatable")
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    asked = parser.parse_args()
    engines = [Engine(name) for name in asked.only or names]
    result = asyncio.run(measure(asked.pupils, asked.seed, asked.samples, engines))
    show(result)
    if asked.json:
        print(json.dumps({**asdict(result), "meets_target": result.meets_target}))
    return 0 if result.meets_target else 1


if __name__ == "__main__":
    sys.exit(main())
