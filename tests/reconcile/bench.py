"""One school's chats on real PostgreSQL beside a simulated messenger over a real socket.

Tests say who is expected in the database's own words, let the reconcile loop work until the
queue is empty, and look at what the messenger has.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions import LIMITS
from domain.ids import ChatId, MaxUserId
from domain.lanes import Lane
from domain.work import Lease, Outcome
from gateway.attempts_in_a_call import RetryPolicy, Timeouts
from gateway.budget import SharedBudget
from gateway.client import MaxMessenger, MessengerConfig
from gateway.ports import Messenger
from gateway.reconcile import Halted, Reconciler
from projections.database import create_engine, transaction
from projections.messenger.budget import CallSlots
from projections.queue import due as queue
from projections.reconcile.store import LEASE_SECONDS, PostgresReconcileStore
from simulator.config import SimulatorConfig
from simulator.server import RunningSimulator, serve
from tests.servers import plain_http

TOKEN = "token-of-the-bench"
BOT = SimulatorConfig().bot_id
"""Our account in the simulated messenger."""
PASSES = 40


@dataclass(slots=True)
class Bench:
    """The store, the messenger and the reconciler of one test."""

    engine: AsyncEngine
    store: PostgresReconcileStore
    reconciler: Reconciler
    simulator: RunningSimulator
    http: httpx2.AsyncClient
    messenger: MaxMessenger
    budget: SharedBudget
    outcomes: list[Outcome | Halted] = field(default_factory=list)

    async def chat(
        self, chat_id: str, title: str = "9г - Ученики", *, frozen: bool = False
    ) -> ChatId:
        """A chat of the kind «class», known to the queue, with nobody in it."""
        async with transaction(self.engine) as connection:
            await connection.execute(
                text("""INSERT INTO chats (chat_id, kind, school_id, class_id, title, frozen)
                        VALUES (:chat, 'class', 's-1', :chat, :title, :frozen)
                        ON CONFLICT (chat_id) DO UPDATE
                        SET title = excluded.title, frozen = excluded.frozen"""),
                {"chat": chat_id, "title": title, "frozen": frozen},
            )
            await connection.execute(
                text("INSERT INTO chat_sync (chat_id) VALUES (:chat) ON CONFLICT DO NOTHING"),
                {"chat": chat_id},
            )
        return ChatId(chat_id)

    async def expect(self, chat_id: ChatId, members: dict[int, str]) -> None:
        """Exactly these accounts (each of one person), in these roles; the chat is due."""
        async with transaction(self.engine) as connection:
            await connection.execute(
                text("DELETE FROM expected_members WHERE chat_id = :chat"), {"chat": chat_id}
            )
            for account, role in members.items():
                await connection.execute(
                    text("""INSERT INTO fact_profiles VALUES
                            (:person, :account, 1, clock_now(), 'test', :person, 't', 0, 0,
                             clock_now())
                            ON CONFLICT DO NOTHING"""),
                    {"person": f"p-{account:06}", "account": account},
                )
                await connection.execute(
                    text("""INSERT INTO expected_members VALUES
                            (:chat, :person, :role, false, '[]', clock_now(), clock_now())"""),
                    {"chat": chat_id, "person": f"p-{account:06}", "role": role},
                )
            await queue.mark_due(connection, [chat_id], Lane.LIVE)

    async def due(self, chat_id: ChatId) -> None:
        """The chat is to be looked at."""
        async with transaction(self.engine) as connection:
            await queue.mark_due(connection, [chat_id], Lane.LIVE)

    async def settle(self, *, removals_wait: bool = False) -> None:
        """Reconcile until no chat is due now."""
        for _ in range(PASSES):
            lease = await self.store.claim()
            if lease is None:
                return
            await self.reconcile(lease, removals_wait=removals_wait)
        message = f"still due after {PASSES} passes"
        raise AssertionError(message)

    async def reconcile(self, lease: Lease, *, removals_wait: bool = False) -> Outcome | Halted:
        """One pass."""
        outcome = await self.reconciler.reconcile(lease, removals_wait=removals_wait)
        self.outcomes.append(outcome)
        return outcome

    async def hurry(self) -> None:
        """Let every wait of the queue pass at once."""
        await self.sql("UPDATE chat_sync SET due_at = clock_now() WHERE due_at IS NOT NULL")

    async def sql(self, statement: str) -> None:
        """A statement with no parameters."""
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement))

    async def value(self, query: str) -> object:
        """The first column of the only row."""
        async with transaction(self.engine) as connection:
            return (await connection.execute(text(query))).scalar_one()

    async def members(self, title: str | None = None) -> dict[int, str]:
        """Who the messenger has in its only chat (or the one of this title), without the bot."""
        chats = (await self.http.get("/sim/chats")).json()["chats"]
        (chat,) = [each for each in chats if title is None or each["title"] == title]
        return {
            member["user_id"]: "administrator" if member["is_admin"] else "member"
            for member in chat["members"]
            if not member["is_bot"]
        }

    async def chats(self) -> list[dict[str, object]]:
        """All chats of the messenger."""
        found: list[dict[str, object]] = (await self.http.get("/sim/chats")).json()["chats"]
        return found

    async def calls(self) -> dict[str, int]:
        """Changing calls by kind, those that are not nought."""
        changing = (await self.http.get("/sim/stats")).json()["changing"]
        return {kind: count for kind, count in changing.items() if count}

    async def reads(self) -> int:
        """Reading calls."""
        count: int = (await self.http.get("/sim/stats")).json()["reads"]
        return count

    async def forget_calls(self) -> None:
        """Count from nought."""
        await self.http.delete("/sim/stats")

    async def unauthorized(self, path: str) -> int:
        """How often a call by this template was refused for its token."""
        calls = (await self.http.get("/sim/stats")).json()["calls"]
        return sum(c["count"] for c in calls if c["path"] == path and c["status"] == 401)

    def reconciler_of(self, messenger: Messenger) -> Reconciler:
        """A reconciler on another messenger."""
        return Reconciler(self.store, messenger, self.budget, LIMITS, lease_seconds=LEASE_SECONDS)

    async def fault(self, **fault: object) -> None:
        """Inject a fault."""
        answer = await self.http.post("/sim/faults", json=fault)
        assert answer.status_code == 200, answer.text

    async def refuse(self, account: int, how: str | None) -> None:
        """An account that refuses to be added, or does no longer."""
        await self.http.put(f"/sim/accounts/{account}", json={"refuses": how})


async def open_gate(engine: AsyncEngine) -> None:
    """As if everything were read and derived, whatever the clock says."""
    async with transaction(engine) as connection:
        await connection.execute(
            text("""UPDATE catch_up SET armed_at = NULL, reason = NULL,
                           watched_at = 'infinity'""")
        )


@asynccontextmanager
async def bench(
    database_url: str,
    config: SimulatorConfig | None = None,
    *,
    calls: int = 100_000,
    window: float = 0.001,
) -> AsyncIterator[Bench]:
    """A bench on a fresh database; the limits of calls are out of the way by default."""
    simulated = config or SimulatorConfig(token=TOKEN, requests_per_second=100_000)
    engine = create_engine(database_url, pool_size=10)
    async with serve(simulated) as running, plain_http.client(base_url=running.base_url) as http:
        budget = SharedBudget(CallSlots(engine, calls=calls, window=window))
        settings = MessengerConfig(
            bot_url=running.base_url,
            partner_url=running.base_url,
            token=TOKEN,
            partner_token=TOKEN,
            retries=RetryPolicy(attempts=1),
            timeouts=Timeouts(connect=2, write=2, read=2, whole=2),
        )
        messenger = MaxMessenger(settings, budget)
        store = PostgresReconcileStore(engine)
        await open_gate(engine)
        await store.know_own_account(MaxUserId(BOT))
        reconciler = Reconciler(store, messenger, budget, LIMITS, lease_seconds=LEASE_SECONDS)
        try:
            yield Bench(engine, store, reconciler, running, http, messenger, budget)
        finally:
            await messenger.aclose()
            await engine.dispose()
