"""Fixtures: a running console, and rows in its database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.console.builders import Rows
from tests.console.managing import Managing
from tests.console.running import Running, running
from tests.staff.fixtures import town_url, towns

__all__ = ["console", "rows", "town_url", "towns"]


@pytest.fixture
async def console(database_url: str) -> AsyncIterator[Running]:
    async with running(database_url) as started:
        yield started


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[Rows]:
    """The way to put rows in."""
    connection = await asyncpg.connect(database_url)
    try:
        yield Rows(connection)
    finally:
        await connection.close()


@pytest.fixture
async def school(town_url: str) -> AsyncIterator[Managing]:
    """«Управление чатами» of a school of the town, asked by its administrator at first."""
    async with running(town_url, who=None) as started:
        made = Managing(started)
        await made.be("administrator")
        yield made
