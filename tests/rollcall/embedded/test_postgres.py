"""The embedded PostgreSQL keeps what it was given and refuses what it cannot do."""

import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from rollcall.embedded import EmbeddedError, EmbeddedPostgres
from rollcall.embedded.ports import HOST, free_port


async def write(server: EmbeddedPostgres, text: str) -> None:
    connection = await asyncpg.connect(server.uri)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
    await connection.execute("INSERT INTO kept VALUES ($1)", text)
    await connection.close()


async def read(server: EmbeddedPostgres) -> list[str]:
    connection = await asyncpg.connect(server.uri)
    rows = await connection.fetch("SELECT text FROM kept ORDER BY text")
    await connection.close()
    return [row["text"] for row in rows]


async def test_committed_rows_outlive_a_restart_and_a_crash(
    own_postgres: EmbeddedPostgres,
) -> None:
    await write(own_postgres, "before the restart")
    await own_postgres.restart()
    await write(own_postgres, "before the crash")
    await own_postgres.kill()
    await own_postgres.start()
    assert await read(own_postgres) == ["before the crash", "before the restart"]


async def test_a_restarted_server_keeps_its_address(own_postgres: EmbeddedPostgres) -> None:
    before = own_postgres.uri
    assert await own_postgres.restart() == before


async def test_starting_twice_is_starting_once(own_postgres: EmbeddedPostgres) -> None:
    pid = own_postgres.pid
    await own_postgres.start()
    assert own_postgres.pid == pid


async def test_a_second_instance_on_the_same_data_is_refused(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with pytest.raises(EmbeddedError, match="already runs a server"):
        await EmbeddedPostgres(tmp_path / "own-postgres").start()
    await write(own_postgres, "undisturbed")


async def test_nobody_enters_without_the_password(own_postgres: EmbeddedPostgres) -> None:
    port = urlsplit(own_postgres.uri).port
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:wrong@{HOST}:{port}/postgres")


async def test_the_password_is_readable_by_its_owner_only(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    assert own_postgres.pid is not None
    mode = (tmp_path / "own-postgres" / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


async def test_cyrillic_letters_have_cases_and_text_sorts_by_code_point(
    own_postgres: EmbeddedPostgres,
) -> None:
    connection = await asyncpg.connect(own_postgres.uri)
    assert await connection.fetchval("SELECT upper('ёж')") == "ЁЖ"
    assert await connection.fetchval("SELECT 'Б' < 'а' AND 'Z' < 'a'")
    await connection.close()


async def test_the_extensions_that_projections_use_are_there(
    own_postgres: EmbeddedPostgres,
) -> None:
    connection = await asyncpg.connect(own_postgres.uri)
    for extension in ("pg_trgm", "citext", "btree_gist", "pg_stat_statements"):
        await connection.execute(f"CREATE EXTENSION {extension}")
    await connection.close()


async def test_a_taken_port_is_named(own_postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    port = urlsplit(own_postgres.uri).port
    with pytest.raises(EmbeddedError, match=f"port {port} for PostgreSQL is taken"):
        await EmbeddedPostgres(tmp_path / "other", port).start()


async def test_to_sign_in_costs_no_stretching_of_a_password_that_nobody_can_guess(
    own_postgres: EmbeddedPostgres,
) -> None:
    connection = await asyncpg.connect(own_postgres.uri)
    try:
        kept = await connection.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = $1",
                                         "postgres")  # fmt: skip
    finally:
        await connection.close()
    assert kept.startswith("SCRAM-SHA-256$1:")


async def test_what_a_killed_server_shared_dies_with_its_directory(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await own_postgres.kill()
    assert list((tmp_path / "own-postgres" / "pgdata" / "pg_dynshmem").iterdir())


async def test_a_wanted_port_is_used(tmp_path: Path) -> None:
    port = free_port()
    async with EmbeddedPostgres(tmp_path / "wanted", port, durable=False) as server:
        assert urlsplit(server.uri).port == port


async def test_what_a_crash_left_behind_does_not_stand_in_the_way(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await own_postgres.stop()
    stale = tmp_path / "own-postgres" / "pgdata" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n/elsewhere\n1\n5432\n\n127.0.0.1\n", encoding="ascii")
    await own_postgres.start()
    assert own_postgres.pid is not None


async def test_an_interrupted_first_start_is_begun_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "new" / "pgdata.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n", encoding="ascii")
    async with EmbeddedPostgres(tmp_path / "new", durable=False) as server:
        await write(server, "whole")
        assert await read(server) == ["whole"]


async def test_data_of_another_major_version_is_refused(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await own_postgres.stop()
    version = tmp_path / "own-postgres" / "pgdata" / "PG_VERSION"
    version.write_text("17\n", encoding="ascii")
    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 17, this is 18"):
        await own_postgres.start()


async def test_a_server_that_cannot_start_shows_the_end_of_its_log(
    own_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    await own_postgres.stop()
    configuration = tmp_path / "own-postgres" / "pgdata" / "postgresql.conf"
    configuration.write_text("no_such_setting = 1\n", encoding="ascii")
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        await own_postgres.start()
    assert own_postgres.pid is None
