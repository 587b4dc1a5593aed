"""``./run simulate --seeds N [--first-seed S]``: many seeds, and a summary as the last line."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from time import monotonic

from tests.simulation.loop import VirtualLoop
from tests.simulation.database import Database
from tests.simulation.run import Result, Run
from tests.servers import sources
from projections.migrate import upgrade


import logging, structlog
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
async def play(url: str, loop: VirtualLoop, seeds, show: bool) -> list[Result]:
    database = Database(url, loop)
    await database.open()
    results = []
    for seed in seeds:
        result = await Run(database, seed).result()
        results.append(result)
        if show or result.violations:
            for line in result.trace: print(line)
        print(seed, result.steps, result.digest, result.violations, flush=True)
    await database.close()
    return results

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--show", action="store_true")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as d:
      with sources.postgres(Path(d)/"pg") as url:
        asyncio.run(upgrade(url))
        loop = VirtualLoop()
        asyncio.set_event_loop(loop)
        began = monotonic()
        r = loop.run_until_complete(play(url, loop, range(a.first_seed, a.first_seed+a.seeds), a.show))
        s = monotonic()-began
        print(len(r), "seeds", sum(x.steps for x in r), "steps", sum(bool(x.violations) for x in r), "violations", s, "s", len(r)/s)
main()
