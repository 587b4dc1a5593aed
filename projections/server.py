"""Whether the server can be used at all, looked at once at the start.

Guarantees: a PostgreSQL that is too old, and a pooler between it and us that loses what a
connection prepared, are refused in one line instead of failing somewhere later. A pooler in
session mode, and one in transaction mode that keeps prepared statements (PgBouncer 1.21 and
later with ``max_prepared_statements``), can be used; wake-ups then come by looking.
"""

import asyncio
from typing import Any, Final

import asyncpg

from projections.database import translated
from projections.errors import StoreUnusable

OLDEST: Final = 180_000
_OLDEST_NAME: Final = "18"

_PATIENCE_SECONDS = 5.0
_NAME = "rollcall_probe"


async def check(url: str) -> None:
    """Return if the server can be used.

    Raises:
        StoreUnusable: it cannot; the message says why and what to do.
        StoreError: it does not answer, or does not let us.
    """
    with translated():
        connection = await asyncpg.connect(url)
        try:
            version = connection.get_settings().server_version
            number = await connection.fetchval("SELECT current_setting('server_version_num')::int")
            if number < OLDEST:
                message = f"PostgreSQL {_OLDEST_NAME} or later is needed, and this is {version}"
                raise StoreUnusable(message)
            if await is_pooled(connection):
                await _check_pooler(url, connection)
        finally:
            connection.terminate()


async def is_pooled(connection: Any) -> bool:  # noqa: ANN401 - asyncpg ships no types
    """Whether somebody stands between us and PostgreSQL: a pooler has process ids of its own."""
    told: int = connection.get_server_pid()
    served: int = await connection.fetchval("SELECT pg_backend_pid()")
    return told != served


async def _check_pooler(url: str, one: Any) -> None:  # noqa: ANN401 - as above
    """Let another take the session that served us, and look whether our statement is still there.

    In session mode it is, since nobody gets our session; where the pooler has no other session
    to give, it cannot be told, and what fails later is told then.
    """
    statement = await one.prepare("SELECT pg_backend_pid()", name=_NAME)
    mine: int = await statement.fetchval()
    other = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await other.execute("BEGIN")
            taken = await other.fetchval("SELECT pg_backend_pid()") == mine
            if taken:
                await statement.fetchval()
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError) as error:
        message = (
            "PostgreSQL is behind a pooler in transaction mode that keeps no prepared statements: "
            "set max_prepared_statements (PgBouncer 1.21 or later) or pool_mode=session there, or "
            "let ROLLCALL_POSTGRES__URL name PostgreSQL itself"
        )
        raise StoreUnusable(message) from error
    except TimeoutError:
        return
    finally:
        other.terminate()
