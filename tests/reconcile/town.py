"""Schools with chats that are in step, on real PostgreSQL, beside a messenger in memory.

Tests say who leaves, let the reconcile loop work until nothing is due, move the clock, and
look at who is still in the chats and what waits for a person.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actions import LIMITS
from domain.call_classes import CallClass
from domain.grants import Grant
from domain.ids import ChatId, MaxChatId, MaxUserId, SchoolId
from domain.lanes import Lane
from domain.seasons import GuardPolicy
from gateway.budget import SharedBudget
from gateway.errors import OutcomeUnknown
from gateway.ports import (
    AddFailure,
    BotStanding,
    CallBudget,
    ChatSnapshot,
    Created,
    Messenger,
    SeenMember,
)
from gateway.reconcile import Reconciler
from projections.database import create_engine, transaction
from projections.guard import held_plans, plan_decisions
from projections.guard.held_plans import HeldPlan
from projections.guard.plan_decisions import Decided, NotDecided
from projections.queue import due as queue
from projections.reconcile.store import LEASE_SECONDS, PostgresReconcileStore
from tests.reconcile.bench import open_gate

HOUR = 3600.0


class Crash(Exception):
    """The process died after the call had its effect and before anybody heard of it."""


@dataclass(slots=True)
class MemoryMessenger:
    """Does what it is asked, in memory; crashes or fails after so many removals if told to."""

    chats: dict[int, set[int]] = field(default_factory=dict)
    chiefs: dict[int, set[int]] = field(default_factory=dict)
    crash_after: int | None = None
    fails_with: Exception | None = None
    answers_are_lost: bool = False
    removed: list[tuple[int, int]] = field(default_factory=list)

    def through(self, budget: CallBudget) -> Messenger:
        """No budget to wait on."""
        del budget
        return self

    async def read(self, chat_id: MaxChatId, lane: Lane) -> ChatSnapshot:
        """Everybody, in their roles."""
        del lane
        chiefs = self.chiefs.get(chat_id, set())
        members = tuple(
            SeenMember(MaxUserId(user), is_admin=user in chiefs, is_owner=False, is_bot=False)
            for user in sorted(self.chats[chat_id])
        )
        return ChatSnapshot(chat_id, "chat", members)

    async def standing(self, chat_id: MaxChatId, lane: Lane) -> BotStanding:
        """The bot may do everything."""
        del chat_id, lane
        return BotStanding(is_member=True, is_admin=True)

    async def add(
        self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane
    ) -> Mapping[MaxUserId, AddFailure]:
        """All of them come in."""
        del lane
        self.chats[chat_id] |= set(user_ids)
        return {}

    async def remove(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """Out, unless it fails; then perhaps the crash."""
        del lane
        if self.fails_with is not None:
            raise self.fails_with
        self.chats[chat_id].discard(user_id)
        self.chiefs.get(chat_id, set()).discard(user_id)
        self.removed.append((chat_id, user_id))
        if self.crash_after is not None and len(self.removed) >= self.crash_after:
            self.crash_after = None
            raise Crash
        if self.answers_are_lost:
            raise OutcomeUnknown("remove", "time-out")

    async def promote(self, chat_id: MaxChatId, user_ids: Sequence[MaxUserId], lane: Lane) -> None:
        """Administrators from now on."""
        del lane
        self.chiefs.setdefault(chat_id, set()).update(user_ids)

    async def demote(self, chat_id: MaxChatId, user_id: MaxUserId, lane: Lane) -> None:
        """An administrator no more."""
        del lane
        self.chiefs[chat_id].remove(user_id)

    async def rename(self, chat_id: MaxChatId, title: str, lane: Lane) -> None:
        """Titles are not looked at."""

    async def create(
        self,
        external_id: str,
        title: str,
        kind: str,
        user_ids: Sequence[MaxUserId],
        admin_ids: Sequence[MaxUserId],
        lane: Lane,
    ) -> Created:
        """The chats are there."""
        raise NotImplementedError

    async def delete(self, chat_id: MaxChatId, lane: Lane) -> None:
        """Gone."""
        del lane
        del self.chats[chat_id]


class _NoWaiting:
    """Grants at once."""

    async def take(self, patience: float, kind: CallClass) -> Grant:
        """At once."""
        del patience, kind
        return Grant(0, 0.0)

    async def use(self, grant: Grant) -> None:
        """Whenever asked."""

    async def answered(self, grant: Grant, took: float, back: float) -> None:
        """It does not matter."""

    async def push_back(self, seconds: float) -> None:
        """Nobody waits."""

    async def too_many(self, kind: CallClass, told: int | None, *, of_class: bool) -> None:
        """There is no limit."""


@dataclass(slots=True)
class Town:
    """The store, the messenger and the clock of one test."""

    url: str
    policy: GuardPolicy
    engine: AsyncEngine
    messenger: MemoryMessenger = field(default_factory=MemoryMessenger)
    seconds: float = 0.0

    @property
    def store(self) -> PostgresReconcileStore:
        """A store as another process would have it."""
        return PostgresReconcileStore(self.engine, policy=self.policy)

    async def wait(self, seconds: float) -> None:
        """Let time pass in the database."""
        self.seconds += seconds
        await self.engine.dispose()
        self.engine = _engine(self.url, self.seconds)

    async def chat(
        self, name: str, accounts: Sequence[int], school: str = "s-1", *, frozen: bool = False
    ) -> ChatId:
        """A chat in which everybody is who should be."""
        number = len(self.messenger.chats) + 1
        self.messenger.chats[number] = set(accounts)
        chat_id = ChatId(f"class:{name}")
        asked = {"chat": chat_id, "school": SchoolId(school), "accounts": list(accounts)}
        async with transaction(self.engine) as connection:
            await connection.execute(
                text("""INSERT INTO chats (chat_id, kind, school_id, class_id, title, frozen)
                        VALUES (:chat, 'class', :school, :chat, 'chat', :frozen)"""),
                {"chat": chat_id, "school": school, "frozen": frozen},
            )
            await connection.execute(
                text("""INSERT INTO chat_sync (chat_id, max_chat_id, observed_at, observed_title)
                        VALUES (:chat, :number, clock_now(), 'chat')"""),
                {"chat": chat_id, "number": number},
            )
            for statement in (_PROFILES, _EXPECTED, _OBSERVED):
                await connection.execute(text(statement), asked)
        return chat_id

    async def leave(self, chat_id: ChatId, accounts: Sequence[int]) -> None:
        """The people of these accounts are not expected in the chat any more."""
        await self.sql(
            """WITH gone AS (
                   DELETE FROM expected_members WHERE chat_id = :chat AND person_id = ANY(
                       SELECT 'p-' || account FROM unnest(CAST(:accounts AS bigint[])) AS account)
                   RETURNING *)
               INSERT INTO past_memberships
                      (entry, chat_id, person_id, role, reasons, valid_from, known_from)
               SELECT entry, chat_id, person_id, role, reasons, valid_from, known_since FROM gone
                UNION ALL
               SELECT nextval('membership_entries'), chat_id, person_id, NULL, reasons,
                      clock_now(), clock_now() FROM gone""",
            chat=chat_id,
            accounts=list(accounts),
        )
        await self.due(chat_id)

    async def join(self, chat_id: ChatId, accounts: Sequence[int]) -> None:
        """These people are expected in the chat."""
        asked = {"chat": chat_id, "accounts": list(accounts)}
        async with transaction(self.engine) as connection:
            for statement in (_PROFILES, _EXPECTED):
                await connection.execute(text(statement), asked)
        await self.due(chat_id)

    async def role(self, chat_id: ChatId, accounts: Sequence[int], role: str) -> None:
        """These people are expected in this role."""
        await self.sql(
            """WITH former AS (
                   INSERT INTO past_memberships
                          (entry, chat_id, person_id, role, reasons, valid_from, known_from)
                   SELECT entry, chat_id, person_id, role, reasons, valid_from, known_since
                     FROM expected_members WHERE chat_id = :chat AND person_id = ANY(
                       SELECT 'p-' || account FROM unnest(CAST(:accounts AS bigint[])) AS account))
               UPDATE expected_members
                  SET role = :role, known_since = clock_now(),
                      entry = nextval('membership_entries')
                WHERE chat_id = :chat AND person_id IN (
                      SELECT 'p-' || account FROM unnest(CAST(:accounts AS bigint[])) account)""",
            chat=chat_id,
            accounts=list(accounts),
            role=role,
        )
        await self.due(chat_id)

    async def chiefs(self, chat_id: ChatId) -> set[int]:
        """Who the messenger has as administrators of the chat."""
        return set(self.messenger.chiefs.get(await self._number(chat_id), ()))

    async def unlink(self, account: int, *, now: int | None = None) -> None:
        """The person gives the account up, for the account ``now`` if there is one."""
        await self.sql(
            """INSERT INTO fact_history (kind, key, version, at, source, event_id, body, topic,
                      part, off, known_since, superseded_at)
               SELECT 'profiles', person_id, version, at, source, event_id,
                      jsonb_build_object('person_id', person_id, 'max_user_id', max_user_id),
                      topic, part, off, known_since, clock_now()
                 FROM fact_profiles WHERE max_user_id = CAST(:account AS bigint)""",
            account=account,
        )
        await self.sql(
            """UPDATE fact_profiles SET max_user_id = CAST(:now AS bigint), version = version + 1
                WHERE max_user_id = CAST(:account AS bigint)""",
            account=account,
            now=now,
        )

    async def due(self, *chat_ids: ChatId) -> None:
        """These chats are to be looked at."""
        async with transaction(self.engine) as connection:
            await queue.mark_due(connection, list(chat_ids), Lane.LIVE)

    async def work(self, workers: int = 1) -> None:
        """Reconcile until nothing is due now, by so many workers side by side."""
        await asyncio.gather(*(self._work() for _ in range(workers)))

    async def _work(self) -> None:
        store = self.store
        reconciler = Reconciler(
            store,
            self.messenger,
            SharedBudget(_NoWaiting()),
            LIMITS,
            lease_seconds=LEASE_SECONDS,
            isolates=False,
        )
        while (lease := await store.claim()) is not None:
            await reconciler.reconcile(lease)

    async def restart(self) -> None:
        """After a crash: the lease ends, and what was in flight is read back."""
        await self.sql("UPDATE chat_sync SET lease_until = NULL")

    async def present(self, chat_id: ChatId) -> set[int]:
        """Who the messenger has in the chat."""
        return set(self.messenger.chats[await self._number(chat_id)])

    async def _number(self, chat_id: ChatId) -> int:
        number = await self.value(
            "SELECT max_chat_id FROM chat_sync WHERE chat_id = :chat", chat=chat_id
        )
        assert isinstance(number, int)
        return number

    async def held(self) -> list[HeldPlan]:
        """The plans that wait for a person."""
        async with transaction(self.engine) as connection:
            return [each for each in await held_plans.listing(connection) if each.state == "held"]

    async def the_held(self) -> HeldPlan:
        """The only one."""
        (plan,) = await self.held()
        return plan

    async def states(self) -> list[str]:
        """What became of all plans that were ever held, in their order."""
        async with transaction(self.engine) as connection:
            rows = await connection.execute(text("SELECT state FROM held_plans ORDER BY held_id"))
            return [row.state for row in rows]

    async def approve(self, name: str, by: str = "ivanova") -> Decided | NotDecided:
        """A person approves."""
        async with transaction(self.engine) as connection:
            return await plan_decisions.approve(connection, name, by, self.policy.approval_hours)

    async def reject(self, name: str, by: str = "ivanova") -> Decided | NotDecided:
        """A person rejects."""
        async with transaction(self.engine) as connection:
            days = self.policy.rejection_days
            return await plan_decisions.reject(connection, name, by, days, ran_by="root")

    async def sql(self, statement: str, **values: object) -> None:
        """One statement."""
        async with transaction(self.engine) as connection:
            await connection.execute(text(statement), values)

    async def rows(self, query: str) -> list[tuple[str, int, bool]]:
        """All rows of a query about accounts in chats and a property of each."""
        async with transaction(self.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    async def value(self, query: str, **values: object) -> object:
        """The first column of the only row."""
        async with transaction(self.engine) as connection:
            return (await connection.execute(text(query), values)).scalar_one()


_PROFILES = """
    INSERT INTO fact_profiles
    SELECT 'p-' || account, account, 1, clock_now(), 'test', 'e', 't', 0, 0, clock_now()
      FROM unnest(CAST(:accounts AS bigint[])) AS account
    ON CONFLICT DO NOTHING"""

_EXPECTED = """
    INSERT INTO expected_members
    SELECT :chat, 'p-' || account, 'member', false,
           jsonb_build_array(jsonb_build_object('kind', 'order', 'ref', 'o-' || account)),
           clock_now(), clock_now()
      FROM unnest(CAST(:accounts AS bigint[])) AS account
    ON CONFLICT DO NOTHING"""

_OBSERVED = """
    INSERT INTO observed_members
    SELECT :chat, account, false, clock_now()
      FROM unnest(CAST(:accounts AS bigint[])) AS account"""


def _engine(url: str, seconds: float) -> AsyncEngine:
    return create_engine(url, pool_size=10, clock_shift=f"{seconds} seconds")


@asynccontextmanager
async def town(url: str, policy: GuardPolicy | None = None) -> AsyncIterator[Town]:
    """A town of no schools, with the usual limits unless told otherwise."""
    made = Town(url, policy or GuardPolicy(), _engine(url, 0.0))
    try:
        await open_gate(made.engine)
        yield made
    finally:
        await made.engine.dispose()


def accounts(count: int, start: int = 1000) -> list[int]:
    """So many accounts, one after another."""
    return list(range(start, start + count))
