"""The one way to PostgreSQL: engines, transactions, and the translation of errors.

Guarantees: no exception of SQLAlchemy or asyncpg leaves a ``transaction`` block, an outage is
told from refused data by ``projections.troubles``, and each transaction is READ COMMITTED, so
every statement begins with a new snapshot (the derive loop rests on that).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol, cast

import asyncpg
import structlog
from asyncpg.pgproto import pgproto
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from projections.errors import StoreError, StoreMisconfigured, StoreRefused, StoreUnavailable
from projections.troubles import Trouble, trouble_of

log = structlog.get_logger()

Engine = AsyncEngine
"""A pool of connections, by the name that the rooms above have for it: they pass it on."""

Connection = AsyncConnection
"""An open transaction, likewise."""

_NOTIFY_SECONDS = 2.0
_CHANNELS: ContextVar[set[str] | None] = ContextVar("channels", default=None)

_ERRORS: Final = {
    Trouble.REFUSED: StoreRefused,
    Trouble.PASSING: StoreUnavailable,
    Trouble.INSTALLATION: StoreMisconfigured,
    Trouble.BUG: StoreError,
}


def create_engine(url: str, *, pool_size: int = 5, clock_shift: str = "") -> AsyncEngine:
    """An engine for a ``postgresql://`` address; nothing is opened yet.

    ``clock_shift`` is an interval ('1 day') that moves ``clock_now()`` for tests.
    """
    address = url.replace("postgres://", "postgresql://", 1)
    address = address.replace("postgresql://", "postgresql+asyncpg://", 1)
    settings = {"application_name": "rollcall"}
    if clock_shift:  # a pooler refuses settings that it does not know
        settings["rollcall.clock_shift"] = clock_shift
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
    """Turn what SQLAlchemy and asyncpg raise into a ``StoreError``, by the table of troubles."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error.driver_exception) from error
    except PoolTimeout as error:
        raise StoreUnavailable(type(error).__name__) from error
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        pgproto.BufferError,
        OSError,
    ) as error:
        raise _translate(error) from error


def _translate(error: BaseException) -> StoreError:
    """The message names the kind of error only: a detail may quote a row, and so a name."""
    code = str(getattr(error, "sqlstate", None) or "")
    return _ERRORS[trouble_of(error)](f"{type(error).__name__} {code}".strip())


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that commits at the end of the block, or rolls back with the error.

    The channels that ``wake`` was told meanwhile are notified after the commit, by themselves.
    """
    channels: set[str] = set()
    with translated():
        async with engine.connect() as connection:
            async with connection.begin():
                told = _CHANNELS.set(channels)
                try:
                    yield connection
                finally:
                    _CHANNELS.reset(told)
            if channels:
                await _notify(connection, sorted(channels))


def wake(channel: str) -> None:
    """Have whoever listens look, once the transaction around this call has committed.

    NOTIFY inside a transaction can fail its commit (PostgreSQL's queue is bounded), and then
    takes facts with it that nothing is wrong with. It is a hint: lost, it costs a moment.
    """
    channels = _CHANNELS.get()
    if channels is not None:
        channels.add(channel)


async def _notify(connection: AsyncConnection, channels: Sequence[str]) -> None:
    raw = await connection.get_raw_connection()
    driven = cast("Driver", raw.driver_connection)
    try:
        async with asyncio.timeout(_NOTIFY_SECONDS):
            await driven.execute("; ".join(f"NOTIFY {channel}" for channel in channels))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.warning("store.not_notified", error=type(error).__name__)


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

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[object]], columns: Sequence[str]
    ) -> str:
        """COPY rows into a table; the answer is PostgreSQL's command tag."""


class Record(Protocol):
    """A row by column name or position."""

    def __getitem__(self, key: str | int | slice) -> Any:  # noqa: ANN401 - a column's value
        """The value of one column, or the values of several in a row."""


async def driver(connection: AsyncConnection) -> Driver:
    """The asyncpg connection under a transaction, for bulk statements with arrays.

    SQLAlchemy begins a transaction with its first statement and the driver knows nothing of
    that, so one statement goes through SQLAlchemy first.
    """
    await connection.execute(text("SELECT 1"))
    raw = await connection.get_raw_connection()
    return cast("Driver", raw.driver_connection)
