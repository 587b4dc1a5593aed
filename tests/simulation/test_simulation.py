"""Many seeds of the whole engine under faults, each checked after every step and at its end.

These are always the same seeds, so that what passed here passes again; ``./run simulate
--first-seed S`` goes where nobody has been.
"""

import os

import pytest

from tests.servers.databases import Databases
from tests.servers.loops import run_now
from tests.simulation.bugs import BUGS, FOUND_BY
from tests.simulation.play import regressions, side_by_side
from tests.simulation.stage import LESSONS_EVERY

SEEDS = int(os.environ.get("ROLLCALL_TEST_SIMULATIONS", "100"))
"""How many seeds one run of the tests takes; ``./run simulate`` takes any number."""

BLOCK = 25
"""Seeds of one test: what a worker can do while the others do something else."""

WITHIN = 1000
"""Seeds within which every planted bug must be found; most of them are by one of the first."""


@pytest.fixture
def urls(databases: Databases) -> list[str]:
    """Migrated databases of this test's own."""
    return [run_now(databases.create()) for _ in range(2)]


def _blocks() -> list[list[int]]:
    first = regressions()
    seeds = [*first, *(seed for seed in range(1, SEEDS + 1) if seed not in first)]
    return [seeds[at : at + BLOCK] for at in range(0, len(seeds), BLOCK)]


@pytest.mark.timeout(1800)
@pytest.mark.takes(60)
@pytest.mark.parametrize("block", [pytest.param(each, id=f"{each[0]}-") for each in _blocks()])
def test_no_seed_breaks_a_promise(database_url: str, block: list[int]) -> None:
    found = side_by_side([database_url], block)
    assert [result for result in found if result.violations] == []
    assert [result.seed for result in found] == sorted(block)
    with_lessons = [each for each in found if each.seed % LESSONS_EVERY == 0]
    assert all(each.lesson_calls for each in with_lessons)
    assert len(with_lessons) < 2 or any(each.let_in for each in with_lessons)


@pytest.mark.timeout(600)
@pytest.mark.takes(15)
def test_the_same_seed_comes_to_the_same_verdict(urls: list[str], seed: int) -> None:
    once, again = (side_by_side([url], [seed]) for url in urls)
    assert [each.violations for each in once] == [each.violations for each in again]
    assert once[0].steps > 100


@pytest.mark.timeout(600)
@pytest.mark.takes(15)
def test_a_run_comes_to_the_same_verdict_whatever_ran_before_it(urls: list[str]) -> None:
    alone, after = (
        side_by_side([url], each) for url, each in zip(urls, ([3], [1, 2, 3]), strict=True)
    )
    assert after[-1].seed == alone[-1].seed == 3
    assert after[-1].violations == alone[-1].violations == ()


@pytest.mark.timeout(600)
@pytest.mark.takes(60)
def test_a_seed_that_is_repeated_many_times_comes_to_one_verdict(urls: list[str]) -> None:
    # Side by side, so that each is disturbed by the other.
    found = side_by_side(urls, [3, 243] * 8)
    assert len(found) == 16
    assert {(each.seed, each.violations) for each in found} == {(3, ()), (243, ())}


def test_a_seed_without_an_end_is_a_broken_promise_and_tells_what_it_waits_for(
    urls: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    # No seed ends so soon.
    found = side_by_side(urls[:1], [1, 2], None, "--patience", "0.1")
    assert [result.seed for result in found] == [1, 2]
    assert all("every run ends" in result.violations[0] for result in found)
    said = capfd.readouterr().err
    assert said.count("pg_stat_activity:") == said.count("pg_locks:") == 2
    assert "the last steps:" in said


@pytest.mark.timeout(1500)
@pytest.mark.takes(20)
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(database_url: str, bug: str) -> None:
    seeds = [FOUND_BY[bug], *range(1, WITHIN + 1)] if bug in FOUND_BY else range(1, WITHIN + 1)
    found = side_by_side([database_url], seeds, bug)
    broken = [each for result in found for each in result.violations]
    # One that cannot even be run is not found by what it does.
    assert [each for each in broken if not each.startswith("no loop dies of a bug")], broken
