from collections.abc import AsyncIterator

import pytest

from tests.consumers.harness import Harness


@pytest.fixture
async def harness(
    kafka_server: str, database_url: str, topic_prefix: str
) -> AsyncIterator[Harness]:
    """A topic of three partitions and a database, both empty."""
    made = Harness(kafka_server, database_url, topic_prefix)
    await made.make_topic()
    yield made
    await made.delete_topic()
