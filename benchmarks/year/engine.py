"""The engine of the product on a clock that is put forward: one step brings everything to rest.

Ingest's transaction with its offsets, derive, reconcile, sweep, outbox and upkeep are the
product's own, on real PostgreSQL, and the real client calls the simulator over HTTP. What is not
there is Kafka, whose place is taken by calls with the same offsets, the loops around all this,
which would wait, and the messenger's limit of calls a second.

The clock is the database's alone: every session of this database, old or new, is at the instant
that the last step set, and goes on from there in real time.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.year.churn import Event
from benchmarks.year.fewest import Calls
from consumers.translate import fact_of
from domain.actions import LIMITS
from domain.gate import CatchUpCause
from domain.guard import GuardLimits
from domain.ids import MaxUserId
from domain.lanes import Lane
from domain.seasons import GuardPolicy
from gateway.attempts_in_a_call import RetryPolicy
from gateway.budget import SharedBudget
from gateway.client import MaxMessenger, MessengerConfig
from gateway.reconcile import Reconciler
from gateway.sweep import SweepLoop
from projections.database import create_engine, transaction
from projections.derive.config import DeriveConfig
from projections.derive.rounds import derive_once
from projections.facts.ingest_store import Arrival, Batch, IngestStore, Position, Step
from projections.gate.kafka_sights import Sight
from projections.messenger.budget import CallSlots
from projections.outbox import Outgoing, Sent
from projections.reconcile.store import LEASE_SECONDS, PostgresReconcileStore
from projections.watch.sweep import Sweep
from projections.watch.upkeep import Retention
from rollcall.upkeep import Upkeep
from schemas.decode import Rejected, decode
from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve
from tests.oracle import naive

GUARD: Final = GuardPolicy(
    GuardLimits(
        chat_floor=100_000,
        school_floor=100_000,
        total_floor=100_000,
        unlink_school_floor=100_000,
        unlink_total_floor=100_000,
        flap_limit=100_000,
    )
)
"""Removals are reserved and counted as ever; none waits for a person, for nobody is there."""

TOPIC, TOPIC_ID = "sgo.year", "year"
WORKERS = 3
POOL = WORKERS + 1
WATCH_SECONDS = 2.0
"""How often the topic's end is looked at, or the gate would shut."""

MINUTE = 60.0
PASSES = 20
_TOKEN = "token-of-the-year"  # noqa: S105 - the simulator's, made here

_UNREST = text("""
    SELECT (SELECT count(*) FROM stale_entities) AS stale,
           (SELECT count(*) FROM chat_sync
             WHERE due_at <= clock_now() + make_interval(secs => :minute)
                OR lease_until > clock_now()) AS due""")

_CALLED = text("""
    SELECT chat_id, action, count(*) AS calls FROM intents
     WHERE intent_id > :after GROUP BY chat_id, action""")


class NotAtRest(AssertionError):
    """The engine finds something to do however often it is asked."""


@dataclass(slots=True)
class Clock:
    """The time of one database, for all sessions that begin after it was put."""

    url: str
    now: float = 0.0
    """The instant that was put last, in seconds since 1970."""

    async def put(self, at: datetime) -> str:
        """It is this instant now in sessions that begin; what tells others so."""
        self.now = at.timestamp()
        shift = (at - datetime.now(UTC)).total_seconds()
        setting = f"rollcall.clock_shift = '{shift} seconds'"
        name = urlsplit(self.url).path.lstrip("/")
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(f'ALTER DATABASE "{name}" SET {setting}')
        finally:
            await connection.close()
        return f"SET {setting}"


