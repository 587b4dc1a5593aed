"""The role of staff's questions, on servers where our user may little."""

import asyncio
import sys

import asyncpg
import pytest
from sqlalchemy import text

from domain.ids import PersonId
from projections.database import transaction
from projections.errors import StoreError
from projections.migrate import upgrade
from projections.staff import fence
from projections.staff.actors import actor
from rollcall.embedded import EmbeddedPostgres
from rollcall.failures import explain
from tests.projections.builders import engine_of
from tests.servers.databases import database_url
from tests.staff import town


async def user_with_database(server: EmbeddedPostgres, name: str, rights: str) -> str:
    """A user who is no superuser, and the address of a database that is theirs."""
    connection = await asyncpg.connect(server.uri)
    await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p' {rights}")
    await connection.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
    await connection.close()
    address = database_url(server.uri, name)
    return "postgresql://" + f"{name}:p@" + address.rsplit("@", 1)[1]


_UPGRADE = "import asyncio, sys; from projections.migrate import upgrade; "
_UPGRADE += "asyncio.run(upgrade(sys.argv[1]))"


async def upgraded_elsewhere(url: str) -> int | None:
    """The exit code of a process that brings a database up; alembic is one at a time in each."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _UPGRADE, url)
    await process.communicate()
    return process.returncode


async def fence_holds(url: str) -> None:
    async with engine_of(url) as engine:
        await town.build(engine)
        async with transaction(engine) as connection:
            known = await actor(connection, PersonId(town.ALPHA.id("pupil-1")))
        assert known is not None
        async with fence.reading(engine, known) as connection:
            found = await connection.execute(text("SELECT DISTINCT school_id FROM chats"))
            assert list(found.scalars()) == [town.OWN]


async def test_a_user_who_may_make_roles_makes_it_also_for_many_databases_at_once(
    own_postgres: EmbeddedPostgres,
) -> None:
    first, second, third = [
        await user_with_database(own_postgres, name, "CREATEROLE") for name in ("a", "b", "c")
    ]
    await upgrade(first)
    await fence_holds(first)
    # For another user's database the role is there and not theirs to take.
    for url in (second, third):
        with pytest.raises(StoreError, match="RC001"):
            await upgrade(url)
    admin = database_url(own_postgres.uri, "template1")
    databases = [database_url(own_postgres.uri, name) for name in ("d", "e", "f", "g")]
    connection = await asyncpg.connect(admin)
    await connection.execute("DROP DATABASE a")
    await connection.execute("DROP ROLE rollcall_staff")
    for name in ("d", "e", "f", "g"):
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await connection.close()
    assert await asyncio.gather(*map(upgraded_elsewhere, databases)) == [0, 0, 0, 0]
    await fence_holds(databases[0])


async def test_a_user_who_may_make_no_role_is_told_what_to_ask_for(
    own_postgres: EmbeddedPostgres,
) -> None:
    url = await user_with_database(own_postgres, "plain", "")
    with pytest.raises(StoreError, match="RC001") as refused:
        await upgrade(url)
    said = explain(refused.value)
    assert "CREATE ROLE rollcall_staff NOLOGIN; GRANT rollcall_staff TO" in said
    connection = await asyncpg.connect(own_postgres.uri)
    await connection.execute("CREATE ROLE rollcall_staff NOLOGIN")
    await connection.execute("GRANT rollcall_staff TO plain")
    await connection.close()
    await upgrade(url)
    await fence_holds(url)
