"""Many seeds on one database, in this process; and many processes side by side.

A process is started with a fixed ``PYTHONHASHSEED``, since the order of sets is part of a run.
"""

import json
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import structlog

from projections.migrate import upgrade
from tests.servers.loops import run_now
from tests.simulation.bugs import planted
from tests.simulation.database import Database
from tests.simulation.hangs import HANGS_AFTER, Watched, watch
from tests.simulation.lesson_bugs import IN_THE_DATABASE
from tests.simulation.loop import VirtualLoop
from tests.simulation.run import Result, Run

ROOT = Path(__file__).parents[2]
REGRESSIONS = Path(__file__).with_name("regressions.txt")


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a seed, without its trace."""

    seed: int
    steps: int
    digest: str
    violations: tuple[str, ...]
    lesson_calls: int
    let_in: int


def regressions() -> list[int]:
    """Seeds that have found something, to be run first."""
    lines = REGRESSIONS.read_text("utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]


def play(
    url: str,
    seeds: Iterable[int],
    tell: Callable[[Result], bool],
    bug: str | None = None,
    *,
    patience: float = HANGS_AFTER,
) -> None:
    """Run seeds on the migrated database at ``url`` until ``tell`` says that it is enough.

    ``bug`` is planted for that time. A seed that takes longer than ``patience`` real seconds is
    told as broken, and is the end of this process.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # Killed processes leave their connections to nobody.
    warnings.filterwarnings("ignore", message="The garbage collector is trying to clean up")
    logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)
    loop = VirtualLoop()
    # What became of the tasks of killed processes is nobody's business.
    loop.set_exception_handler(lambda _, __: None)
    try:
        loop.run_until_complete(_play(Player(url, loop, tell, patience), seeds, bug))
    finally:
        loop.close()


@dataclass(frozen=True, slots=True)
class Player:
    """What all seeds of a process share."""

    url: str
    loop: VirtualLoop
    tell: Callable[[Result], bool]
    patience: float

    def watch(
        self, database: Database, run: Run, patience: float = HANGS_AFTER
    ) -> AbstractContextManager[None]:
        """A run that hangs is told, and ends the process."""

        def hung() -> None:
            self.tell(run.hung(patience))

        return watch(Watched(self.url, run.trace, database.emptying, hung), patience)


async def _play(player: Player, seeds: Iterable[int], bug: str | None) -> None:
    database = Database(player.url, player.loop)
    first = Run(database, 0)
    with player.watch(database, first):
        await database.open()
    try:
        with player.watch(database, first):
            beginning = await first.beginning()
        if bug is not None and bug in IN_THE_DATABASE:
            await database.monitor.execute(IN_THE_DATABASE[bug]())
        with planted(bug) if bug else nullcontext():
            for seed in seeds:
                run = Run(database, seed, beginning)
                with player.watch(database, run, player.patience):
                    result = await run.result()
                if player.tell(result):
                    return
    finally:
        await database.close()


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the current schema."""
    run_now(upgrade(url))


def side_by_side(
    urls: Sequence[str], seeds: Sequence[int], bug: str | None = None, *more: str
) -> list[Summary]:
    """Run the seeds in as many processes as there are databases.

    With a ``bug`` each process stops where it is found. ``more`` are words of the command line.
    """
    words = (*(("--bug", bug) if bug else ()), *more)
    with ThreadPoolExecutor(len(urls)) as threads:
        shares = [seeds[number :: len(urls)] for number in range(len(urls))]
        found = threads.map(lambda url, share: list(_share(url, share, words)), urls, shares)
        return sorted(chain.from_iterable(found), key=lambda each: each.seed)


def _share(url: str, seeds: Sequence[int], words: Sequence[str]) -> Iterator[Summary]:
    """One process after another: one that meets a seed without an end leaves the rest to it."""
    left = list(seeds)
    while left:
        ran = subprocess.run(  # noqa: S603 - ourselves
            [sys.executable, "-m", "tests.simulation", "--database", url, *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            input=" ".join(map(str, left)),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        found = [_summary(line) for line in ran.stdout.splitlines() if line.startswith("{")]
        if ran.returncode not in {0, 1} or not found:
            raise RuntimeError(f"a simulation ended with {ran.returncode} before seed {left[0]}")
        yield from found
        if found[0].seed != left[0] or ("--bug" in words and found[-1].violations):
            return  # it hung before any seed, or has found what it looked for
        left = left[len(found) :]


def summary_line(result: Result) -> str:
    """A result for another process."""
    violations = [f"{each.name}: {each.about}" for each in result.violations]
    told = [result.seed, result.steps, result.digest, violations]
    return json.dumps([*told, result.lesson_calls, result.let_in]).join("{}")


def _summary(line: str) -> Summary:
    seed, steps, digest, violations, *of_lessons = json.loads(line.strip()[1:-1])
    return Summary(seed, steps, digest, tuple(violations), *of_lessons)


__all__ = ["Summary", "migrate", "play", "regressions", "side_by_side", "summary_line"]
