from collections.abc import AsyncIterator

import pytest

from tests.reconcile.bench import Bench, bench


@pytest.fixture
async def school(database_url: str) -> AsyncIterator[Bench]:
    """Real PostgreSQL, and a messenger over a socket."""
    async with bench(database_url) as made:
        yield made
