"""A small soak for every check: thirty kills at labelled points, and one of each outage.

The guard is on, and a person approves what it holds.

``./run soak`` is the whole of it, with the same code.
"""

from pathlib import Path

import pytest

from tests.soak.crash_points import POINTS
from tests.soak.lesson_verdict import KILLED_WHILE_RUNNING
from tests.soak.report import Plan
from tests.soak.soak import soak

KILLS = 30


@pytest.mark.servers
@pytest.mark.timeout(600)
@pytest.mark.takes(200)
async def test_thirty_kills_at_labelled_points_lose_nothing_and_repeat_nothing(
    tmp_path: Path, seed: int
) -> None:
    plan = Plan(kills=KILLS, broker=1, database=1, restores=1, seed=seed, pupils=90, minutes=7)
    evidence = await soak(plan, tmp_path)
    assert list(evidence.violations()) == []
    assert evidence.crew.kills >= KILLS
    assert all(evidence.crew.at_label[label] for label in POINTS)
    assert evidence.outages.counted["restore"] == 1
    assert evidence.person.counted["approved"]
    assert evidence.lessons["decided"]
    assert evidence.lessons["made"]
    assert evidence.lessons[KILLED_WHILE_RUNNING]
