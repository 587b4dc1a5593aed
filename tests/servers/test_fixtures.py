"""The fixtures keep their promises to the tests that rest on them."""

import random

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.servers.databases import Databases


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables")
    await connection.close()
    return {row["tablename"] for row in rows}


async def test_a_test_gets_a_migrated_database(database_url: str) -> None:
    assert "alembic_version" in await _tables(database_url)


async def test_what_one_test_writes_another_does_not_see(databases: Databases) -> None:
    first, second = await databases.create(), await databases.create()
    connection = await asyncpg.connect(first)
    await connection.execute("CREATE TABLE public.left_behind ()")
    await connection.close()
    assert await _tables(first) - await _tables(second) == {"left_behind"}
    await databases.drop(first)
    await databases.drop(second)


async def test_a_dropped_database_is_gone(databases: Databases) -> None:
    url = await databases.create()
    await databases.drop(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)


async def test_the_shared_broker_answers_and_makes_no_topic_by_itself(
    kafka_server: str, topic_prefix: str
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_server)
    await admin.start()
    assert not [name for name in await admin.list_topics() if name.startswith(topic_prefix)]
    await admin.close()


def test_the_seed_repeats_what_was_random(seed: int) -> None:
    assert random.Random(seed).random() == random.Random(seed).random()


def test_a_test_without_a_server_is_not_marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("servers") is None


@pytest.mark.usefixtures("database_url")
def test_a_test_that_reaches_a_server_through_other_fixtures_is_marked(
    request: pytest.FixtureRequest,
) -> None:
    assert request.node.get_closest_marker("servers") is not None
