"""The same cold start with one, two and four processes of each loop, on this machine's cores.

``./run bench scale [--pupils N] [--processes N ...] [--json]`` publishes a made-up region once and
has it read and derived from the topics' beginning by so many processes of ingest and as many of
derive, each time on an empty database and in a consumer group of its own. Timed is from the start
of the processes to the last offset and to the last membership. The results are compared by their
number and by a checksum over chat, person, role and reasons.

1 is the exit code where two results differ. No speed is asked for: how much a second process can
bring depends on the cores, and Kafka and PostgreSQL work on the same ones.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.arguments import positive
from benchmarks.engines.ours import Database
from benchmarks.growth.loading import PATIENCE, Failed, Place, ending, servers
from benchmarks.processes import product, started
from benchmarks.processor import used_by
from projections.migrate import upgrade
from tests.servers.databases import make_empty

_USUAL: Final = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start; seconds from the start of the processes, and of the processor in all."""

    processes: int
    read_seconds: float
    whole_seconds: float
    processor_seconds: float
    memberships: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Result:
    """All of them over one region."""

    pupils: int
    events: int
    cores: int
    starts: tuple[Start, ...]

    @property
    def equal(self) -> bool:
        """Whether each came to the same memberships."""
        return len({(each.memberships, each.checksum) for each in self.starts}) == 1


async def measure(pupils: int, seed: int, processes: Sequence[int]) -> Result:
    """Each number of processes in turn, over the same topics.

    Raises:
        Failed: a process ended by itself.
    """
    with tempfile.TemporaryDirectory(prefix="rollcall-scale-") as folder:
        async with servers(Path(folder), pupils, seed) as place:
            starts = [await start(place, number) for number in processes]
            return Result(pupils, place.events, os.cpu_count() or 1, tuple(starts))


async def start(place: Place, number: int) -> Start:
    """So many processes of each loop, from nothing.

    Raises:
        Failed: a process ended by itself.
    """
    name = f"scale_{number}"
    place = replace(place, postgres=await _empty(place.postgres))
    database = await Database.open(place.postgres)
    commands = [product("run", "--only", part) for part in ("ingest", "derive")]
    environment = {**place.environment, "ROLLCALL_KAFKA__GROUP": name}
    try:
        before, began = used_by(place.server), time.time()
        async with started(commands * number, environment, place.folder / name) as running:
            read = await ending(running, database.read(place.events, PATIENCE))
            rest = await ending(running, database.rest(place.events, PATIENCE))
            used = used_by(*running.pids, place.server) - before
        memberships, checksum = await database.checksum()
    finally:
        await database.close()
    return Start(
        number,
        round(read - began, 2),
        round(rest.last_at - began, 2),
        round(used, 2),
        memberships,
        checksum,
    )


async def _empty(server: str) -> str:
    """A database of its own on the same server; its address."""
    url = await make_empty(server)
    await upgrade(url)
    return url


def main() -> int:
    """Measure and print; 1 where two results differ."""
    parser = argparse.ArgumentParser(prog="./run bench scale", description=__doc__)
    parser.add_argument(
        "--pupils", type=positive, default=30_000, help="size of the region (30000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the region (1)")
    parser.add_argument(
        "--processes", type=positive, nargs="+", default=list(_USUAL), help="(1 2 4)"
    )
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    asked = parser.parse_args()
    try:
        result = asyncio.run(measure(asked.pupils, asked.seed, asked.processes))
    except Failed as failed:
        raise SystemExit(f"scale: {failed}") from None
    print(f"{result.events:,} events of {result.pupils:,} pupils, {result.cores} cores:")
    for each in result.starts:
        print(
            f"  {each.processes} of each loop   read after {each.read_seconds:7.2f} s,"
            f" whole after {each.whole_seconds:7.2f} s, {each.processor_seconds:7.2f} s of the"
            f" processor   {each.memberships:,} memberships"
        )
    print(f"results: {'equal' if result.equal else 'NOT EQUAL'}")
    if asked.json:
        print(json.dumps({**asdict(result), "equal": result.equal}))
    return 0 if result.equal else 1


if __name__ == "__main__":
    sys.exit(main())
