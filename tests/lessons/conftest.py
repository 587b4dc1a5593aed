"""Fixtures: the two schools with lessons, and the messenger over a socket."""

from collections.abc import AsyncIterator

import pytest

from tests.lessons.timetable import Timetable, timetable
from tests.staff.fixtures import town_url, towns

__all__ = ["school", "town_url", "towns"]


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[Timetable]:
    """Real PostgreSQL with two schools, and a messenger over a socket."""
    async with timetable(town_url) as made:
        yield made
