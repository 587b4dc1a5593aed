"""Many seeds of the whole engine under faults, each checked after every step and at its end.

These are always the same seeds, so that what passed here passes again; ``./run simulate
--first-seed S`` goes where nobody has been.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.databases import Databases
from tests.servers.loops import run_now
from tests.simulation.bugs import BUGS
from tests.simulation.play import regressions, side_by_side

SEEDS = int(os.environ.get("ROLLCALL_TEST_SIMULATIONS", "500"))
"""How many seeds one run of the tests takes; ``./run simulate`` takes any number."""

PROCESSES = 2
ROOT = Path(__file__).parents[2]

WITHIN = 1000
"""Seeds within which every planted bug must be found; most of them are by one of the first."""


@pytest.fixture
def urls(databases: Databases) -> list[str]:
    """Migrated databases of this test's own, one for each process."""
    return [run_now(databases.create()) for _ in range(PROCESSES)]


@pytest.mark.timeout(1800)
def test_no_seed_breaks_a_promise(urls: list[str]) -> None:
    first = regressions()
    seeds = [*first, *(seed for seed in range(1, SEEDS + 1) if seed not in first)]
    found = side_by_side(urls, seeds)
    assert [result for result in found if result.violations] == []
    assert len(found) == len(seeds)


@pytest.mark.timeout(600)
def test_the_same_seed_makes_the_same_run(urls: list[str], seed: int) -> None:
    once, again = (side_by_side([url], [seed]) for url in urls)
    assert once == again
    assert once[0].steps > 100


@pytest.mark.timeout(600)
def test_a_run_is_the_same_whatever_ran_before_it(urls: list[str]) -> None:
    alone, after = (
        side_by_side([url], each) for url, each in zip(urls, ([3], [1, 2, 3]), strict=True)
    )
    assert after[-1] == alone[-1]


@pytest.mark.timeout(600)
def test_a_seed_that_is_repeated_many_times_makes_one_run(urls: list[str]) -> None:
    found = side_by_side(urls, [203, 243] * 20)
    assert len({(each.seed, each.digest) for each in found}) == 2


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    words = [sys.executable, "-m", "tests.simulation", "--seeds", str(WITHIN), "--bug", bug]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert f"{bug} is found by seed" in ran.stdout, ran.stdout + ran.stderr
