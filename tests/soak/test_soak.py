"""A small soak for every check: thirty kills at labelled points, and one of each outage.

``./run soak`` is the whole of it, with the same code.
"""

from pathlib import Path

import pytest

from tests.soak.crash_points import POINTS
from tests.soak.soak import Plan, soak

KILLS = 30


@pytest.mark.servers
@pytest.mark.timeout(600)
async def test_thirty_kills_at_labelled_points_lose_nothing_and_repeat_nothing(
    tmp_path: Path, seed: int
) -> None:
    plan = Plan(kills=KILLS, broker=1, database=1, restores=1, seed=seed, pupils=90, minutes=7)
    result = await soak(plan, tmp_path)
    assert result.violations == []
    assert result.figures["kills_at_labels"] >= KILLS
    assert all(result.figures["kills_by_label"][label] for label in POINTS)
    assert result.figures["outages"]["restore"] == 1
