"""A year of an example region, fast-forwarded: its calls beside the fewest, its tables beside new.

``python -m benchmarks.year [--pupils N] [--days N] [--seed N] [--folder DIR] [--json]`` begins
with a made-up school on 1 September and applies what happens in it day by day. Of each day there
are two moments at which everything is brought to rest: in the morning, when dates have turned,
and in the evening, with the day's events. Each time the changing calls that the simulated
messenger has counted are compared, kind by kind, with the fewest that lead from the people who
were in the chats before to those who should be, worked out without anything of the product
(``benchmarks.year.fewest``). At the end the messenger has exactly these people, the audit finds
nothing, no row has outlived its retention, and no table is larger than twice what it is when
rewritten in a copy (``VACUUM FULL``); those that are smaller than 256 KiB then count as that.

PostgreSQL is real, and its own, with ``fsync`` off; the real client calls the simulator over
HTTP; Kafka is left out (``benchmarks.year.engine``). Autovacuum is done by its own rule at the
end of each day (``benchmarks.year.tables``), and upkeep before it. The guard counts as ever and
holds nothing back. Exit code 1: a call too many or too few, or a table that is too large.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from benchmarks.arguments import positive
from benchmarks.year.churn import Event, Year, by_day
from benchmarks.year.engine import Clock, Engine, running
from benchmarks.year.fewest import Calls, Fewest
from benchmarks.year.tables import (
    Autovacuum,
    Table,
    bloated,
    kept_days,
    overdue,
    switch_autovacuum_off,
    tables,
)
from projections.database import create_engine
from projections.derive.audit import audit
from projections.derive.config import DeriveConfig
from projections.migrate import upgrade
from projections.watch.hints import KEPT_DAYS
from projections.watch.sweep import Sweep
from projections.watch.upkeep import Retention
from rollcall.embedded import EmbeddedPostgres
from rollcall.upkeep import Upkeep
from tests.oracle import naive
from tests.servers.databases import make_empty

FIRST: Final = date(2025, 9, 1)
MORNING, EVENING = clock_time(6), clock_time(18)
ZONE: Final = ZoneInfo(naive.DEFAULT_ZONE)

KINDS: Final = ("create", "add", "remove", "promote", "demote", "rename", "delete")
SHOWN: Final = 10
"""Differences that are printed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Unlike:
    """A moment whose calls were not the fewest; ``chats`` as our own intents have them."""

    at: str
    made: dict[str, int]
    fewest: dict[str, int]
    chats: dict[str, dict[str, dict[str, int]]]


