"""Bringing a database to the current schema.

Guarantees: one migration at a time (an advisory lock), each in a transaction of its own, and
a database that is newer than this code is refused rather than used.
"""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast

from alembic import command, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from projections import server
from projections.database import create_engine, transaction
from projections.errors import SchemaMismatch

_MIGRATIONS = Path(__file__).parent / "migrations"

MIGRATION_LOCK = 0x526F6C6C  # «Roll»: one number for all Rollcall processes on a database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision that this code is written for."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        message = "no migrations are shipped with this build"
        raise SchemaMismatch(message)
    return revision


def scripts(folder: str) -> list[str]:
    """The scripts in a folder of the migrations, in the order of their names."""
    return [path.read_text("utf-8") for path in sorted((_MIGRATIONS / folder).glob("*.sql"))]


def create_views() -> None:
    """Make the views for dashboards as this code has them, inside a migration.

    A migration that changes which columns a view has drops that view first.
    """
    run_script("CREATE SCHEMA IF NOT EXISTS dashboard")
    for script in scripts("schema/views"):
        run_script(script)


def run_script(script: str) -> None:
    """Run a script of many statements inside a migration.

    The extended protocol takes one statement at a time, so the script goes to asyncpg's
    simple protocol, in the migration's own transaction.
    """
    fairy = op.get_bind().connection
    driver = cast("Any", fairy.driver_connection)  # asyncpg ships no types
    await_only(cast("Awaitable[str]", driver.execute(script)))


async def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the current schema; no-op where it is.

    Raises:
        SchemaMismatch: the database was made by a newer Rollcall.
        StoreUnusable: the server cannot be used at all.
        StoreError: PostgreSQL is away, or does not let us.
    """
    await server.check(url)
    engine = create_engine(url)
    try:
        async with transaction(engine) as connection:
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(:k)"), {"k": MIGRATION_LOCK}
            )
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        message = f"the database's schema is not of this version of Rollcall: {error}"
        raise SchemaMismatch(message) from error
