"""Who takes part in the interleavings: ingest transactions and derive workers, in steps."""

from collections import deque
from collections.abc import Collection, Sequence

import asyncpg

from domain.facts import Fact
from domain.ids import ChatId, ClassId
from domain.lanes import Lane
from projections.database import Driver
from projections.derive.config import DeriveConfig
from projections.derive.resolve import Targets, chats_about
from projections.derive.transaction import DeriveSteps
from projections.facts import store
from projections.facts.store import Arrival
from projections.queue import claims, marks
from projections.queue.marks import Cause, Mark, MarkKind, set_marks
from tests.interleavings.sessions import Session

CONFIG = DeriveConfig()


def ingesting(
    connection: asyncpg.Connection, *facts: Fact, kinds: Collection[str] | None = None
) -> Session:
    """Facts and marks; commit. ``kinds`` leaves out the marks of other kinds."""
    driver = Driver(connection)

    async def write() -> None:
        await driver.execute("BEGIN")
        now = await driver.fetchval("SELECT clock_now()")
        written = await store.write(driver, [Arrival(fact, "t", 0, 0) for fact in facts], now)
        touched = {
            key: at for key, at in written.touched.items() if kinds is None or key[0] in kinds
        }
        await set_marks(driver, touched, Lane.LIVE, now)

    async def commit() -> None:
        await driver.execute("COMMIT")

    return Session(connection.get_server_pid(), deque((write, commit)))


def ingesting_in_one(connection: asyncpg.Connection, *facts: Fact) -> Session:
    """Facts, marks and the commit as one step."""
    session = ingesting(connection, *facts)
    write, commit = session.steps

    async def write_and_commit() -> None:
        await write()
        await commit()

    return Session(session.pid, deque((write_and_commit,)))


class Worker:
    """A derive worker: claim, in a transaction of its own, then the steps of ``DeriveSteps``."""

    def __init__(
        self, connection: asyncpg.Connection, lease_seconds: float = CONFIG.lease_seconds
    ) -> None:
        self._driver = Driver(connection)
        self._lease_seconds = lease_seconds
        self.steps = DeriveSteps(self._driver, CONFIG, ())

    async def claim(self) -> None:
        """Claim whatever is free, and commit."""
        claimed = await claims.claim(self._driver, CONFIG.batch, self._lease_seconds)
        self.steps = DeriveSteps(self._driver, CONFIG, claimed)

    async def resolve(self) -> None:
        """Begin the deriving transaction, and resolve the marks."""
        await self._driver.execute("BEGIN")
        await self.steps.resolve()

    async def create(self) -> None:
        """As ``DeriveSteps.create``."""
        await self.steps.create()

    async def lock(self) -> None:
        """As ``DeriveSteps.lock``."""
        await self.steps.lock()

    async def load(self) -> None:
        """As ``DeriveSteps.load``."""
        await self.steps.load()

    async def write(self) -> None:
        """As ``DeriveSteps.write``."""
        await self.steps.write()

    async def clear(self) -> None:
        """As ``DeriveSteps.clear``."""
        await self.steps.clear()

    async def commit(self) -> None:
        """Commit the deriving transaction."""
        await self._driver.execute("COMMIT")


class HastyWorker(Worker):
    """A wrong worker: it waits for marks and resolves them in one statement's snapshot."""

    async def claim(self) -> None:
        """Wait for all marks, and resolve them at once."""
        # The row's newest version is locked and read, but fact_orders is seen as it was
        # when the statement began: before the commit that the mark stands for.
        rows = await self._driver.fetch("""
            WITH claimed AS MATERIALIZED (
                SELECT * FROM stale_entities ORDER BY kind, id, scope FOR UPDATE)
            SELECT c.*, array(SELECT o.class_id FROM fact_orders o
                               WHERE c.kind = 'pupil' AND o.pupil_id = c.id) AS classes
              FROM claimed c""")
        found: list[tuple[ChatId, Cause]] = []
        claimed: list[Mark] = []
        for row in rows:
            cause = Cause(Lane(row["lane"]), row["cause_at"], row["marked_at"])
            kind = MarkKind(row["kind"])
            claimed.append(Mark(kind, row["id"], row["scope"], row["generation"], cause))
            for class_id in row["classes"]:
                found += [(each, cause) for each in chats_about("class", ClassId(class_id))]
        self.steps = _Resolved(self._driver, claimed, Targets(marks.by_chat(found), {}))


class _Resolved(DeriveSteps):
    def __init__(self, driver: Driver, claimed: Sequence[Mark], targets: Targets) -> None:
        super().__init__(driver, CONFIG, claimed)
        self._targets = targets

    async def resolve(self) -> None:
        """Done already."""


def deriving(connection: asyncpg.Connection, worker: Worker) -> Session:
    """A worker with each statement a step of its own."""
    steps = (
        worker.claim,
        worker.resolve,
        worker.create,
        worker.lock,
        worker.load,
        worker.write,
        worker.clear,
        worker.commit,
    )
    return Session(connection.get_server_pid(), deque(steps))


def deriving_in_five(connection: asyncpg.Connection, worker: Worker) -> Session:
    """A worker whose statements that meet nobody between them are one step."""

    async def lock() -> None:
        await worker.create()
        await worker.lock()

    async def finish() -> None:
        await worker.write()
        await worker.clear()
        await worker.commit()

    return Session(
        connection.get_server_pid(),
        deque((worker.claim, worker.resolve, lock, worker.load, finish)),
    )


def deriving_in_four(connection: asyncpg.Connection, worker: Worker) -> Session:
    """A worker in four steps: claim, lock the chats, read, write and commit."""

    async def lock() -> None:
        await worker.resolve()
        await worker.create()
        await worker.lock()

    async def finish() -> None:
        await worker.write()
        await worker.clear()
        await worker.commit()

    return Session(connection.get_server_pid(), deque((worker.claim, lock, worker.load, finish)))
