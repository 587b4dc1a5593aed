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
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer

from benchmarks.memory import watched
from benchmarks.peers.environments import ROOT, CannotInstallError, install
from benchmarks.peers.orders import TODAY, TOPIC, records
from benchmarks.peers.told import FIGURES, PLACEMENTS, Task
from consumers.kafka import KafkaConfig, ensure_topics
from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres

RATIO: Final = 2.0
"""What is asked for: so many times as fast as the best peer."""

_PATIENCE: Final = 1800.0
_END_SECONDS: Final = 10.0
_LOOK: Final = 0.2


class Peer(Enum):
    """Who folds the orders."""

    ROLLCALL = "rollcall"
    FAUST = "faust"
    QUIX = "quix"
    BYTEWAX = "bytewax"


@dataclass(frozen=True, slots=True)
class Figures:
    """One program's result; ``same`` says whether its placements are ours."""

    peer: str
    events_per_second: float
    with_placements: float | None
    seconds: float
    peak_mib: float
    placements: int
    same: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """A program that did not come to a result."""

    peer: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was measured in one run."""

    events: int
    figures: list[Figures]
    missing: list[Missing]

    @property
    def ratio(self) -> float | None:
        """Ours by the best of the others."""
        by_peer = {each.peer: each.events_per_second for each in self.figures}
        ours = by_peer.pop(Peer.ROLLCALL.value, None)
        return None if ours is None or not by_peer else round(ours / max(by_peer.values()), 2)

    @property
    def meets_target(self) -> bool:
        """Whether all results are equal and ours is fast enough."""
        return all(each.same for each in self.figures) and (
            self.ratio is None or self.ratio >= RATIO
        )


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
                figures.append(_figures(peer, told, peak, placed, placed == expected))
            return Result(events, figures, missing)


async def _fill(kafka: KafkaConfig, events: int) -> None:
    await ensure_topics(kafka, (TOPIC,))
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


def _figures(
    peer: Peer,
    told: dict[str, float],
    peak: float,
    placed: dict[str, list[str]],
    same: bool,  # noqa: FBT001 - one caller
) -> Figures:
    placing = told.get("placing_seconds")
    return Figures(
        peer=peer.value,
        events_per_second=round(told["events"] / told["seconds"]),
        with_placements=None
        if placing is None
        else round(told["events"] / (told["seconds"] + placing)),
        seconds=told["seconds"],
        peak_mib=round(peak),
        placements=len(placed),
        same=same,
    )


def _print(result: Result) -> None:
    print(f"{result.events:,} orders, withdrawals and cancellations from one topic:")
    print("  peer       events/s   ours is   peak MiB   placements")
    ours = next((each for each in result.figures if each.peer == Peer.ROLLCALL.value), None)
    for each in result.figures:
        times = "" if ours is None else f"{ours.events_per_second / each.events_per_second:.2f}×"
        like = "equal" if each.same else "NOT EQUAL"
        print(
            f"  {each.peer:<9} {each.events_per_second:9,.0f}  {times:>8}  {each.peak_mib:9,.0f}"
            f"   {each.placements:,}, {like}"
        )
        if each.with_placements is not None:
            print(f"  … with all placements worked out: {each.with_placements:,.0f} events/s")
    for gap in result.missing:
        print(f"  {gap.peer:<9} left out: {gap.why}")
    if result.ratio is not None:
        print(f"  ours by the best of the others: {result.ratio} (asked for: {RATIO})")


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
    _print(result)
    if asked.json:
        print(
            json.dumps(
                {**asdict(result), "ratio": result.ratio, "meets_target": result.meets_target}
            )
        )
    return 0 if result.meets_target else 1


if __name__ == "__main__":
    sys.exit(main())
