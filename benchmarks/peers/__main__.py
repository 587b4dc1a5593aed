"""The orders alone: Rollcall's ingest beside Faust, Quix Streams and Bytewax.

``./run bench peers [--events N] [--only NAME] [--commit SECONDS] [--json]`` fills one topic of an
embedded Kafka with N orders, withdrawals and cancellations, keyed as the contract has it, and lets
each program in turn fold it from the beginning: of each order the body of the highest rank, who
cancelled it, and where each pupil is placed in each school. All keep durable state on the same disk
and commit as often (ours with every batch); one process each. Their placements are compared with
ours. Events a second count from the first record to the last change made; for ours to the last
commit, and, told apart, with all placements worked out from the facts. Memory is the peak of a
program and its children; for ours, PostgreSQL's processes are in it.

A peer whose packages cannot be had is left out, and said so. 1 is the exit code where a
result differs from ours, or where ours is less than twice as fast as the best.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer

from benchmarks.memory import watched
from benchmarks.peers.environments import CannotInstallError, install
from benchmarks.peers.orders import TODAY, TOPIC, records
from benchmarks.peers.report import Figures, Missing, Peer, Result, figures_of, show
from benchmarks.peers.told import FIGURES, PLACEMENTS, Task
from benchmarks.processes import ROOT
from consumers.kafka import KafkaConfig, ensure_topics
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres

_FAUSTS: Final = (
    "peers-faust-pupils",
    "peers-faust-orders-changelog",
    "peers-faust-pupils-changelog",
)
"""Faust makes these itself, and its producer may then not find them for five minutes."""

_PATIENCE: Final = 1800.0
_END_SECONDS: Final = 10.0
_LOOK: Final = 0.2


class _Failed(Exception):
    """A program ended without a result."""


async def measure(events: int, peers: Sequence[Peer], commit_seconds: float = 1.0) -> Result:
    """One run on servers of its own; ours goes first, since all are compared with it."""
    with tempfile.TemporaryDirectory(prefix="rollcall-peers-") as folder:
        async with (
            EmbeddedPostgres(Path(folder) / "postgres") as postgres,
            EmbeddedKafka(Path(folder) / "kafka") as broker,
        ):
            await _fill(KafkaConfig(broker.bootstrap), events)
            figures: list[Figures] = []
            missing: list[Missing] = []
            expected: dict[str, list[str]] | None = None
            for peer in sorted({Peer.ROLLCALL, *peers}, key=list(Peer).index):
                own = Path(folder) / peer.value
                own.mkdir()
                task = Task(
                    bootstrap=broker.bootstrap,
                    topic=TOPIC,
                    events=events,
                    today=TODAY.isoformat(),
                    folder=str(own),
                    commit_seconds=commit_seconds,
                    postgres=postgres.uri,
                )
                try:
                    told, peak = await _run(peer, task, postgres.pid or 0)
                except (CannotInstallError, _Failed) as error:
                    missing.append(Missing(peer.value, str(error)))
                    continue
                placed = json.loads((own / PLACEMENTS).read_text(encoding="utf-8"))
                expected = placed if expected is None else expected
                figures.append(figures_of(peer, told, peak, placed, placed == expected))
            return Result(events, figures, missing)


async def _fill(kafka: KafkaConfig, events: int) -> None:
    await ensure_topics(kafka, (TOPIC, *_FAUSTS))
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.servers, linger_ms=20, max_batch_size=262_144, acks=1
    )
    await producer.start()
    for record in records(events):
        await producer.send(TOPIC, record.value, record.key)
    await producer.stop()


async def _run(peer: Peer, task: Task, postgres: int) -> tuple[dict[str, float], float]:
    """What the program told, and the most memory that it held."""
    if peer is Peer.ROLLCALL:
        words = [sys.executable, "-m", "benchmarks.peers.ours"]
    else:
        python = await asyncio.to_thread(install, peer.value)
        words = [str(python), "-m", f"benchmarks.peers.on_{peer.value}"]
    log, figures = Path(task.folder) / "log", Path(task.folder) / FIGURES
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(*words, *task.words()),
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        servers = (postgres,) if peer is Peer.ROLLCALL else ()
        async with watched(process.pid, *servers) as peak:
            await _ended(process, figures)
    if not figures.exists():
        raise _Failed(f"no result; the end of its log: {_tail(log)}")
    told: dict[str, float] = json.loads(figures.read_text(encoding="utf-8"))
    return told, peak.mib


async def _ended(process: asyncio.subprocess.Process, figures: Path) -> None:
    """Wait for the program's end; once it has told, it has a moment to end by itself."""
    ending = asyncio.ensure_future(process.wait())
    until = time.monotonic() + _PATIENCE
    try:
        while not ending.done() and time.monotonic() < until:
            if _is_there(figures):
                until = min(until, time.monotonic() + _END_SECONDS)
            await asyncio.wait([ending], timeout=_LOOK)
        if not ending.done() and not _is_there(figures):
            raise _Failed(f"no result in {_PATIENCE:.0f} s")
    finally:
        if process.returncode is None:
            process.kill()
        await ending


def _is_there(figures: Path) -> bool:
    return figures.exists()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "empty"


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    parser = argparse.ArgumentParser(prog="./run bench peers", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, help="records of the topic (200000)")
    names = [peer.value for peer in Peer]
    parser.add_argument("--only", action="append", choices=names, help="beside ours; repeatable")
    parser.add_argument("--commit", type=float, default=1.0, help="seconds between commits (1)")
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    asked = parser.parse_args()
    peers = [Peer(name) for name in asked.only or names]
    result = asyncio.run(measure(asked.events, peers, asked.commit))
    show(result)
    if asked.json:
        print(
            json.dumps(
                {**asdict(result), "ratio": result.ratio, "meets_target": result.meets_target}
            )
        )
    return 0 if result.meets_target else 1


if __name__ == "__main__":
    sys.exit(main())
