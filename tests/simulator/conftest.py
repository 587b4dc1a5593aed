"""The simulator that most tests talk to: no limit, everything else as documented."""

from collections.abc import AsyncIterator

import pytest

from tests.simulator.harness import Site, started


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A fresh simulator with the limit out of the way."""
    async with started() as running:
        yield running
