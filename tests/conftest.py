"""Fixtures that every test may use: real servers, fresh databases, and the run's seed.

A test that asks for a server, however indirectly, or that stands in a folder of such tests
is marked ``servers`` by itself, so ``./run test --unit`` leaves it out. Randomness comes from
``seed`` and from hypothesis, and both tell how to repeat a run. Workers that run the tests
side by side share the servers and the seed of the process that hands the tests out.
"""

import gc
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rollcall.embedded import EmbeddedKafka, EmbeddedPostgres
from tests.servers import sources
from tests.servers.databases import Databases, database_name
from tests.servers.loops import run_now
from tests.servers.memory import use_memory
from tests.servers.shared import Keeper, Servers, Wanted, ask

# Whole folders whose tests open sockets or start processes of their own.
_SERVER_FOLDERS = (
    "badinput", "browser", "drift", "gateway/client", "simulator", "reconcile", "rollcall",
    "simulation", "soak", "system",
)  # fmt: skip
UNIT = "not servers"
_SERVER_FIXTURES = frozenset({"find_server", "own_postgres", "own_kafka"})
_SEED = pytest.StashKey[int]()
_KEEPER = pytest.StashKey[Keeper]()

# A failure prints the line that repeats it. No deadline: nothing depends on machine speed.
settings.register_profile("rollcall", print_blob=True, deadline=None, derandomize=False)
settings.load_profile("rollcall")


_TESTS = Path(__file__).parent


def _folder(item: pytest.Item) -> str:
    return item.path.parent.relative_to(_TESTS).as_posix()


def _handed_over(config: pytest.Config) -> dict[str, Any]:
    """What a worker was told by the process that started it; nothing where there is none."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return told


def pytest_configure(config: pytest.Config) -> None:
    use_memory()
    chosen = os.environ.get("ROLLCALL_TEST_SEED") or secrets.randbelow(2**32)
    config.stash[_SEED] = int(_handed_over(config).get("rollcall_seed", chosen))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's, which need not be there
    """Before each worker starts, in the process that starts it."""
    stash = node.config.stash
    if _KEEPER not in stash:
        stash[_KEEPER] = Keeper()
    node.workerinput["rollcall_seed"] = stash[_SEED]
    node.workerinput["rollcall_servers"] = str(stash[_KEEPER].address)


def pytest_unconfigure(config: pytest.Config) -> None:
    if _KEEPER in config.stash:
        config.stash[_KEEPER].close()


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.stash[_SEED]
    return f"seed: {seed} (repeat with ROLLCALL_TEST_SEED={seed})"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is left out as a whole need not be imported to know that."""
    folder = collection_path.relative_to(_TESTS).as_posix() if collection_path != _TESTS else ""
    left_out = config.option.markexpr == UNIT and folder.startswith(_SERVER_FOLDERS)
    return True if left_out else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asks = not _SERVER_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        if asks or _folder(item).startswith(_SERVER_FOLDERS):
            item.add_marker(pytest.mark.servers)
    # Beside others that are quick, so that no worker ends long before the rest.
    items.sort(key=_seconds, reverse=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is there before the first test is never garbage: nobody need look for any.

    To look while they are loaded is an eighth of the time which that takes.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """What a test leaves open is told of that test, and not of a later one by chance.

    What is then still there is looked at no more, so that a later test pays for its own alone.
    """
    yield
    if item.get_closest_marker("servers"):
        gc.collect()
        gc.freeze()


def _seconds(item: pytest.Item) -> float:
    marker = item.get_closest_marker("takes")
    return float(marker.args[0]) if marker else 0.0


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The run's seed, printed in the header."""
    return pytestconfig.stash[_SEED]


@pytest.fixture(scope="session")
def find_server(pytestconfig: pytest.Config) -> Iterator[Callable[[Wanted], str]]:
    """Where the servers of the run are, started by the first question."""
    door = _handed_over(pytestconfig).get("rollcall_servers")
    if door is not None:
        yield lambda wanted: ask(Path(door), wanted)
    else:
        with Servers() as servers:
            yield servers.find


@pytest.fixture(scope="session")
def postgres_server(find_server: Callable[[Wanted], str]) -> str:
    """The address of a PostgreSQL server, shared by the whole run."""
    return find_server(Wanted.POSTGRES)


@pytest.fixture(scope="session")
def kafka_server(find_server: Callable[[Wanted], str]) -> str:
    """The bootstrap address of a Kafka server, shared by the whole run: use ``topic_prefix``."""
    return find_server(Wanted.KAFKA)


@pytest.fixture
def topic_prefix() -> str:
    """A beginning for topics and groups that no other test has."""
    return f"t{secrets.token_hex(6)}."


@pytest.fixture(scope="session")
def databases(postgres_server: str, find_server: Callable[[Wanted], str]) -> Databases:
    """The maker of migrated databases, for tests that need several or make them as they go."""
    return Databases(postgres_server, database_name(find_server(Wanted.TEMPLATE)))


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