@dataclass(slots=True)
class Engine:
    """Everything that one process runs, at rest between two steps."""

    clock: Clock
    engine: AsyncEngine
    ingest: IngestStore
    store: PostgresReconcileStore
    reconciler: Reconciler
    sweep: SweepLoop
    upkeep: Upkeep
    simulator: RunningSimulator
    offset: int = 0
    _watched: float = 0.0
    _counted: Calls = field(default_factory=Counter)
    _last_intent: int = 0

    async def put_clock(self, at: datetime) -> None:
        """From here on it is this instant, for everybody."""
        await self._in_all_sessions(await self.clock.put(at))
        await self._watch()

    async def tell_counts(self) -> None:
        """Have PostgreSQL count now what our sessions have done; by itself it takes its time."""
        await self._in_all_sessions("SELECT pg_stat_force_next_flush()")

    async def _in_all_sessions(self, statement: str) -> None:
        """In each session that the pool may have: all of them are taken at once."""
        async with AsyncExitStack() as taken:
            for _ in range(POOL):
                connection = await taken.enter_async_context(self.engine.connect())
                await connection.execute(text(statement))
                await connection.commit()

    async def read(self, events: Sequence[Event]) -> None:
        """The next events of the topic, in one transaction with their offsets."""
        arrivals = []
        for number, event in enumerate(events):
            decoded = decode((), None, json.dumps(event).encode())
            if isinstance(decoded, Rejected):
                raise TypeError(decoded.reason)
            arrivals.append(Arrival(fact_of(decoded), TOPIC, 0, self.offset + number))
        if not arrivals:
            return
        step = Step(TOPIC, 0, TOPIC_ID, self.offset, self.offset + len(arrivals))
        await self.ingest.commit(Batch(arrivals, [], [step], Lane.LIVE))
        self.offset += len(arrivals)
        await self._watch()

    async def rest(self) -> None:
        """Derive, reconcile and publish until nothing is left to do within a minute.

        Raises:
            NotAtRest: it does not come to an end.
        """
        for _ in range(PASSES):
            while await derive_once(self.engine, DeriveConfig()):
                pass
            await self._watch()
            await self._work_all()
            if await self._is_at_rest():
                await self._publish()
                return
        raise NotAtRest(f"after {PASSES} passes")

    async def sweep_all(self) -> None:
        """Have all chats read again that nobody has read for long."""
        while await self.sweep.look():
            await self._work_all()
        await self.rest()

    async def calls(self) -> Calls:
        """The changing calls that the messenger has had since the last question, by kind."""
        report = self.simulator.simulator.statistics.by_kind()
        counted = Calls(report)
        new = counted - self._counted
        self._counted = counted
        return new

    async def calls_by_chat(self) -> dict[str, Calls]:
        """The calls that our own intents name since the last question."""
        async with transaction(self.engine) as connection:
            rows = (await connection.execute(_CALLED, {"after": self._last_intent})).all()
            newest = text("SELECT coalesce(max(intent_id), :after) FROM intents")
            asked = {"after": self._last_intent}
            self._last_intent = (await connection.execute(newest, asked)).scalar_one()
        found: dict[str, Calls] = {}
        for chat_id, action, calls in rows:
            found.setdefault(chat_id, Calls())[action] = calls
        return found

    async def chats(self) -> dict[str, dict[int, str]]:
        """Who is in the messenger's chats, without the bot, by our ids of them."""
        async with transaction(self.engine) as connection:
            ours = text("SELECT max_chat_id, chat_id FROM chat_sync WHERE max_chat_id IS NOT NULL")
            names = {row.max_chat_id: row.chat_id for row in await connection.execute(ours)}
        return {
            names.get(chat.chat_id, chat.external_id): {
                account: naive.ADMINISTRATOR if account in chat.admins else naive.MEMBER
                for account in chat
                if account != chat.owner_id
            }
            for chat in self.simulator.world.chats
        }

    async def _work_all(self) -> None:
        await asyncio.gather(*(self._work() for _ in range(WORKERS)))

    async def _work(self) -> None:
        while (lease := await self.store.claim()) is not None:
            await self.reconciler.reconcile(lease)
            if time.monotonic() - self._watched > WATCH_SECONDS:
                await self._watch()

    async def _is_at_rest(self) -> bool:
        async with transaction(self.engine) as connection:
            row = (await connection.execute(_UNREST, {"minute": MINUTE})).one()
        return not row.stale and not row.due

    async def _watch(self) -> None:
        self._watched = time.monotonic()
        asked = await self.ingest.look()
        sight = Sight({(TOPIC, 0): self.offset}, {TOPIC: TOPIC_ID})
        await self.ingest.watch(sight, asked)

    async def _publish(self) -> None:
        async def acknowledge(events: Sequence[Outgoing]) -> Sent:
            return Sent(published=[event.entry for event in events])

        while (await self.ingest.publish(1_000, acknowledge)).published:
            pass


@asynccontextmanager
async def running(url: str, begins: datetime, retention: Retention) -> AsyncIterator[Engine]:
    """An engine on a database that is migrated and empty; it is ``begins`` there from now on."""
    clock = Clock(url)
    await clock.put(begins)
    config = SimulatorConfig(token=_TOKEN, requests_per_second=1_000_000, wall=lambda: clock.now)
    engine = create_engine(url, pool_size=POOL)
    async with serve(config) as simulator:
        budget = SharedBudget(CallSlots(engine, calls=1_000, window=0.001))
        address = simulator.base_url
        # A call that is tried again by itself would be one too many: it is to fail instead.
        settings = MessengerConfig(
            address, address, _TOKEN, _TOKEN, retries=RetryPolicy(attempts=1)
        )
        messenger = MaxMessenger(settings, budget)
        store = PostgresReconcileStore(engine, policy=GUARD)
        made = Engine(
            clock=clock,
            engine=engine,
            ingest=IngestStore(engine),
            store=store,
            reconciler=Reconciler(
                store, messenger, budget, LIMITS, lease_seconds=LEASE_SECONDS, isolates=False
            ),
            sweep=SweepLoop(Sweep(engine)),
            upkeep=Upkeep(engine, DeriveConfig(), retention),
            simulator=simulator,
        )
        try:
            await made.ingest.place(
                [((TOPIC, 0), None, Position(TOPIC_ID, 0, 0))], restored=False, backward=None
            )
            await store.arm(CatchUpCause.START)
            await store.know_own_account(MaxUserId(config.bot_id))
            yield made
        finally:
            await messenger.aclose()
            await engine.dispose()
