import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.servers import victims
from tests.servers.databases import Databases, database_name
from tests.servers.loops import run_now
from tests.servers.shared import Keeper, Servers, ServerTrouble, Wanted, ask

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    kept = Keeper()
    yield kept
    kept.close()


async def _names(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT datname FROM pg_database")
    await connection.close()
    return {row["datname"] for row in rows}


@pytest.fixture
def somebodys_own(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ROLLCALL_TEST_POSTGRES", postgres_server)
    return postgres_server


async def test_whoever_asks_gets_the_same_server_and_the_same_template(
    keeper: Keeper, somebodys_own: str
) -> None:
    first, again = (ask(keeper.address, Wanted.TEMPLATE) for _ in range(2))
    assert first == again
    assert ask(keeper.address, Wanted.POSTGRES) == somebodys_own
    assert database_name(first) in await _names(somebodys_own)


def test_a_server_of_somebodys_own_is_given_back_as_it_was(somebodys_own: str) -> None:
    with Servers() as servers:
        template = database_name(servers.find(Wanted.TEMPLATE))
        left_behind = run_now(Databases(somebodys_own, template).create())
        assert {template, database_name(left_behind)} <= run_now(_names(somebodys_own))
    assert not [name for name in run_now(_names(somebodys_own)) if name.startswith(template)]


def test_what_cannot_be_started_is_told_to_whoever_asks(
    keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROLLCALL_TEST_POSTGRES", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ServerTrouble, match="ConnectionRefusedError"):
        ask(keeper.address, Wanted.TEMPLATE)


def test_a_keeper_that_is_gone_is_no_riddle(keeper: Keeper) -> None:
    keeper.close()
    with pytest.raises(ServerTrouble, match="nobody keeps"):
        ask(keeper.address, Wanted.KAFKA)


async def test_a_worker_that_is_killed_fails_its_test_and_leaves_no_server(tmp_path: Path) -> None:
    told = tmp_path / "told"
    words = [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", victims.__file__]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(  # noqa: S603, ASYNC221 - ourselves; nothing else is done meanwhile
        words, cwd=ROOT, env={**ours, victims.TOLD: str(told)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "crashed while running" in ran.stdout
    assert "test_a_worker_dies_with_a_database_of_its_own" in ran.stdout
    with pytest.raises((OSError, asyncpg.InvalidCatalogNameError)):
        await asyncpg.connect(told.read_text("utf-8"))
