"""People who act in MAX by themselves, and what the engine hears and makes of it.

On the bench of reconcile: real PostgreSQL, and a simulated messenger over a socket. Updates are
fetched from the simulator and handed to the webhook's application one by one, so a test says
itself which arrive, which are lost, and which come twice.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from sqlalchemy import text

from domain.actions import LIMITS
from domain.chats import ChatKind
from domain.drift import DriftRules, Policy
from domain.ids import ChatId
from gateway.reconcile import Reconciler
from gateway.sweep import SweepConfig, SweepLoop
from gateway.webhooks import Webhook
from projections.database import transaction
from projections.reconcile.store import LEASE_SECONDS, PostgresReconcileStore
from projections.watch.hints import Hints
from projections.watch.sweep import Sweep
from simulator.config import SimulatorConfig
from tests.reconcile.bench import BOT, TOKEN, Bench, bench
from tests.servers import plain_http

SECRET = "secret-of-the-webhook"
PATH = "/webhook"

CHIEF = 1
CLASS = {CHIEF: "administrator", 10: "member", 11: "member", 12: "member"}

# Every date of ours becomes older by an interval, which is what passing time is. Most tables are
# empty, and to plan for each of them would take longer than all else.
_TIME_PASSES = """
    DO $$ DECLARE column_of record; BEGIN
        FOR column_of IN
            SELECT c.relname AS t, string_agg(format('%I = %I - interval ''{}''',
                   a.attname, a.attname), ', ') AS changes
              FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
               AND a.atttypid = 'timestamptz'::regtype AND NOT a.attisdropped
               AND pg_relation_size(c.oid) > 0
             GROUP BY c.relname
        LOOP EXECUTE format('UPDATE %I SET %s', column_of.t, column_of.changes); END LOOP;
    END $$"""


@dataclass(slots=True)
class People:
    """One chat of a school and the people around it."""

    school: Bench
    chat: ChatId
    policy: Policy
    webhook: httpx2.AsyncClient
    store: PostgresReconcileStore
    sweep: SweepLoop
    marker: int = 0
    max_chat_id: int = field(default=0)

    async def begin(self, members: dict[int, str] | None = None) -> None:
        """The chat as it was made by us, long ago."""
        await self.expect(members or CLASS)
        await self.settle()
        (chat,) = await self.school.chats()
        self.max_chat_id = int(str(chat["chat_id"]))
        await self.updates()
        await self.time_passes("1 hour")
        await self.school.forget_calls()

    async def expect(self, members: dict[int, str], reason: str = "o-1") -> None:
        """Exactly these belong in the chat, each for one reason of this name."""
        await self.school.expect(self.chat, members)
        await self.school.sql(f"""UPDATE expected_members SET reasons =
            '[{{"ref": "{reason}", "kind": "order", "role": "member"}}]'""")

    async def act(self, account: int, action: str, by: int | None = None) -> None:
        """What a person does in MAX; nobody is told yet."""
        body: dict[str, object] = {"action": action}
        if by is not None:
            body["by"] = by
        path = f"/sim/chats/{self.max_chat_id}/people/{account}"
        answer = await self.school.http.post(path, json=body)
        assert answer.status_code == 200, answer.text

    async def rename(self, title: str, by: int) -> None:
        """A person gives the chat another title."""
        self.school.simulator.world.chats.rename(self.max_chat_id, title, by)

    async def bot(self, **standing: bool) -> None:
        """The bot's standing in the chat."""
        path = f"/sim/chats/{self.max_chat_id}/bot"
        assert (await self.school.http.put(path, json=standing)).status_code == 200

    async def updates(self) -> list[bytes]:
        """What MAX tells since the last time, in order."""
        answer = await self.school.http.get(
            "/updates",
            params={"marker": self.marker, "timeout": 0, "limit": 1000},
            headers={"Authorization": TOKEN},
        )
        body = answer.json()
        self.marker = body["marker"]
        return [json.dumps(update).encode() for update in body["updates"]]

    async def deliver(self, body: bytes, secret: str | None = SECRET) -> int:
        """One update to our webhook; the status of its answer."""
        headers = {} if secret is None else {"X-Max-Bot-Api-Secret": secret}
        answer = await self.webhook.post(PATH, content=body, headers=headers)
        return answer.status_code

    async def hear(self) -> None:
        """Every update since the last time arrives, and what follows is done."""
        for body in await self.updates():
            assert await self.deliver(body) == 200
        await self.settle()

    async def settle(self) -> None:
        """Reconcile until nothing is due now."""
        await self.school.settle()

    async def look(self) -> None:
        """The sweep finds the chat unread for long, and it is read."""
        await self.school.sql("UPDATE chat_sync SET sweep_wanted = true")
        assert await self.sweep.look() == 1
        await self.settle()

    async def time_passes(self, interval: str) -> None:
        """Everything lies that much further back; what has become due is done."""
        await self.school.sql(_TIME_PASSES.replace("{}", interval))
        await self.settle()

    async def members(self) -> dict[int, str]:
        """Who is in the chat."""
        return await self.school.members()

    async def members_with_bots(self, *, ours: bool = False) -> dict[int, str]:
        """Who is in the chat, other bots included, and ours if asked for."""
        (chat,) = (await self.school.http.get("/sim/chats")).json()["chats"]
        return {
            member["user_id"]: "administrator" if member["is_admin"] else "member"
            for member in chat["members"]
            if ours or member["user_id"] != BOT
        }

    async def drift(self) -> list[tuple[str, int | None, int | None, str | None]]:
        """(kind, account, by, resolution) in the order in which they were seen."""
        async with transaction(self.school.engine) as connection:
            rows = await connection.execute(
                text("""SELECT kind, max_user_id, by_user_id, resolution
                          FROM dashboard.drift ORDER BY entry""")
            )
            return [(row[0], row[1], row[2], row[3]) for row in rows]

    async def blocked(self) -> dict[int | None, str]:
        """The state by account of those who are expected and not inside."""
        async with transaction(self.school.engine) as connection:
            rows = await connection.execute(
                text("SELECT max_user_id, state FROM dashboard.blocked")
            )
            return {row.max_user_id: row.state for row in rows}


@asynccontextmanager
async def people(
    database_url: str,
    policy: Policy = Policy.EXCLUSIVE,
    config: SimulatorConfig | None = None,
) -> AsyncIterator[People]:
    """A class chat under this policy; nothing in it yet."""
    async with bench(database_url, config) as school:
        rules = DriftRules({ChatKind.CLASS: policy})
        school.store = PostgresReconcileStore(school.engine, drift_rules=rules)
        school.reconciler = Reconciler(
            school.store, school.messenger, school.budget, LIMITS, lease_seconds=LEASE_SECONDS
        )
        webhook = Webhook(Hints(school.engine, gather=0, apart=0), PATH, SECRET)
        sweep = SweepLoop(Sweep(school.engine), SweepConfig())
        chat = await school.chat("class:c-1")
        async with plain_http.client(
            transport=httpx2.ASGITransport(app=webhook), base_url="http://webhook"
        ) as client:
            yield People(school, chat, policy, client, school.store, sweep)
