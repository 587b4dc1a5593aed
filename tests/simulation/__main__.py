"""``./run simulate --seeds N [--first-seed S]``: many seeds, and a summary as the last line.

Exit code 1 where a promise was broken; the failing seeds are named, and ``--seeds 1
--first-seed S --show`` shows the whole run of one.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from time import monotonic, process_time

from tests.servers import sources
from tests.servers.databases import database_url, make_empty
from tests.servers.loops import run_now
from tests.servers.memory import use_memory
from tests.simulation.bugs import BUGS
from tests.simulation.hangs import HANGS_AFTER
from tests.simulation.play import Summary, migrate, play, regressions, side_by_side, summary_line
from tests.simulation.run import Result

PROCESSES = min(os.cpu_count() or 1, 8)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="./run simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many (100)")
    parser.add_argument("--first-seed", type=int, default=1, help="from which on (1)")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="side by side")
    parser.add_argument("--show", action="store_true", help="print every step")
    parser.add_argument("--bug", choices=sorted(BUGS), help="plant this bug, and stop where found")
    parser.add_argument("--database", help=argparse.SUPPRESS)
    parser.add_argument("--patience", type=float, default=HANGS_AFTER, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets is part of a run.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])  # noqa: S606 - ourselves
    if asked.database:
        return _be_one(asked.database, asked.bug, asked.patience)
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    began = monotonic()
    use_memory()
    with tempfile.TemporaryDirectory() as folder, sources.postgres(Path(folder) / "pg") as url:
        if asked.show or asked.bug:
            return _show(url, list(seeds), asked.bug, show=asked.show)
        urls = [_database(url) for _ in range(max(1, min(asked.processes, len(seeds))))]
        first = regressions() if asked.first_seed == 1 else []
        found = side_by_side(urls, [*first, *(seed for seed in seeds if seed not in first)])
    return _tell(found, monotonic() - began)


def _database(server_url: str) -> str:
    url = run_now(make_empty(server_url))
    migrate(url)
    return url


def _be_one(url: str, bug: str | None, patience: float) -> int:
    """One of several processes: seeds come by stdin, results go to stdout."""
    broken = False

    def tell(result: Result) -> bool:
        nonlocal broken
        broken = broken or bool(result.violations)
        print(summary_line(result), flush=True)  # noqa: T201 - this is the protocol
        return broken and bug is not None

    play(url, map(int, sys.stdin.read().split()), tell, bug, patience=patience)
    return int(broken)


def _show(url: str, seeds: list[int], bug: str | None, *, show: bool) -> int:
    """In this process, every step; or until a planted bug is found."""
    database, broken = database_url(url, "postgres"), False
    migrate(database)

    def tell(result: Result) -> bool:
        nonlocal broken
        broken = broken or bool(result.violations)
        for line in (*(result.trace if show else ()), *result.violations):
            print(line)  # noqa: T201 - asked for
        if bug and broken:
            print(f"{bug} is found by seed {result.seed}")  # noqa: T201 - as above
        return broken and bug is not None

    play(database, seeds, tell, bug)
    print(f"{len(seeds)} seeds at most, {process_time():.1f} s of this process")  # noqa: T201 - as above
    return int(broken)


def _tell(found: list[Summary], seconds: float) -> int:
    broken = [each for each in found if each.violations]
    for each in broken:
        print(f"seed {each.seed}, step {each.steps}: {'; '.join(each.violations)}")  # noqa: T201 - a command
    steps = sum(each.steps for each in found)
    print(  # noqa: T201 - as above
        f"{len(found)} seeds, {steps} steps, {len(broken)} with violations,"
        f" {len(found) / seconds:.2f} seeds a second"
    )
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
