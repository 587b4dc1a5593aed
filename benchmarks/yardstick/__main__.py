"""The derivation beside one set-based SQL statement over the same facts.

``./run bench yardstick [--pupils N] [--seed S] [--json]`` puts a made-up region's facts into an
embedded PostgreSQL by ingest's own statements and has the derive loop derive them, with as many
workers as by default. Then the yardstick computes the same memberships, with reasons and a
primary key, in one statement with plenty of memory, on tables that were analysed before: it
keeps no history, finds no differences and needs no locks, so it is what a derivation could
cost at the least. The two results are compared, membership by membership. 1 is the exit code
where they differ or the derivation takes more than three times as long.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.processor import used_by_postgres
from benchmarks.tables import tidy
from benchmarks.yardstick import statement
from benchmarks.yardstick.region import derive, load, region
from projections.database import create_engine, driver, transaction
from projections.migrate import upgrade
from rollcall import publish
from rollcall.embedded import EmbeddedPostgres

RATIO = 3.0
"""What is asked for: the derivation takes at most so many times as long."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; seconds in Python and in PostgreSQL are the processor's, for deriving."""

    pupils: int
    events: int
    chats: int
    memberships: int
    derive_seconds: float
    python_seconds: float
    postgres_seconds: float
    yardstick_seconds: float
    ratio: float
    differences: dict[str, int]

    @property
    def meets_target(self) -> bool:
        """Whether the two are equal and near enough."""
        return not self.differences and self.ratio <= RATIO


async def measure(pupils: int, seed: int) -> Result:
    """All of it, on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="rollcall-yardstick-") as folder:
        async with EmbeddedPostgres(Path(folder) / "postgres") as postgres:
            await upgrade(postgres.uri)
            engine = create_engine(postgres.uri)
            try:
                return await _measure(engine, pupils, seed)
            finally:
                await engine.dispose()


async def _measure(engine: AsyncEngine, pupils: int, seed: int) -> Result:
    events = await load(engine, region(pupils, seed, publish.local_today()))
    postgres, python = await used_by_postgres(engine), time.process_time()
    seconds = await derive(engine)
    python = time.process_time() - python
    postgres = await used_by_postgres(engine) - postgres
    await tidy(engine)
    async with transaction(engine) as connection:
        raw = await driver(connection)
        yardstick = await statement.compute(raw)
        found = Counter(each.kind.value for each in await statement.differences(raw))
        memberships = await raw.fetchval(f"SELECT count(*) FROM {statement.TABLE}")  # noqa: S608 - a constant
        chats = await raw.fetchval("SELECT count(*) FROM chats")
    return Result(
        pupils=pupils,
        events=events,
        chats=chats,
        memberships=memberships,
        derive_seconds=round(seconds, 2),
        python_seconds=round(python, 2),
        postgres_seconds=round(postgres, 2),
        yardstick_seconds=round(yardstick, 2),
        ratio=round(seconds / yardstick, 2),
        differences=dict(found),
    )


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    parser = argparse.ArgumentParser(prog="./run bench yardstick", description=__doc__)
    parser.add_argument("--pupils", type=int, default=30_000, help="size of the region (30000)")
    parser.add_argument("--seed", type=int, default=1, help="of the region (1)")
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    asked = parser.parse_args()
    found = asyncio.run(measure(asked.pupils, asked.seed))
    print(f"{found.events:,} events, {found.chats:,} chats, {found.memberships:,} memberships")
    print(
        f"  derivation {found.derive_seconds:8.2f} s   of the processor"
        f" {found.python_seconds:.1f} s in Python, {found.postgres_seconds:.1f} s in PostgreSQL"
    )
    print(
        f"  yardstick  {found.yardstick_seconds:8.2f} s   ratio {found.ratio:.2f} (at most {RATIO})"
    )
    print(f"  differences: {found.differences or 'none'}")
    if asked.json:
        print(json.dumps({**asdict(found), "meets_target": found.meets_target}))
    return 0 if found.meets_target else 1


if __name__ == "__main__":
    sys.exit(main())
