from collections.abc import AsyncIterator

import pytest

from tests.badinput.engine import Engine, engine


@pytest.fixture
async def running(kafka_server: str, database_url: str, topic_prefix: str) -> AsyncIterator[Engine]:
    """A running engine on topics and a database of its own."""
    async with engine(kafka_server, database_url, topic_prefix) as made:
        yield made
