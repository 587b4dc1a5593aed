"""How fast the console answers a large school's staff, in a region of 300 schools.

``python -m benchmarks.console [--seconds N] [--people N] [--pause N] [--folder DIR] [--json]``
fills an embedded PostgreSQL with a region (``benchmarks.console.region``): one school of 1,200
chats and 4,000 people, and 299 ordinary ones. The real console is a process of its own. Fifty
people sign in (administrators, class teachers, subject teachers, parents) and click, each on one
page after another of their role, with a pause of three seconds between two clicks. A click is
timed as its browser has it, from the request to the whole page. Beside them, asked by the same
people in the same run, stands a bare ``SELECT 1`` through the same server.

With ``--folder`` the region is kept there and found again. Exit code 1: a page took 150 ms or
more at its 95th percentile. A page that is not answered as it should be ends the run.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.console.people import BARE_PAGE, Click, Person, cast
from benchmarks.console.region import Size, fill
from benchmarks.percentiles import percentile
from console.entrance.forgery import FIELD, form_token
from console.entrance.gate import FOR_PERSON
from console.entrance.site import Site
from projections.database import create_engine
from projections.migrate import upgrade
from rollcall.embedded import EmbeddedPostgres
from tests.servers import plain_http

P95_MS: Final = 150
"""What is asked for, of every page."""

_SEED: Final = 1
_WARMING: Final = 0.1
"""The share of the time before anything is counted."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many people click, for how long, and how long they look at a page on the average."""

    people: int = 50
    seconds: float = 180.0
    pause: float = 3.0


@dataclass(frozen=True, slots=True)
class Row:
    """One page, in milliseconds; ``ratio`` is of the medians, to the bare page's."""

    page: str
    clicks: int
    median: float
    p95: float
    ratio: float


Times = dict[str, list[float]]


class WrongAnswer(Exception):
    """A page was not answered as it should be: nothing was measured."""


@asynccontextmanager
async def console(url: str) -> AsyncIterator[Site]:
    """The console over the database, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.console.serving", url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if process.stdout is None or process.stdin is None:
        raise SystemExit("the console's process has no pipes")
    try:
        origin = (await process.stdout.readline()).decode().strip()
        if not origin:
            raise SystemExit("the console did not start")
        yield Site(origin, secure=False)
    finally:
        process.stdin.close()
        await process.wait()


async def click(http: httpx2.AsyncClient, site: Site, person: Person, on: Click) -> float:
    """Seconds until the whole page was here.

    Raises:
        WrongAnswer: it is not the page that was asked for.
    """
    session = f"{site.session.name}={person.token}"
    headers = {"Cookie": session, "Origin": site.origin}
    if on.body is not None:
        headers = {"Authorization": f"Bearer {person.bearer}", FOR_PERSON: person.person_id}
    fields = on.fields | {FIELD: form_token(person.token)} if on.fields else None
    method = "POST" if on.fields or on.body is not None else "GET"
    began = time.perf_counter()
    answer = await http.request(
        method, site.origin + on.path, headers=headers, data=fields, json=on.body
    )
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise WrongAnswer(f"{on.name}: {answer.status_code} at {on.path}")
    return took


async def _clicking(site: Site, person: Person, load: Load, number: int, found: Times) -> None:
    """One person's rounds, one at the least, each page once in an order of its own."""
    dice = random.Random(f"{_SEED}/{number}")
    began = time.perf_counter()
    counted, until = began + load.seconds * _WARMING, began + load.seconds
    async with plain_http.client(timeout=60) as http:
        await asyncio.sleep(dice.uniform(0, load.pause))
        is_once_round = False
        while True:
            for each in dice.sample(person.clicks, len(person.clicks)):
                took = await click(http, site, person, each)
                now = time.perf_counter()
                if now > counted:
                    found.setdefault(each.name, []).append(took)
                if now > until and is_once_round:
                    return
                await asyncio.sleep(dice.uniform(0.5, 1.5) * load.pause)
            is_once_round = True


async def measure(url: str, load: Load) -> list[Row]:
    """A row for each page, the bare one first."""
    engine = create_engine(url)
    try:
        people = await cast(engine, load.people)
    finally:
        await engine.dispose()
    found: Times = {each.name: [] for person in people for each in person.clicks}
    async with console(url) as site, asyncio.TaskGroup() as tasks:
        for number, person in enumerate(people):
            tasks.create_task(_clicking(site, person, load, number, found))
    bare = statistics.median(found[BARE_PAGE])
    return [_row(page, took, bare) for page, took in found.items() if took]


def _row(page: str, seconds: Sequence[float], bare: float) -> Row:
    median = statistics.median(seconds)
    p95 = percentile(seconds, 0.95)
    return Row(
        page, len(seconds), round(median * 1000, 1), round(p95 * 1000, 1), round(median / bare, 1)
    )


async def run(size: Size, load: Load, folder: Path) -> list[Row]:
    """Find or fill the region, and measure."""
    filled = folder / "filled.json"
    wanted = json.dumps(asdict(size))
    if filled.exists() and filled.read_text() != wanted:
        raise SystemExit(f"{folder} holds a region of another size: {filled.read_text()}")
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    await server.start()
    try:
        if not filled.exists():
            await _fill(server.uri, size)
            filled.write_text(wanted)
        return await measure(server.uri, load)
    finally:
        await server.stop()


async def _fill(url: str, size: Size) -> None:
    await upgrade(url)
    engine = create_engine(url)
    try:
        await fill(engine, size)
    finally:
        await engine.dispose()


def main() -> int:
    """Measure and print."""
    usual = Load()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=usual.seconds)
    parser.add_argument("--people", type=int, default=usual.people)
    parser.add_argument("--pause", type=float, default=usual.pause)
    parser.add_argument("--schools", type=int, default=300)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    size = Size(others=given.schools - 1)
    load = Load(given.people, given.seconds, given.pause)
    with tempfile.TemporaryDirectory(prefix="rollcall-console-") as made:
        try:
            rows = asyncio.run(run(size, load, given.folder or Path(made)))
        except* WrongAnswer as wrong:
            raise SystemExit(str(wrong.exceptions[0])) from None
    met = all(row.p95 < P95_MS for row in rows)
    print(f"{load.people} people, a click each {load.pause:g} s; milliseconds:")
    for row in rows:
        print(
            f"  {row.page:<34} {row.clicks:>5} clicks   median {row.median:8.1f}"
            f"   p95 {row.p95:8.1f}   {row.ratio:6.1f} × SELECT 1"
        )
    print(f"target (p95 of every page under {P95_MS} ms): {'met' if met else 'missed'}")
    if given.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "meets_target": met}))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
