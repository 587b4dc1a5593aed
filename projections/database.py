"""The one way to PostgreSQL: engines, transactions, and the translation of errors.

Guarantees: no exception of SQLAlchemy or asyncpg leaves a ``transaction`` block, an outage is
told from refused data by ``projections.troubles``, and each transaction is READ COMMITTED, so
every statement begins with a new snapshot (the derive loop rests on that).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, Protocol, cast, final

import asyncpg
import structlog
from asyncpg.pgproto import pgproto
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
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
    driven = cast("_Raw", raw.driver_connection)
    try:
        async with asyncio.timeout(_NOTIFY_SECONDS):
            await driven.execute("; ".join(f"NOTIFY {channel}" for channel in channels))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        log.warning("store.not_notified", error=type(error).__name__)


class _Raw(Protocol):
    """The part of asyncpg's connection that we use; it counts parameters instead of naming them."""

    async def execute(self, query: str, *args: object) -> str: ...

    async def fetch(self, query: str, *args: object) -> "list[Record]": ...

    async def fetchrow(self, query: str, *args: object) -> "Record | None": ...

    async def fetchval(self, query: str, *args: object) -> Any: ...  # noqa: ANN401 - a column's value

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[object]], columns: Sequence[str]
    ) -> str: ...


_DIALECT: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=512)  # as good as all: statements are constants
def _positional(query: str) -> tuple[str, tuple[str, ...]]:
    """A statement as asyncpg takes it, and the names of its parameters in their order.

    They are found as ``text`` finds them, so that one dialect is written everywhere. It takes
    ``:name::type`` for no parameter: that is ``CAST(:name AS type)``.
    """
    compiled = text(query).compile(dialect=_DIALECT)
    return compiled.string, tuple(compiled.positiontup or ())


def _bound(query: str, values: Mapping[str, object]) -> list[Any]:
    """What asyncpg is called with: the statement, and the values in its order.

    Raises:
        TypeError: the statement's parameters have other names than these.
    """
    sent, names = _positional(query)
    if values.keys() != set(names):
        missing, unknown = sorted({*names} - {*values}), sorted({*values} - {*names})
        raise TypeError(f"parameters of a statement: missing {missing}, unknown {unknown}")
    return [sent, *map(values.__getitem__, names)]


@final
class Driver:
    """asyncpg's connection, for bulk statements with arrays; parameters are named (``:name``)."""

    __slots__ = ("_raw",)

    def __init__(self, raw: _Raw) -> None:
        self._raw = raw

    async def execute(self, query: str, /, **values: object) -> str:
        """Run a statement; the answer is PostgreSQL's command tag."""
        return await self._raw.execute(*_bound(query, values))

    async def fetch(self, query: str, /, **values: object) -> "list[Record]":
        """Run a query and fetch all its rows."""
        return await self._raw.fetch(*_bound(query, values))

    async def fetchrow(self, query: str, /, **values: object) -> "Record | None":
        """The first row, or none."""
        return await self._raw.fetchrow(*_bound(query, values))

    async def fetchval(self, query: str, /, **values: object) -> Any:  # noqa: ANN401 - a column's value
        """The first column of the first row."""
        return await self._raw.fetchval(*_bound(query, values))

    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Sequence[object]], columns: Sequence[str]
    ) -> str:
        """COPY rows into a table; the answer is PostgreSQL's command tag."""
        return await self._raw.copy_records_to_table(table_name, records=records, columns=columns)


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
    return Driver(cast("_Raw", raw.driver_connection))
