"""Many seeds on one database, in this process; and many processes side by side.

A process is started with a fixed ``PYTHONHASHSEED``, since the order of sets is part of a run.
"""

import faulthandler
import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import structlog

from projections.migrate import upgrade
from tests.servers.loops import run_now
from tests.simulation.bugs import planted
from tests.simulation.database import Database
from tests.simulation.loop import VirtualLoop
from tests.simulation.run import Result, Run

ROOT = Path(__file__).parents[2]
HANGS_AFTER = 180.0
"""Real seconds that no seed ever takes: the process ends and says where it stood."""
REGRESSIONS = Path(__file__).with_name("regressions.txt")


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a seed, without its trace."""

    seed: int
    steps: int
    digest: str
    violations: tuple[str, ...]


def regressions() -> list[int]:
    """Seeds that have found something, to be run first."""
    lines = REGRESSIONS.read_text("utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]


def play(
    url: str, seeds: Iterable[int], tell: Callable[[Result], bool], bug: str | None = None
) -> None:
    """Run seeds on the migrated database at ``url`` until ``tell`` says that it is enough.

    ``bug`` is planted for that time.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # Killed processes leave their connections to nobody.
    warnings.filterwarnings("ignore", message="The garbage collector is trying to clean up")
    logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)
    loop = VirtualLoop()
    # What became of the tasks of killed processes is nobody's business.
    loop.set_exception_handler(lambda _, __: None)
    try:
        loop.run_until_complete(_play(url, loop, seeds, tell, bug))
    finally:
        loop.close()


async def _play(
    url: str,
    loop: VirtualLoop,
    seeds: Iterable[int],
    tell: Callable[[Result], bool],
    bug: str | None,
) -> None:
    database = Database(url, loop)
    await database.open()
    try:
        beginning = await Run(database, 0).beginning()
        with planted(bug) if bug else nullcontext():
            for seed in seeds:
                faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
                if tell(await Run(database, seed, beginning).result()):
                    return
    finally:
        faulthandler.cancel_dump_traceback_later()
        await database.close()


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the current schema."""
    run_now(upgrade(url))


def side_by_side(urls: Sequence[str], seeds: Sequence[int]) -> list[Summary]:
    """Run the seeds in as many processes as there are databases."""
    processes = [
        subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.simulation", "--database", url, "--json"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for url in urls
    ]
    for number, process in enumerate(processes):
        assert process.stdin is not None
        process.stdin.write(" ".join(map(str, seeds[number :: len(processes)])))
        process.stdin.close()
    found: list[Summary] = []
    for process in processes:
        assert process.stdout is not None
        found += [_summary(line) for line in process.stdout if line.startswith("{")]
        if process.wait() not in {0, 1}:
            raise RuntimeError(f"a simulation ended with {process.returncode}")
        process.stdout.close()
    return sorted(found, key=lambda each: each.seed)


def summary_line(result: Result) -> str:
    """A result for another process."""
    violations = [f"{each.name}: {each.about}" for each in result.violations]
    return json.dumps([result.seed, result.steps, result.digest, violations]).join("{}")


def _summary(line: str) -> Summary:
    seed, steps, digest, violations = json.loads(line.strip()[1:-1])
    return Summary(seed, steps, digest, tuple(violations))


__all__ = ["Summary", "migrate", "play", "regressions", "side_by_side", "summary_line"]
