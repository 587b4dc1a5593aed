"""The region that a change is measured in: made up, ingested and derived once, then copied.

The facts of ``synth`` are written by ingest's own statements and derived by the derive loop. One
school, the first, then meets the messenger as any new school does: the running engine makes its
chats, and every sample changes a class of it. Of all others the chats are as converged
(``benchmarks.in_step``): their rows, their members and their past calls are in the tables
and indexes that each statement of the loops goes through, and nothing is due of them, nor has the
simulated messenger heard of them. A region of one school has no others.

Guarantees: each run works on a copy of its own, so the region in a folder is the same for all; one
of another size or another day is refused, since dates that have passed since would have chats
change by themselves.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import asyncpg

from benchmarks.in_step import REFUSED_ONE_IN, put_in_step, tell_of_calls
from benchmarks.published import Event
from benchmarks.tables import tidy
from benchmarks.yardstick.region import derive, fact, load
from domain.facts import Fact
from projections.database import create_engine, transaction
from projections.migrate import upgrade
from rollcall import publish
from rollcall.embedded import EmbeddedPostgres
from synth import generate
from tests.servers.databases import database_url

SCHOOL: Final = "s-0001"
_ITS_IDS: Final = "-0001-"
_SEED: Final = 1
_PUPILS_FOR_ALL: Final = 3_000
"""In a larger region not every entity has events in the background, but as many as in this."""

_BACKGROUND: Final = frozenset({
    "sgo.person.changed.v1", "sgo.profile.changed.v1", "sgo.guardianship.changed.v1",
    "sgo.employment.changed.v1", "sgo.enrolment.ordered.v1",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Region:
    """What the benchmark must know of it; ``last`` are entities' events of the highest rank."""

    pupils: int
    day: str
    events: int
    chats: int
    classes: list[Event]
    last: list[Event]


@asynccontextmanager
async def server(folder: Path, pupils: int) -> AsyncIterator[tuple[str, Region]]:
    """A PostgreSQL with a copy of the region, which is made where the folder has none."""
    known = folder / "region.json"
    async with EmbeddedPostgres(folder / "postgres") as postgres:
        if known.exists():
            found = Region(**json.loads(known.read_text(encoding="utf-8")))
            if (found.pupils, found.day) != (pupils, publish.local_today().isoformat()):
                raise SystemExit(
                    f"{folder} holds a region of {found.pupils} pupils of {found.day}:"
                    " remove it, or name another folder"
                )
        else:
            await _again(postgres.uri, "region")
            found = await _fill(database_url(postgres.uri, "region"), pupils)
            known.write_text(json.dumps(asdict(found)), encoding="utf-8")
        await _again(postgres.uri, "run", "TEMPLATE region STRATEGY file_copy")
        yield database_url(postgres.uri, "run"), found


async def _again(server: str, database: str, how: str = "") -> None:
    """An empty database, or a copy; what an earlier run left of it goes."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {database} {how}")
    finally:
        await connection.close()


async def _fill(url: str, pupils: int) -> Region:
    await upgrade(url)
    engine = create_engine(url)
    seen = _Seen(pupils)
    try:
        events = await load(engine, seen.through())
        await derive(engine)
        async with transaction(engine) as connection:
            await put_in_step(connection, refused_one_in=REFUSED_ONE_IN, without=[SCHOOL])
            await tell_of_calls(connection, without=[SCHOOL])
        await tidy(engine)
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(url)
    try:
        chats = await connection.fetchval("SELECT count(*) FROM chats")
    finally:
        await connection.close()
    day = publish.local_today().isoformat()
    return Region(pupils, day, events, chats, seen.open_classes(), list(seen.last.values()))


@dataclass(slots=True)
class _Seen:
    """What is remembered of the events that pass by."""

    pupils: int
    classes: dict[str, Event] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    last: dict[tuple[str, str], Event] = field(default_factory=dict)

    def through(self) -> Iterator[Fact]:
        for each in generate(self.pupils, _SEED, publish.local_today()):
            event: Event = dict(each)
            self._look(event, event["data"])
            yield fact(each)

    def _look(self, event: Event, data: Any) -> None:  # noqa: ANN401 - an event's data
        if event["type"] == "sgo.class.created.v1" and data["school_id"] == SCHOOL:
            self.classes[data["class_id"]] = data
        elif data.get("status") == "closed":
            self.closed.add(event["subject"])
        if event["type"] not in _BACKGROUND or not self._is_asked(event["subject"]):
            return
        known = self.last.setdefault((event["type"], event["subject"]), event)
        if _rank(event) > _rank(known):
            self.last[event["type"], event["subject"]] = event

    def _is_asked(self, subject: str) -> bool:
        """Whether the background is about it: others than the school that is measured."""
        has_others = self.pupils >= _PUPILS_FOR_ALL
        every = max(1, self.pupils // _PUPILS_FOR_ALL)
        return not (has_others and _ITS_IDS in subject) and crc32(subject.encode()) % every == 0

    def open_classes(self) -> list[Event]:
        return [data for of_class, data in self.classes.items() if of_class not in self.closed]


def _rank(event: Event) -> tuple[int, str]:
    return event["data"].get("version", 0), event["time"]
