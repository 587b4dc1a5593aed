"""The production loops as actors: nothing of theirs is replaced but what they are connected to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.assignment import Assignment
from consumers.config import IngestConfig
from consumers.ends import WATCH_SECONDS, EndsWatcher
from consumers.errors import ConsumersError
from consumers.ingest import Ingestor
from consumers.kafka_config import KafkaConfig
from consumers.run import Ingest
from domain.plan import Action, Seen
from domain.work import Effect, Intended, IntentId, Lease, LeaseLost, Outcome, Work
from projections.derive.config import DeriveConfig
from projections.derive.loop import DeriveLoop
from projections.errors import StoreError, StoreUnavailable
from projections.facts.ingest_store import IngestStore
from projections.reconcile.store import PostgresReconcileStore
from tests.simulation import invariants
from tests.simulation.kafka import Consumer, Kafka, Member, View
from tests.simulation.knowledge import Knowledge, Loaded
from tests.simulation.messenger import ASKED, Asked, Max
from tests.simulation.scheduler import current

if TYPE_CHECKING:
    from gateway.store import WakeUps

POLL_SECONDS = 0.3
READ_AT: ContextVar[int] = ContextVar("read_at", default=0)
"""The step at which this task's latest read of a chat began."""


class Bell:
    """A NOTIFY channel."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever listens now."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """As ``gateway.store.WakeUps``."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return


class SimulatedIngest(Ingest):
    """Ingest on the simulated Kafka: its keeper, and its subscriber without FastStream."""

    def __init__(
        self, kafka: Kafka, known: Knowledge, store: IngestStore, config: IngestConfig
    ) -> None:
        super().__init__(KafkaConfig("simulated"), store, config)
        self._known = known
        view = View(kafka)
        self._view = view  # type: ignore[assignment]  # the same questions
        self._ingestor = Ingestor(config, store, view, self._positions)  # type: ignore[arg-type]  # as above
        self._assignment = Assignment(config, store, view, self._positions)  # type: ignore[arg-type]  # as above
        self._simulated = kafka
        self._fetching = False
        self._mine: AIOKafkaConsumer = Consumer(kafka)
        self.member = Member(self._mine)

    async def run(self, stop: asyncio.Event) -> None:
        """Read until ``stop``."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._rebalance())
            tasks.create_task(self._fetch())
            tasks.create_task(self._keep(stop))

    async def _rebalance(self) -> None:
        while True:
            share = await self.member.rebalances.get()
            await self._simulated.scheduler.turn("kafka rebalance")
            gone: set[TopicPartition] = set(self._mine.assignment())
            await self._revoked(self._mine, gone)
            await self._simulated.scheduler.turn(f"kafka assign {len(share)}")
            self._mine.assign(share)
            await self._assigned(self._mine, set(share))

    async def _fetch(self) -> None:
        while True:
            await self._simulated.scheduler.turn("kafka fetch")
            records = tuple(self._mine.fetch())
            if not records:
                await asyncio.sleep(POLL_SECONDS)
                continue
            self._fetching = True
            self._known.passes[current()] += 1
            await self._ingestor.take(records, self._mine)
            self._known.passes[current()] -= 1
            self._fetching = False

    def _idle(self) -> bool:
        return not self._fetching


class SimulatedWatcher(EndsWatcher):
    """The watcher of the topics' ends."""

    def __init__(self, kafka: Kafka, store: IngestStore) -> None:
        super().__init__(KafkaConfig("simulated"), sorted(kafka.ids), store)
        self._on = kafka

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until ``stop``."""
        while not stop.is_set():
            with suppress(ConsumersError, StoreError):
                await self.look(View(self._on))  # type: ignore[arg-type]  # the same questions
            await asyncio.sleep(WATCH_SECONDS)


class SimulatedDerive(DeriveLoop):
    """The derive loop, woken by a simulated NOTIFY."""

    def __init__(self, engine: AsyncEngine, config: DeriveConfig, bell: Bell) -> None:
        super().__init__(engine, config)
        self._bell = bell

    async def run(self, stop: asyncio.Event) -> None:
        """Derive until ``stop``."""
        await self._run(self._bell, stop)  # type: ignore[arg-type]  # it waits as a ``WakeUps`` does


class WatchedStore(PostgresReconcileStore):
    """The reconcile loop's store; what it commits is looked at."""

    def __init__(self, engine: AsyncEngine, known: Knowledge, max_: Max, bell: Bell) -> None:
        super().__init__(engine)
        self._known = known
        self._max = max_
        self._bell = bell

    async def claim(self, chat_id: str | None = None) -> Lease | None:
        """As the store's: a pass begins."""
        lease = await super().claim(chat_id)
        if lease is not None:
            self._known.passes[current()] += 1
        return lease

    async def load(self, lease: Lease) -> Work | LeaseLost:
        """As the store's, and note when."""
        scheduler = self._known.database.scheduler
        loaded = Loaded(scheduler.steps, scheduler.now)
        work = await super().load(lease)
        self._known.loads[lease.chat_id, lease.token] = loaded
        return work

    async def intend(self, lease: Lease, work: Work, action: Action) -> Intended:
        """As the store's, and tell the messenger under which intent the next call is made."""
        began = self._known.database.scheduler.now
        intent = await super().intend(lease, work, action)
        if isinstance(intent, int):
            await invariants.only_the_holder_intends(self._known, lease)
            await invariants.nothing_removed_from_the_unknown(self._known, lease, action)
            ASKED.set(Asked(lease, intent, began))
        return intent

    async def settle(
        self, lease: Lease, work: Work, intent: IntentId, action: Action, effect: Effect
    ) -> None:
        """As the store's."""
        await super().settle(lease, work, intent, action, effect)
        await invariants.known_is_true(self._known, self._max, lease.chat_id)

    async def record_read(
        self, lease: Lease, seen: Seen, *, whole: bool = True
    ) -> LeaseLost | None:
        """As the store's; what was in doubt before the read began is not any more."""
        try:
            lost = await super().record_read(lease, seen, whole=whole)
        except StoreUnavailable:
            # The connection may have been lost after the commit.
            if await invariants.is_known(self._known, lease.chat_id):
                await self._was_read(lease.chat_id, whole=whole)
            raise
        if lost is None:
            await self._was_read(lease.chat_id, whole=whole)
        return lost

    async def _was_read(self, chat_id: str, *, whole: bool) -> None:
        known = self._known
        known.doubts.pop(chat_id, None)
        if whole and known.disturbed.get(chat_id, -1) < READ_AT.get():
            known.disturbed.pop(chat_id, None)
            known.late.pop(chat_id, None)
        await invariants.known_is_true(known, self._max, chat_id)

    async def finish(self, lease: Lease, work: Work | None, outcome: Outcome) -> None:
        """As the store's."""
        self._known.database.scheduler.note(f"{lease.chat_id} ends in {outcome}")
        self._known.passes[current()] -= 1
        await super().finish(lease, work, outcome)

    def wake_ups(self) -> "AbstractAsyncContextManager[WakeUps]":  # type: ignore[override]  # a bell
        """Hints by the bell."""
        return self._listening()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator["WakeUps"]:
        yield self._bell
