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
from tests.simulation.play import regressions, side_by_side

SEEDS = int(os.environ.get("ROLLCALL_TEST_SIMULATIONS", "60"))
"""How many seeds one run of the tests takes; ``./run simulate`` takes any number."""

PROCESSES = 2
ROOT = Path(__file__).parents[2]

FOUND_BY = {
    "administrators_after_pupils": 2,
    "failed_ids_ignored": 19,
    "guard_bypassed": 1,
    "midnight_in_the_wrong_zone": 9,
    "no_fence": 2,
    "offset_before_state": 1,
    "offset_without_compare_and_set": 21,
    "reasons_not_united": 9,
    "retry_without_read_back": 3,
    "shared_account_leaves_with_the_first": 4,
    "timeout_is_failure": 1,
}
"""The planted bugs that are looked for here, and the seed that found each first."""

MARGIN = 40
"""Seeds past that one, so that a harmless change of the engine does not lose the bug."""


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
@pytest.mark.parametrize(("bug", "seed_that_found_it"), FOUND_BY.items(), ids=FOUND_BY)
def test_a_planted_bug_is_found(bug: str, seed_that_found_it: int) -> None:
    seeds = str(seed_that_found_it + MARGIN)
    words = [sys.executable, "-m", "tests.simulation", "--seeds", seeds, "--bug", bug]
    ran = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - ourselves
    assert f"{bug} is found by seed" in ran.stdout, ran.stdout + ran.stderr
