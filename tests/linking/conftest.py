"""Fixtures: the two schools, and everybody whom linking takes."""

from collections.abc import AsyncIterator

import pytest

from tests.linking.parties import Parties, parties
from tests.staff.fixtures import town_url, towns

__all__ = ["all_of_them", "town_url", "towns"]


@pytest.fixture
async def all_of_them(town_url: str) -> AsyncIterator[Parties]:
    async with parties(town_url) as made:
        yield made
