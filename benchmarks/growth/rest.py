"""What a region costs while nothing happens in it.

All loops and the console run as one process (``rollcall run``) beside a simulated messenger, over a
region whose observed state was set equal to the expected one by statements over whole tables
(``benchmarks.in_step``), since reconcile cannot make 170,000 chats at thirty calls a second.
``status`` has to say that it is settled and every chat to be in step before anything is counted.
Not in it: what is done once an hour (retention) and once a day (the audit).
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.growth.loading import Failed, Place, ending
from benchmarks.memory import watched
from benchmarks.processes import product, started
from benchmarks.processor import used_by
from benchmarks.tables import REST_SECONDS, Table, tables, transactions
from consumers.config import REGISTER_TOPICS
from consumers.kafka import KafkaConfig
from operations import status
from projections.database import transaction
from simulator.config import SimulatorConfig
from simulator.server import serve

_SETTLED_SECONDS: Final = 300.0
_POLL: Final = 0.2
_LARGE: Final = 10_000
"""Rows from which on it matters how often a table is read; less PostgreSQL reads for nothing."""

_IN_STEP: Final = {"converged", "frozen"}
_TOKEN: Final = "growth"  # noqa: S105 - the simulator's


@dataclass(frozen=True, slots=True)
class Rest:
    """Shares of one core in percent; ``full_reads``: tables read as a whole or more, and how often.

    ``mib`` is the most that the process held, ``postgres_mib`` that one of PostgreSQL's did.
    """

    seconds: float
    ours_percent: float
    postgres_percent: float
    transactions_per_second: float
    rows_per_second: float
    mib: float
    postgres_mib: float
    full_reads: dict[str, float] = field(default_factory=dict)

    @property
    def percent(self) -> float:
        """Of both."""
        return self.ours_percent + self.postgres_percent


# Reconcile closes the gate at its start and asks the messenger who we are; the gate is opened by
# ingest's look at the topics and by derive.
_BEGUN: Final = text("""
    SELECT EXISTS (SELECT FROM own_account)
           AND EXISTS (SELECT FROM catch_up WHERE armed_at IS NULL)""")


@dataclass(frozen=True, slots=True)
class _Look:
    """Seconds of the processor, and what PostgreSQL has counted, up to a moment."""

    ours: float
    postgres: float
    transactions: int
    tables: dict[str, Table]


async def rest(
    engine: AsyncEngine, place: Place, seconds: float, before: float = REST_SECONDS
) -> Rest:
    """Let the loops come to rest, wait so long, and look at them for so many seconds.

    Raises:
        Failed: they do not come to rest, or a chat is not in step.
    """
    simulated = SimulatorConfig(token=_TOKEN)
    async with serve(simulated) as messenger:
        environment = {
            **place.environment,
            "ROLLCALL_MESSENGER__URL": messenger.base_url,
            "ROLLCALL_MESSENGER__TOKEN": _TOKEN,
        }
        log = place.folder / "run.log"
        async with (
            started([product("run")], environment, log) as process,
            watched(*process.pids, place.server) as peak,
        ):
            await ending(process, _settled(engine, place))
            await asyncio.sleep(before)
            first = await _look(engine, place, process.pids)
            began = time.perf_counter()
            await asyncio.sleep(seconds)
            took = time.perf_counter() - began
            after = await _look(engine, place, process.pids)
    read = {name: table.read - first.tables[name].read for name, table in after.tables.items()}
    return Rest(
        seconds=round(took, 1),
        ours_percent=round((after.ours - first.ours) / took * 100, 2),
        postgres_percent=round((after.postgres - first.postgres) / took * 100, 2),
        transactions_per_second=round((after.transactions - first.transactions) / took, 1),
        rows_per_second=round(sum(read.values()) / took, 1),
        mib=round(peak.largest(process.pids)),
        postgres_mib=round(peak.largest(peak.each.keys() - {*process.pids})),
        full_reads={
            name: round(read[name] / table.rows, 1)
            for name, table in after.tables.items()
            if table.rows >= _LARGE and read[name] >= table.rows
        },
    )


async def _settled(engine: AsyncEngine, place: Place) -> None:
    """Return once every loop has begun, and then has nothing to do."""
    async with asyncio.timeout(_SETTLED_SECONDS):
        while not await _begun(engine):  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(_POLL)
    kafka = KafkaConfig(place.bootstrap)
    report = await status.wait(engine, kafka, REGISTER_TOPICS, _SETTLED_SECONDS)
    if not report.settled:
        raise Failed(f"not at rest: {report.as_json()}")
    others = {state: many for state, many in report.chats.items() if state not in _IN_STEP}
    if others:
        raise Failed(f"not in step: {others}")


async def _begun(engine: AsyncEngine) -> bool:
    async with transaction(engine) as connection:
        return bool((await connection.execute(_BEGUN)).scalar_one())


async def _look(engine: AsyncEngine, place: Place, pids: tuple[int, ...]) -> _Look:
    commits, read = await transactions(engine), await tables(engine)
    return _Look(used_by(*pids), used_by(place.server), commits, read)
