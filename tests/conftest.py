"""Fixtures that every test may use: real servers, fresh databases, and the run's seed.

A test that asks for a server, however indirectly, or that stands in a folder of such tests
is marked ``servers`` by itself, so ``./run test --unit`` leaves it out. Randomness comes from
``seed`` and from hypothesis, and both tell how to repeat a run.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.servers import sources
from tests.servers.databases import Databases, make_empty
from tests.servers.loops import run_now

# Whole folders whose tests open sockets or start processes of their own.
_SERVER_FOLDERS = (
    "badinput", "browser", "drift", "gateway/client", "gateway/simulator", "reconcile", "rollcall",
    "simulation", "soak", "system",
)  # fmt: skip
_SERVER_FIXTURES = frozenset({"postgres_server", "kafka_server", "own_postgres", "own_kafka"})
_SEED = int(os.environ.get("ROLLCALL_TEST_SEED") or secrets.randbelow(2**32))

# A failure prints the line that repeats it. No deadline: nothing depends on machine speed.
settings.register_profile("rollcall", print_blob=True, deadline=None, derandomize=False)
settings.load_profile("rollcall")


_TESTS = Path(__file__).parent


def _folder(item: pytest.Item) -> str:
    return item.path.parent.relative_to(_TESTS).as_posix()


def pytest_report_header() -> str:
    return f"seed: {_SEED} (repeat with ROLLCALL_TEST_SEED={_SEED})"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asks = not _SERVER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        if asks or _folder(item).startswith(_SERVER_FOLDERS):
            item.add_marker(pytest.mark.servers)


@pytest.fixture(scope="session")
def seed() -> int:
    """The run's seed, printed in the header."""
    return _SEED


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server, shared by the whole run."""
    with sources.postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def kafka_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of a Kafka server, shared by the whole run: use ``topic_prefix``."""
    with sources.kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """A beginning for topics and groups that no other test has."""
    return f"t{secrets.token_hex(6)}."


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Iterator[Databases]:
    """The maker of migrated databases, for tests that need several or make them as they go."""
    # Here, because tests that need no database must run without the migrations.
    from projections.migrate import upgrade  # noqa: PLC0415 - as above

    template_url = run_now(make_empty(postgres_server))
    made = Databases(postgres_server, urlsplit(template_url).path.lstrip("/"))
    try:
        run_now(upgrade(template_url))
        yield made
    finally:
        run_now(made.drop(template_url))


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The address of a migrated database that only this test knows."""
    url = run_now(databases.create())
    yield url
    run_now(databases.drop(url))


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL of the test's own, to stop, kill and restart."""
    with sources.embedded_postgres(tmp_path / "own-postgres") as server:
        yield server


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    """A running Kafka of the test's own, to stop, kill and restart."""
    with sources.embedded_kafka(tmp_path / "own-kafka") as server:
        yield server
