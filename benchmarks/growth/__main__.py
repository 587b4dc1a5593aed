"""How what the product costs grows with the region: read, derive, ask, rest.

``./run bench growth [--pupils N ...] [--idle-seconds S] [--repeats N] [--chart FILE] [--json]``
takes the sizes one after another, each on servers of its own: a made-up region is published to
Kafka, read by one process and derived by another (time per event and per membership, memory);
the messenger's side is put in place; every question of people and every view for dashboards is
asked (milliseconds); then all loops rest over it (share of a core, what is read as a whole).

1 is the exit code where what is asked for is missed: a time per event or membership that grows
more than 1.5 times, a question of 100 ms, a process above 300 MiB, 2 percent of a core or a whole
read of a table at rest.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.arguments import positive
from benchmarks.growth import chart, questions
from benchmarks.growth.loading import Failed, Place, load, servers
from benchmarks.growth.report import Size, missed, show
from benchmarks.growth.rest import rest
from benchmarks.growth.troubles import settle, trouble
from benchmarks.in_step import REFUSED_ONE_IN, put_in_step
from benchmarks.tables import REST_SECONDS, tidy
from projections.database import create_engine, transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """How a region is made up, how often each question is put, and how long the rest is.

    ``still_seconds``: how long the loops have been at rest before they are looked at.
    """

    seed: int = 1
    repeats: int = 30
    idle_seconds: float = 30.0
    still_seconds: float = REST_SECONDS


async def measure(pupils: int, asked: Asked) -> Size:
    """One size, on servers of its own.

    Raises:
        Failed: a process of the product came to no end, or the region to no rest.
    """
    with tempfile.TemporaryDirectory(prefix="rollcall-growth-") as folder:
        async with servers(Path(folder), pupils, asked.seed) as place:
            return await measure_at(place, pupils, asked)


async def measure_at(place: Place, pupils: int, asked: Asked) -> Size:
    """The region of so many pupils that is on the topics there.

    Raises:
        Failed: as above.
    """
    loaded = await load(place)
    engine = create_engine(place.postgres)
    try:
        async with transaction(engine) as connection:
            await put_in_step(connection, refused_one_in=REFUSED_ONE_IN)
            await trouble(connection)
        await tidy(engine)
        answers = await questions.ask(engine, place, asked.repeats)
        async with transaction(engine) as connection:
            await settle(connection)
        await tidy(engine)
        resting = await rest(engine, place, asked.idle_seconds, asked.still_seconds)
    finally:
        await engine.dispose()
    return Size(pupils, place.events, loaded, tuple(answers), resting)


async def run(sizes: Sequence[int], asked: Asked) -> list[Size]:
    """All sizes, the smallest first."""
    return [await measure(pupils, asked) for pupils in sorted(sizes)]


def main() -> int:
    """Measure and print; 1 where what is asked for is missed."""
    usual = Asked()
    parser = argparse.ArgumentParser(prog="./run bench growth", description=__doc__)
    parser.add_argument(
        "--pupils", type=positive, nargs="+", default=[3_000, 30_000], help="sizes (3000 30000)"
    )
    parser.add_argument("--seed", type=int, default=usual.seed, help="of the region (1)")
    parser.add_argument(
        "--repeats", type=positive, default=usual.repeats, help="of a question (30)"
    )
    parser.add_argument("--idle-seconds", type=float, default=usual.idle_seconds)
    parser.add_argument("--chart", type=Path, help="draw an SVG of it there")
    parser.add_argument("--json", action="store_true", help="the last line is one object")
    given = parser.parse_args()
    asked = Asked(given.seed, given.repeats, given.idle_seconds)
    try:
        sizes = asyncio.run(run(given.pupils, asked))
    except Failed as failed:
        raise SystemExit(f"growth: {failed}") from None
    show(sizes)
    lacking = missed(sizes)
    for each in lacking:
        print(f"missed: {each}")
    if given.chart is not None:
        chart.draw(sizes, given.chart)
    if given.json:
        told = [{**asdict(size), "processes": size.processes} for size in sizes]
        print(json.dumps({"sizes": told, "missed": lacking, "meets_target": not lacking}))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
