from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.system.stack import Stack, stack


@pytest.fixture
async def school(
    database_url: str, kafka_server: str, topic_prefix: str, tmp_path: Path
) -> AsyncIterator[Stack]:
    """A stack on the shared servers."""
    async with stack(database_url, kafka_server, tmp_path, topic_prefix) as made:
        yield made


@pytest.fixture
async def own_school(
    own_postgres: EmbeddedPostgres, own_kafka: EmbeddedKafka, tmp_path: Path
) -> AsyncIterator[Stack]:
    """A stack on servers of the test's own, to stop and restart."""
    made_of = (own_postgres.uri, own_kafka.bootstrap, tmp_path)
    async with stack(*made_of) as made:
        yield made