@dataclass(slots=True)
class Result:
    """What a year has shown."""

    pupils: int
    days: int
    events: int = 0
    chats: int = 0
    made: Calls = field(default_factory=Counter)
    fewest: Calls = field(default_factory=Counter)
    single: Calls = field(default_factory=Counter)
    reads: int = 0
    unlike: list[Unlike] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Chats in which the messenger does not have who should be there."""
    audit: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    overdue: dict[str, int] = field(default_factory=dict)
    """Rows past their retention, by table, at the end of the year."""
    kept_for_ever: dict[str, int] = field(default_factory=dict)
    """The same after all retention has passed: what upkeep does not let go."""
    vacuums: int = 0
    analyzes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """For a program: everything, and both verdicts."""
        # dataclasses.asdict would make another count of each Counter.
        return {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "unlike": [asdict(each) for each in self.unlike],
            "tables": [{**asdict(each), "ratio": round(each.ratio, 3)} for each in self.tables],
            "calls_are_fewest": self.calls_are_fewest,
            "is_kept_small": self.is_kept_small,
        }

    @property
    def calls_are_fewest(self) -> bool:
        """Whether no call was one too many or one too few, and all are where they should be."""
        return not self.unlike and not self.strangers and not self.audit

    @property
    def is_kept_small(self) -> bool:
        """Whether no table is too large and nothing has outlived its retention."""
        late = [*self.overdue.values(), *self.kept_for_ever.values()]
        return not bloated(self.tables) and not any(late)


@dataclass(slots=True)
class Replay:
    """One year on one database."""

    year: Year
    engine: Engine
    autovacuum: Autovacuum
    result: Result
    fewest: Fewest = field(default_factory=Fewest)
    tell: Callable[[str], None] = lambda _: None

    async def run(self) -> None:
        """All days."""
        for number, (day, events) in enumerate(by_day(self.year)):
            self.result.events += len(events)
            if number:
                await self._step(datetime.combine(day, MORNING, ZONE), [])
            await self._step(datetime.combine(day, EVENING, ZONE), events)
            with self._timed("sweep and upkeep"):
                await self.engine.sweep_all()
                await self.engine.upkeep.look()
            await self._compare(datetime.combine(day, EVENING, ZONE), {})
            await self._vacuum()
            if day.day == 1:
                unlike = len(self.result.unlike)
                self.tell(f"{day}: {self.result.made.total()} calls, {unlike} times not the fewest")
        await self._end()

    async def _step(self, at: datetime, events: list[Event]) -> None:
        with self._timed("engine"):
            await self.engine.put_clock(at)
            await self.engine.read(events)
            await self.engine.rest()
        with self._timed("the fewest calls"):
            # What was there before the first evening came as one story.
            fewest = self.fewest.day(events, at, each=at.date() > self.year.first)
        await self._compare(at, fewest)

    async def _vacuum(self) -> None:
        with self._timed("vacuum"):
            await self.engine.tell_counts()
            await self.autovacuum.look()

    async def _compare(self, at: datetime, fewest: dict[str, Calls]) -> None:
        new = await self.engine.calls()
        self.result.reads += new["reads"]
        made = Calls({kind: new[kind] for kind in KINDS if new[kind]})
        by_chat = await self.engine.calls_by_chat()
        wanted = sum(fewest.values(), Calls())
        self.result.made += made
        if made == wanted and by_chat == fewest:
            return
        names = sorted(
            name for name in {*by_chat, *fewest} if _of(by_chat, name) != _of(fewest, name)
        )
        chats = {
            name: {"made": dict(_of(by_chat, name)), "fewest": dict(_of(fewest, name))}
            for name in names
        }
        self.result.unlike.append(Unlike(at.isoformat(), dict(made), dict(wanted), chats))

    async def _end(self) -> None:
        result = self.result
        result.fewest, result.single = +self.fewest.calls, +self.fewest.single
        there = await self.engine.chats()
        wanted = {chat: dict(held.members) for chat, held in self.fewest.messenger.items()}
        result.chats = len(there)
        result.strangers = sorted(
            chat for chat in {*there, *wanted} if there.get(chat) != wanted.get(chat)
        )
        found = await audit(self.engine.engine, DeriveConfig())
        result.audit = [f"{each.chat_id}: {each.fault.value}" for each in found]
        result.vacuums, result.analyzes = self.autovacuum.vacuums, self.autovacuum.analyzes

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        spent = self.result.seconds.get(what, 0.0) + time.monotonic() - began
        self.result.seconds[what] = round(spent, 2)


def _of(calls: dict[str, Calls], chat: str) -> Calls:
    return +calls.get(chat, Calls())


async def replay(
    url: str, year: Year, *, retention: Retention | None = None, tell: Callable[[str], None] = print
) -> Result:
    """The calls of a year on a database that is migrated and empty."""
    result = Result(year.pupils, year.days)
    begins = datetime.combine(year.first, MORNING, ZONE)
    async with running(url, begins, retention or Retention()) as engine:
        await Replay(year, engine, Autovacuum(url), result, tell=tell).run()
    return result


async def look_at_tables(url: str, result: Result, retention: Retention) -> None:
    """The sizes after the year, and what is there still when all retention has passed."""
    kept = kept_days(retention, KEPT_DAYS)
    result.overdue = await overdue(url, kept)
    result.tables = await tables(url)
    last = datetime.combine(FIRST, EVENING, ZONE) + timedelta(days=result.days)
    later = last + timedelta(days=max(kept.values()) + 1)
    await Clock(url).put(later)
    engine = create_engine(url, pool_size=1)
    try:
        await Upkeep(engine, DeriveConfig(), retention).look()
        await Sweep(engine).tidy()
    finally:
        await engine.dispose()
    result.kept_for_ever = await overdue(url, kept)


async def measure(year: Year, folder: Path, tell: Callable[[str], None]) -> Result:
    """Everything, on a server of its own."""
    async with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        await switch_autovacuum_off(server.uri)
        url = await make_empty(server.uri)
        await Clock(url).put(datetime.combine(year.first, MORNING, ZONE))
        await upgrade(url)
        result = await replay(url, year, tell=tell)
        await look_at_tables(url, result, Retention())
    return result


def show(result: Result) -> None:
    """The tables of the result, and what is wrong with it."""
    print(
        f"{result.pupils} pupils, {result.days} days, {result.events} events, {result.chats} chats,"
        f" {result.reads} reads"
    )
    print(f"  {'calls':<10} {'made':>8} {'fewest':>8} {'one by one':>11}")
    for kind in (*KINDS, "in all"):
        counts = [
            of.total() if kind == "in all" else of[kind]
            for of in (result.made, result.fewest, result.single)
        ]
        print(f"  {kind:<10} {counts[0]:>8} {counts[1]:>8} {counts[2]:>11}")
    for each in result.unlike[:SHOWN]:
        print(f"  not the fewest at {each.at}: {each.made}, and {each.fewest} would do")
        for chat, calls in list(each.chats.items())[:SHOWN]:
            print(f"    {chat}: {calls['made']}, and {calls['fewest']} would do")
    for what in (result.strangers, result.audit):
        for one in what[:SHOWN]:
            print(f"  not as it should be: {one}")
    _show_tables(result)
    print(f"  seconds: {result.seconds}")


def _show_tables(result: Result) -> None:
    print(f"  {'table':<24} {'rows':>8} {'KiB':>8} {'rewritten':>10} {'ratio':>6}")
    for table in sorted(result.tables, key=lambda each: -each.bytes):
        if table.rows or table.is_bloated:
            sizes = f"{table.bytes // 1024:>8} {table.live_bytes // 1024:>10} {table.ratio:>6.2f}"
            mark = "  too large" if table.is_bloated else ""
            print(f"  {table.name:<24} {table.rows:>8} {sizes}{mark}")
    print(f"  {result.vacuums} VACUUMs and {result.analyzes} ANALYZEs")
    for when, late in (("", result.overdue), (" for ever", result.kept_for_ever)):
        for table, rows in late.items():
            if rows:
                print(f"  {table}: {rows} rows are kept{when} past their retention")


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    parser = argparse.ArgumentParser(prog="./run bench year", description=__doc__)
    parser.add_argument("--pupils", type=positive, default=100)
    parser.add_argument("--days", type=positive, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    year = Year(FIRST, asked.days, asked.pupils, asked.seed)
    with tempfile.TemporaryDirectory(prefix="rollcall-year-") as folder:
        result = asyncio.run(measure(year, Path(folder), lambda line: print(line, file=sys.stderr)))
    show(result)
    if asked.json:
        print(json.dumps(result.as_json()))
    return 0 if result.calls_are_fewest and result.is_kept_small else 1


if __name__ == "__main__":
    sys.exit(main())
