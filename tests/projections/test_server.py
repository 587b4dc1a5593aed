"""What stands between us and PostgreSQL, tried with a real PgBouncer where one is installed."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from projections import server
from projections.database import create_engine
from projections.errors import StoreUnavailable, StoreUnusable
from projections.wake_ups import listening
from rollcall.embedded.ports import free_port
from rollcall.failures import explain
from tests.domain.builders import guardianship
from tests.projections.builders import fetch, ingest

BINARY = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

pooled = pytest.mark.skipif(BINARY is None, reason="needs Debian's package pgbouncer")

Pooler = Callable[[str], Awaitable[str]]


@asynccontextmanager
async def _pooler(url: str, mode: str, folder: Path) -> AsyncIterator[str]:
    """The address of a PgBouncer in front of this database."""
    parts, port = urlsplit(url), free_port()
    database = parts.path.lstrip("/")
    (folder / "users").write_text(f'"{parts.username}" "{parts.password}"\n')
    (folder / "ini").write_text(
        f"""[databases]
{database} = host={parts.hostname} port={parts.port} dbname={database} password={parts.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = 5
"""
    )
    for each in (folder, folder / "users", folder / "ini"):
        each.chmod(0o755)
    running = await asyncio.create_subprocess_exec(
        str(BINARY), "-q", "-u", "nobody", str(folder / "ini"), stderr=asyncio.subprocess.DEVNULL
    )
    address = f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}/{database}"
    try:
        await _answers(address)
        yield address
    finally:
        running.terminate()
        await running.wait()


async def _answers(address: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                connection = await asyncpg.connect(address)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            await connection.close()
            return


@pytest.fixture
async def pooler(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pooler]:
    async with AsyncExitStack() as running:

        async def start(mode: str) -> str:
            folder = tmp_path_factory.mktemp("pgbouncer")
            folder.parent.chmod(0o755)
            folder.parent.parent.chmod(0o755)
            return await running.enter_async_context(_pooler(database_url, mode, folder))

        yield start


async def test_a_server_of_ours_can_be_used(database_url: str) -> None:
    await server.check(database_url)


async def test_a_server_that_is_too_old_is_refused_in_one_line(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "OLDEST", 999_999)
    with pytest.raises(StoreUnusable) as refused:
        await server.check(database_url)
    assert explain(refused.value).startswith("PostgreSQL 18 or later is needed, and this is ")


async def test_a_server_that_is_away_is_told_as_such() -> None:
    with pytest.raises(StoreUnavailable):
        await server.check(f"postgresql://nobody@127.0.0.1:{free_port()}/none")


@pooled
async def test_a_pooler_in_transaction_mode_that_keeps_no_statements_is_refused_in_one_line(
    pooler: Pooler,
) -> None:
    address = await pooler("transaction")
    with pytest.raises(StoreUnusable) as refused:
        await server.check(address)
    said = explain(refused.value)
    assert "pool_mode=session" in said
    assert "\n" not in said


@pooled
async def test_behind_a_pooler_in_session_mode_everything_works_and_nobody_waits_to_be_woken(
    pooler: Pooler,
) -> None:
    address = await pooler("session")
    await server.check(address)
    engine = create_engine(address)
    try:
        await ingest(engine, guardianship("g", "p"))
        assert await fetch(engine, "SELECT count(*) FROM fact_guardianships") == [(1,)]
        async with listening(engine, "rollcall_test") as wake_ups:
            await wake_ups.wait(0.01)
    finally:
        await engine.dispose()
