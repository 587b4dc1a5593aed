from collections.abc import AsyncIterator

import pytest

from domain.drift import Policy
from tests.drift.people import People, people


@pytest.fixture
async def exclusive(database_url: str) -> AsyncIterator[People]:
    """A chat of the people who belong, and of nobody else."""
    async with people(database_url, Policy.EXCLUSIVE) as made:
        await made.begin()
        yield made


@pytest.fixture
async def fresh(database_url: str) -> AsyncIterator[People]:
    """As exclusive, but the chat is not made yet."""
    async with people(database_url, Policy.EXCLUSIVE) as made:
        yield made


@pytest.fixture
async def additive(database_url: str) -> AsyncIterator[People]:
    """A chat in which we add and remove only our own."""
    async with people(database_url, Policy.ADDITIVE) as made:
        await made.begin()
        yield made


@pytest.fixture
async def observed(database_url: str) -> AsyncIterator[People]:
    """A chat that we made and only look at since."""
    async with people(database_url, Policy.OBSERVE) as made:
        await made.begin()
        yield made
