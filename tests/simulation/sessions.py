"""Connections of actors to the real PostgreSQL, each statement a step of the scheduler.

A ``Session`` is what SQLAlchemy and ``projections.database.driver`` take for an asyncpg
connection. Under it lies a real one that outlives it: when a process is killed, its open
transactions are rolled back, as a server does, and the connection serves another. Before each
statement the session is told the virtual time.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from tests.simulation.scheduler import ANSWER, WORLD, Killed, Process

if TYPE_CHECKING:
    from tests.simulation.database import Database

T = TypeVar("T")

WRITING = ("INSERT", "UPDATE", "DELETE", "COPY", "FOR SHARE", "FOR KEY SHARE")
"""Words of statements that change something or lock it (``FOR UPDATE`` is among them)."""


@dataclass(slots=True, eq=False)
class Physical:
    """A real connection with its prepared statements; ``answer`` is set while one is awaited."""

    raw: Any  # asyncpg ships no types
    pid: int
    number: int
    statements: dict[str, Any] = field(default_factory=dict)
    names: Iterator[int] = field(default_factory=count)
    codecs: set[str] = field(default_factory=set)
    clock: str = ""
    answer: "asyncio.Future[Any] | None" = None
    blocked: bool = False
    waited: bool = False


class Session:
    """One connection of one process."""

    def __init__(self, database: "Database", physical: Physical, process: Process) -> None:
        self.database = database
        self.physical: Physical | None = physical
        self.process = process
        self._scheduler = database.scheduler
        self.in_transaction = False
        self.hints: set[str] = set()
        self._fine = False
        self._wrote = False

    # --- what asyncpg's users call ---------------------------------------------------------

    def transaction(self, **_: object) -> "Transaction":
        """As asyncpg's; always READ COMMITTED, as ours are."""
        return Transaction(self)

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement."""
        if query.startswith("NOTIFY"):
            return query  # the run rings the bells itself, for what was committed
        if args:
            statement = await self._prepared(query)
            await self._step(query, lambda: statement.fetch(*args))
            status: str = statement.get_statusmsg()
            return status
        answer: str = await self._step(query, lambda: self._raw.execute(query))
        return answer

    async def fetch(self, query: str, *args: object) -> list[Any]:
        """Run a query."""
        statement = await self._prepared(query)
        rows: list[Any] = await self._step(query, lambda: statement.fetch(*args))
        return rows

    async def fetchrow(self, query: str, *args: object) -> Any:  # noqa: ANN401 - asyncpg's
        """The first row."""
        rows = await self.fetch(query, *args)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *args: object) -> Any:  # noqa: ANN401 - asyncpg's
        """The first column of the first row."""
        row = await self.fetchrow(query, *args)
        return None if row is None else row[0]

    async def copy_records_to_table(self, table_name: str, **what: object) -> str:
        """COPY rows into a table."""
        copy = self._physical.raw.copy_records_to_table
        answer: str = await self._step(f"COPY {table_name}", lambda: copy(table_name, **what))
        return answer

    async def prepare(self, query: str, *, name: str | None = None) -> "Statement":
        """A prepared statement; they are kept with the real connection."""
        del name
        return Statement(self, query, await self._prepared(query))

    async def set_type_codec(self, typename: str, **how: object) -> None:
        """SQLAlchemy's JSON codecs: the same for all sessions."""
        physical = self._physical
        if typename not in physical.codecs:
            physical.codecs.add(typename)
            await self._ask(lambda: physical.raw.set_type_codec(typename, **how))

    def is_closed(self) -> bool:
        """Whether the connection was lost."""
        return self.physical is None

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's
        """Give the connection back."""
        del timeout
        self.terminate()

    def terminate(self) -> None:
        """Give the connection back, in whatever state."""
        self.database.lose(self)

    # --- steps -----------------------------------------------------------------------------

    async def begin(self) -> None:
        """Begin a transaction: with a turn, and with the virtual time."""
        await self._turn("begin")
        self.database.may_fail(self)
        self._fine = (
            self.process is not WORLD and self._scheduler.random.random() < self.database.fine
        )
        self._wrote = False
        self.hints.clear()
        clock = self.database.clock()
        self._physical.clock = clock
        self.in_transaction = True
        begin = f"BEGIN; SET LOCAL rollcall.clock_at = '{clock}'"
        await self._ask(lambda: self._raw.execute(begin))

    async def commit(self) -> None:
        """Commit, unless the connection is lost before; or after, and nobody knows.

        Where nothing was written or locked, nobody could notice when it ends: no turn is needed.
        """
        if self._wrote:
            await self._turn("commit " + ",".join(sorted(self.hints)))
            self.database.may_fail(self)
        await self._ask(lambda: self._raw.execute("COMMIT"))
        self.in_transaction = False
        if self._wrote:
            await self.database.committed(self)
            self.database.may_fail(self)

    async def rollback(self) -> None:
        """Roll back."""
        if self.physical is not None:
            await self._turn("rollback")
            self.in_transaction = False
            await self._ask(lambda: self._raw.execute("ROLLBACK"))

    async def run(self, query: str, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A statement of a prepared query."""
        return await self._step(query, act)

    async def _step(self, query: str, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        self.database.hint(self, query)
        self._wrote = self._wrote or any(word in query for word in WRITING)
        if self._fine or not self.in_transaction:
            await self._turn(" ".join(query.split()[:4]))
            self.database.may_fail(self)
        physical, clock = self._physical, self.database.clock()
        if physical.clock != clock and self.in_transaction:
            physical.clock = clock
            await self._ask(
                lambda: physical.raw.execute(f"SET LOCAL rollcall.clock_at = '{clock}'")
            )
        return await self._ask(act)

    async def _turn(self, label: str) -> None:
        await self._scheduler.turn(label, self._physical.pid)

    async def _prepared(self, query: str) -> Any:  # noqa: ANN401 - asyncpg's
        physical = self._physical
        if query not in physical.statements:
            # Named, or the driver would have it parsed and planned each time that it runs.
            name, prepare = f"s{next(physical.names)}", physical.raw.prepare
            physical.statements[query] = await self._ask(lambda: prepare(query, name=name))
        return physical.statements[query]

    async def _ask(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Have PostgreSQL answer; whoever waited for a lock waits for a turn after it."""
        physical = self._physical
        answer: asyncio.Task[T] = asyncio.create_task(act(), name=ANSWER)
        try:
            waited = await self.database.answered(physical, answer)
        except asyncio.CancelledError:
            # Who was cancelled does not know what became of it.
            self.terminate()
            raise
        if waited:
            await self._turn("got the lock")
        return answer.result()

    @property
    def _physical(self) -> Physical:
        if self.process.dead:
            raise Killed
        if self.physical is None:
            raise asyncpg.ConnectionDoesNotExistError("the connection was lost")
        return self.physical

    @property
    def _raw(self) -> Any:  # noqa: ANN401 - asyncpg ships no types
        return self._physical.raw


class Transaction:
    """asyncpg's transaction, as far as SQLAlchemy uses it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def start(self) -> None:
        """Begin."""
        await self._session.begin()

    async def commit(self) -> None:
        """Commit."""
        await self._session.commit()

    async def rollback(self) -> None:
        """Roll back."""
        await self._session.rollback()


class Statement:
    """asyncpg's prepared statement, as far as SQLAlchemy uses it."""

    def __init__(self, session: Session, query: str, prepared: Any) -> None:  # noqa: ANN401 - asyncpg's
        self._session = session
        self._query = query
        self._prepared = prepared

    def get_attributes(self) -> Any:  # noqa: ANN401 - asyncpg's
        """The columns."""
        return self._prepared.get_attributes()

    def get_statusmsg(self) -> str | None:
        """The command tag."""
        status: str | None = self._prepared.get_statusmsg()
        return status

    async def fetch(self, *args: object) -> list[Any]:
        """Run it."""
        prepared = self._prepared
        rows: list[Any] = await self._session.run(self._query, lambda: prepared.fetch(*args))
        return rows
