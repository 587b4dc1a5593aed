"""The one way to PostgreSQL: engines, transactions, and the translation of errors.

Guarantees: no exception of SQLAlchemy or asyncpg leaves a ``transaction`` block, an outage is
told from refused data by PostgreSQL's own codes, and each transaction is READ COMMITTED, so
every statement begins with a new snapshot (the derive loop rests on that).
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from projections.errors import StoreError, StoreRefused, StoreUnavailable

# By class of SQLSTATE: data exceptions, integrity constraints, program limits.
_REFUSED = ("22", "23", "54")
# Connection, rollback (deadlock), resources, locks, shutdown, system errors; no code: no answer.
_UNAVAILABLE = ("08", "40", "53", "55", "57", "58", "")


def create_engine(url: str, *, pool_size: int = 5, clock_shift: str = "") -> AsyncEngine:
    """An engine for a ``postgresql://`` address; nothing is opened yet.

    ``clock_shift`` is an interval ('1 day') that moves ``clock_now()`` for tests.
    """
    address = url.replace("postgres://", "postgresql://", 1)
    address = address.replace("postgresql://", "postgresql+asyncpg://", 1)
    settings = {"application_name": "rollcall", "rollcall.clock_shift": clock_shift}
    return create_async_engine(
        address,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        connect_args={"server_settings": settings},
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turn what SQLAlchemy and asyncpg raise into ``StoreUnavailable`` or ``StoreRefused``."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error.orig or error) from error
    except (PoolTimeout, OperationalError, InterfaceError) as error:
        raise StoreUnavailable(type(error).__name__) from error
    except asyncpg.PostgresError as error:
        raise _translate(error) from error
    except (asyncpg.InterfaceError, OSError) as error:
        raise StoreUnavailable(type(error).__name__) from error


def _translate(error: BaseException) -> StoreError:
    """The message names the kind of error only: a detail may quote a row, and so a name.

    What is neither refused data nor an outage is a bug of ours and is not tried again.
    """
    code = str(getattr(error, "sqlstate", None) or "")
    label = f"{type(error).__name__} {code}".strip()
    if code[:2] in _REFUSED or isinstance(error, asyncpg.DataError):
        return StoreRefused(label)
    return StoreUnavailable(label) if code[:2] in _UNAVAILABLE else StoreError(label)


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that commits at the end of the block, or rolls back with the error."""
    with translated():
        async with engine.begin() as connection:
            yield connection


class Driver(Protocol):
    """The part of asyncpg's connection that we use: bulk statements with arrays."""

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement; the answer is PostgreSQL's command tag."""

    async def fetch(self, query: str, *args: object) -> "list[Record]":
        """Run a query and fetch all its rows."""

    async def fetchrow(self, query: str, *args: object) -> "Record | None":
        """The first row, or none."""

    async def fetchval(self, query: str, *args: object) -> Any:  # noqa: ANN401 - a column's value
        """The first column of the first row."""

    async def executemany(self, command: str, args: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row of arguments."""


class Record(Protocol):
    """A row by column name or position."""

    def __getitem__(self, key: str | int) -> Any:  # noqa: ANN401 - a column's value
        """The value of one column."""


async def driver(connection: AsyncConnection) -> Driver:
    """The asyncpg connection under a transaction, for bulk statements with arrays.

    SQLAlchemy begins a transaction with its first statement and the driver knows nothing of
    that, so one statement goes through SQLAlchemy first.
    """
    await connection.execute(text("SELECT 1"))
    raw = await connection.get_raw_connection()
    return cast("Driver", raw.driver_connection)
