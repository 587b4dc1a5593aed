"""The one PostgreSQL of a run: engines for processes, faults of connections, locks, the clock.

The store is the real one; what is simulated is only who is connected, when, and what time it
is. A statement that waits for another's lock is recognised by ``pg_blocking_pids``; its actor
stands until the lock is free, and then waits for a turn like anybody.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.simulation.loop import Quiet, VirtualLoop
from tests.simulation.scheduler import WORLD, Killed, Process, Scheduler
from tests.simulation.sessions import Physical, Session

HINTS = {
    "INTO intents": "intents",
    "UPDATE intents": "intents",
    "ingest_partitions": "offsets",
    "expected_members": "expected",
    "INTO fact_": "facts",
    "observed": "observed",
    "chat_sync": "sync",
    "INTO stale_entities": "stale",
    "due_generation + 1": "due",
    "catch_up": "catch_up",
}
"""Words of a statement, and what its commit may have changed."""

PATIENCE_SECONDS = 30
"""Real seconds after which a question of the run itself has failed: somebody holds a lock."""

Observer = Callable[[Process, frozenset[str]], Awaitable[None]]
Fault = Callable[[Session], bool]


async def _nobody(_: Process, __: frozenset[str]) -> None:
    """No observer."""


class Database:
    """Connections to one database, kept over many runs."""

    def __init__(self, url: str, loop: VirtualLoop) -> None:
        self._url = url
        self.loop = loop
        self._free: list[Physical] = []
        self._made = 0
        self._sessions: list[Session] = []
        self._broken: list[Physical] = []
        self._shelf: list[AsyncEngine] = []
        self._owners: dict[AsyncEngine, list[Process]] = {}
        self._tables = ""
        self._empty = ""
        self._asking = asyncio.Lock()
        self.monitor: Any = None  # asyncpg ships no types
        self._sentry: Any = None  # likewise: it looks at locks while others ask
        self._historian: Any = None  # likewise: it keeps every version of every row
        self.scheduler = Scheduler(loop, 0)
        self.began = datetime(2026, 1, 1, tzinfo=UTC)
        self.shift = timedelta()
        self.furthest = datetime(2026, 1, 1, tzinfo=UTC)
        """The latest time that anybody was ever told."""
        self.observer: Observer = _nobody
        self.fails: Fault = lambda _: False
        self.fine = 0.0
        """The share of transactions in which each statement waits for a turn, not only the ends."""

    async def open(self) -> None:
        """Connect, and have nothing run by itself in this database."""
        with self.loop.watching():
            # No timers of the driver's own: time is ours.
            self.monitor = await asyncpg.connect(self._url, max_cached_statement_lifetime=0)
            self._sentry = await asyncpg.connect(self._url, max_cached_statement_lifetime=0)
            self._historian = await asyncpg.connect(self._url, max_cached_statement_lifetime=0)
            await self.monitor.execute(f"SET statement_timeout = '{PATIENCE_SECONDS}s'")
            rows = await self.monitor.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                " AND tablename <> 'alembic_version' ORDER BY 1"
            )
            for row in rows:
                await self.monitor.execute(f"ALTER TABLE {row[0]} SET (autovacuum_enabled = false)")
        self._tables = ", ".join(row[0] for row in rows)
        self._empty = await self.rows()

    async def rows(self) -> str:
        """A script that makes an empty database what this one is now."""
        script = ""
        with self.loop.watching():
            for table in self._tables.split(", "):
                kept = await self.monitor.fetchval(
                    f"SELECT quote_literal(jsonb_agg(t)::text) FROM {table} t"
                )
                if kept is not None:
                    own = await self.monitor.fetchval(
                        "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute"
                        " WHERE attrelid = $1::text::regclass AND attnum > 0"
                        " AND attgenerated = ''",
                        table,
                    )
                    script += (
                        f"INSERT INTO {table} ({own}) OVERRIDING SYSTEM VALUE"
                        f" SELECT {own} FROM jsonb_populate_recordset(NULL::{table}, {kept});"
                    )
            for row in await self.monitor.fetch(
                "SELECT quote_literal(sequencename), last_value FROM pg_sequences"
                " WHERE last_value IS NOT NULL ORDER BY 1"
            ):
                script += f"SELECT setval({row[0]}, {row[1]});"
        return script

    async def fill(self, script: str) -> None:
        """Empty the database, and run what ``rows`` made.

        From then on no version of a row makes room for another. When it may depends on who else
        is at work on this server, in any of its databases; and where a row is stored decides
        which of several that are due at the same instant is found first.
        """
        with self.loop.watching():
            await self._historian.execute(
                "ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"
            )
            # Only where something was written: to truncate an empty table costs as much.
            written = await self.monitor.fetchval(
                "SELECT string_agg(oid::regclass::text, ', ' ORDER BY relname) FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relname = ANY($1)"
                " AND pg_relation_size(oid) > 0",
                self._tables.split(", "),
            )
            await self.monitor.execute(_filling(written or "", script))

    def emptying(self) -> str:
        """A script that makes it what it was when it was opened."""
        return _filling(self._tables, self._empty)

    async def close(self) -> None:
        """Disconnect."""
        with self.loop.watching():
            for engine in self._shelf:
                await engine.dispose(close=False)
            for physical in self._free:
                await physical.raw.close()
            await self.monitor.close()
            await self._sentry.close()
            await self._historian.close()

    def begin_anew(self, scheduler: Scheduler, began: datetime) -> None:
        """A new run that begins at this instant; ``empty`` or ``fill`` come next."""
        self.scheduler, self.began, self.shift = scheduler, began, timedelta()
        self.furthest = began
        self.fails, self.fine = lambda _: False, 0.0

    async def empty(self) -> None:
        """As it was when it was opened."""
        await self.fill(self._empty)
        with self.loop.watching():
            await self.monitor.execute(
                f"SET rollcall.clock_at = '{self.clock()}';"
                "UPDATE catch_up SET armed_at = clock_now() WHERE armed_at IS NOT NULL"
            )

    # --- the clock -------------------------------------------------------------------------

    def now(self) -> datetime:
        """Database time."""
        return self.began + timedelta(seconds=self.scheduler.now) + self.shift

    def clock(self) -> str:
        """The same, as the sessions are told it."""
        now = self.now()
        self.furthest = max(self.furthest, now)
        return now.isoformat()

    async def ask(self, query: str, *args: object) -> list[Any]:
        """A query of the run itself, which nobody notices."""
        async with self._asking:
            with self.loop.watching():
                if "clock_now" in query:
                    await self.monitor.execute(f"SET rollcall.clock_at = '{self.clock()}'")
                rows: list[Any] = await self.monitor.fetch(query, *args)
        return rows

    # --- engines ---------------------------------------------------------------------------

    async def engine(self, process: Process) -> AsyncEngine:
        """An engine whose connections are this process's."""
        engine = self._shelf.pop() if self._shelf else await self._make_engine()
        self._owners[engine][0] = process
        return engine

    async def _make_engine(self) -> AsyncEngine:
        owner = [WORLD]

        async def connect(*_: object, **__: object) -> Session:
            await self.scheduler.turn("connect")
            physical = self._free.pop() if self._free else await self._connect()
            session = Session(self, physical, owner[0])
            self._sessions.append(session)
            return session

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=6,
            max_overflow=0,
            isolation_level="READ COMMITTED",
        )
        self._owners[engine] = owner
        # What SQLAlchemy asks of a new server, before anybody acts.
        with self.loop.watching():
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        await engine.dispose(close=False)
        for session in [each for each in self._sessions if each.process is WORLD]:
            self.lose(session)
        await self.mend()
        return engine

    async def _connect(self) -> Physical:
        self._made += 1
        with self.loop.watching():
            # Each statement is prepared for good: planning it again each time would take longer
            # than to run it.
            settings = {"plan_cache_mode": "force_generic_plan"}
            raw = await asyncpg.connect(self._url, statement_cache_size=0, server_settings=settings)
        return Physical(raw, raw.get_server_pid(), self._made)

    async def release(self, process: Process) -> None:
        """The process is gone: its transactions are rolled back.

        Its engine is nobody else's before the run is over: what is left of it may still ask.
        """
        for session in [each for each in self._sessions if each.process is process]:
            await self._recover(session)

    async def forget_owners(self) -> None:
        """The run is over: every engine is free, every connection in order."""
        for engine, owner in self._owners.items():
            if engine not in self._shelf:
                owner[0] = WORLD
                await engine.dispose(close=False)
                self._shelf.append(engine)
        for session in list(self._sessions):
            self.lose(session)
        await self.mend()

    def lose(self, session: Session) -> None:
        """A session gives up its connection; it is put in order before the next step."""
        physical, session.physical = session.physical, None
        if physical is not None and session in self._sessions:
            self._sessions.remove(session)
            self._broken.append(physical)

    async def _recover(self, session: Session) -> None:
        self.lose(session)
        await self.mend()

    async def mend(self) -> None:
        """Roll back what lost connections left open."""
        while self._broken:
            physical = self._broken.pop()
            with self.loop.watching():
                # One that comes before its statement does is ignored, and the statement may
                # stand at a lock for ever; so it is said until it is heard.
                while physical.answer is not None and not physical.answer.done():
                    await self._sentry.execute(f"SELECT pg_cancel_backend({physical.pid})")
                if physical.answer is not None:
                    with suppress(asyncpg.PostgresError):
                        await physical.answer
                physical.answer, physical.blocked, physical.waited = None, False, False
                await _roll_back(physical)
            physical.clock = ""
            self._free.append(physical)
            self._free.sort(key=lambda each: -each.number)

    # --- what sessions call ----------------------------------------------------------------

    def may_fail(self, session: Session) -> None:
        """The connection may be lost just now.

        Raises:
            ConnectionDoesNotExistError: it was.
        """
        if session.process is not WORLD and self.fails(session):
            self.scheduler.note(f"{session.process.name} loses a connection")
            self.lose(session)
            raise asyncpg.ConnectionDoesNotExistError("the connection was lost")

    def hint(self, session: Session, query: str) -> None:
        """Note what this statement may change."""
        session.hints.update(what for words, what in HINTS.items() if words in query)

    async def committed(self, session: Session) -> None:
        """A transaction of this session has committed."""
        if session.process is not WORLD:
            await self.observer(session.process, frozenset(session.hints))

    async def answered(self, physical: Physical, answer: "asyncio.Future[Any]") -> bool:
        """Wait for an answer; whether it stood at a lock."""
        physical.answer = answer
        self.loop.await_answer(answer)
        answer.add_done_callback(self.loop.await_no_more)
        await asyncio.wait({answer})
        waited, physical.waited, physical.blocked = physical.waited, False, False
        physical.answer = None
        return waited

    # --- locks -----------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until every actor waits for a turn, for time, or for another's lock."""
        while True:
            quiet = await self.loop.quiet()
            await self.mend()
            if quiet is Quiet.STALLED:
                await self._look_at_locks()
            elif not await self._freed():
                return

    def stands_at_a_lock(self, process: Process) -> bool:
        """Whether an actor of it waits for a lock."""
        return any(
            each.process is process and each.physical is not None and each.physical.blocked
            for each in self._sessions
        )

    def anybody_stands(self) -> bool:
        """Whether any actor waits for a lock."""
        return bool(self._awaited(blocked=True))

    async def let_them_fight(self) -> None:
        """Nobody else can go on: PostgreSQL breaks the deadlock, if it is one."""
        for physical in self._awaited(blocked=True):
            self._expect(physical)
        self.scheduler.note("a deadlock?")

    def _awaited(self, *, blocked: bool) -> list[Physical]:
        return [
            each.physical
            for each in self._sessions
            if each.physical is not None
            and each.physical.answer is not None
            and not each.physical.answer.done()
            and each.physical.blocked is blocked
        ]

    async def blocking(self) -> frozenset[int]:
        """The connections for whose locks somebody waits."""
        found: set[int] = set()
        for physical in self._awaited(blocked=True):
            found.update(await self._blocked(physical))
        return frozenset(found)

    async def _blocked(self, physical: Physical) -> list[int]:
        with self.loop.watching():
            answer: list[int] = await self._sentry.fetchval(
                "SELECT pg_blocking_pids($1)", physical.pid
            )
        return answer

    async def _look_at_locks(self) -> None:
        for physical in self._awaited(blocked=False):
            if await self._blocked(physical) and physical.answer and not physical.answer.done():
                physical.blocked = physical.waited = True
                self.loop.await_no_more(physical.answer)

    async def _freed(self) -> bool:
        freed = False
        for physical in self._awaited(blocked=True):
            if await self._blocked(physical):
                continue
            freed = True
            self._expect(physical)
        return freed

    def _expect(self, physical: Physical) -> None:
        """It may go on now."""
        if physical.answer is not None and not physical.answer.done():
            physical.blocked = False
            self.loop.await_answer(physical.answer)


def _filling(tables: str, script: str) -> str:
    # Foreign keys are among the rows themselves; their order is of no interest.
    return (
        (f"TRUNCATE {tables} RESTART IDENTITY CASCADE;" if tables else "")
        + "ALTER SEQUENCE stale_generations RESTART; ALTER SEQUENCE membership_entries RESTART;"
        f"SET session_replication_role = replica; {script}"
        "SET session_replication_role = DEFAULT"
    )


async def _roll_back(physical: Physical) -> None:
    """End the transaction; what was to cancel its last statement may still hit this one."""
    while True:
        try:
            await physical.raw.execute("ROLLBACK")
        except asyncpg.QueryCanceledError:
            continue
        return


__all__ = ["Database", "Killed"]
