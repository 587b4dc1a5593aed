"""Fixtures for whoever needs the two schools: written once, cloned for each test."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.projections.builders import engine_of
from tests.servers.databases import Databases
from tests.servers.loops import run_now
from tests.staff import town


@pytest.fixture(scope="session")
def towns(databases: Databases) -> Iterator[Databases]:
    """The maker of databases with both schools in them."""
    url = run_now(databases.create())
    run_now(_build(url))
    try:
        yield Databases(databases.server_url, urlsplit(url).path.lstrip("/"))
    finally:
        run_now(databases.drop(url))


@pytest.fixture
def town_url(towns: Databases) -> Iterator[str]:
    """The address of a database with both schools that only this test knows."""
    url = run_now(towns.create())
    yield url
    run_now(towns.drop(url))


async def _build(url: str) -> None:
    async with engine_of(url) as engine:
        await town.build(engine)
