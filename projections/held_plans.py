"""Plans that the guard holds: they wait for a person, or become another plan.

Guarantees: a chat has at most one open plan, and a plan that changed supersedes the one
before together with its approval. What people decide is in ``projections.plan_decisions``.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import GuardScope, Held
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.plan import Action


class PlanState(Enum):
    """Where a held plan stands; the first three are open."""

    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """The open plan of a chat; ``approved`` says that an approval holds now.

    ``decided_since_restore``: no restore has made the chat's membership unknown after that.
    """

    held_id: int
    hash: str
    verdict: Held
    accounts: frozenset[MaxUserId]
    state: PlanState
    approved: bool
    decided_since_restore: bool


@dataclass(frozen=True, slots=True)
class PlanToHold:
    """A plan that a limit holds: all ``accounts`` that it removes, of which ``counted`` count."""

    chat_id: ChatId
    school_id: SchoolId
    hash: str
    actions: Sequence[Action]
    accounts: Sequence[MaxUserId]
    counted: int
    people: list[dict[str, object]]
    verdict: Held


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """A row of ``dashboard.held_plans`` for people and programs."""

    hash: str
    chat_id: ChatId
    school_id: SchoolId
    scope: str
    removals: int
    people: list[dict[str, object]]
    actions: list[dict[str, object]]
    removal_limit: int
    would_be: int
    held_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    expires_at: datetime | None
    school_hash: str | None


def shown(actions: Sequence[Action]) -> list[dict[str, object]]:
    """The calls as JSON: the action's name and what it is called with."""
    return [{"action": type(action).__name__.lower(), **asdict(action)} for action in actions]


async def open_plan(connection: AsyncConnection, chat_id: ChatId) -> OpenPlan | None:
    """The chat's open plan."""
    found = await connection.execute(
        text("""SELECT held_id, hash, scope, removal_limit, would_be, accounts, state,
                       state = 'approved' AND expires_at > clock_now() AS approved,
                       coalesce(decided_at > restored_at, true) AS decided_since_restore
                  FROM held_plans JOIN chat_sync USING (chat_id)
                 WHERE chat_id = :chat AND state IN ('held', 'approved', 'rejected')"""),
        {"chat": chat_id},
    )
    row = found.one_or_none()
    if row is None:
        return None
    return OpenPlan(
        held_id=row.held_id,
        hash=row.hash,
        verdict=Held(GuardScope(row.scope), row.removal_limit, row.would_be),
        accounts=frozenset(MaxUserId(account) for account in row.accounts),
        state=PlanState(row.state),
        approved=row.approved,
        decided_since_restore=row.decided_since_restore,
    )


async def close(connection: AsyncConnection, chat_id: ChatId) -> None:
    """The chat's plan is not the one that is open any more: carried out, or another."""
    await connection.execute(
        text("""UPDATE held_plans
                   SET state = CASE WHEN state = 'approved' THEN 'done' ELSE 'superseded' END
                 WHERE chat_id = :chat AND state IN ('held', 'approved', 'rejected')"""),
        {"chat": chat_id},
    )


async def supersede(connection: AsyncConnection, chat_id: ChatId) -> None:
    """The chat has another plan now; an approval of the one before ends."""
    await connection.execute(
        text("""UPDATE held_plans SET state = 'superseded'
                 WHERE chat_id = :chat AND state IN ('held', 'approved', 'rejected')"""),
        {"chat": chat_id},
    )


async def hold(connection: AsyncConnection, plan: PlanToHold) -> None:
    """Hold the plan, in place of the one that was open."""
    await supersede(connection, plan.chat_id)
    await connection.execute(
        text("""INSERT INTO held_plans (hash, chat_id, school_id, scope, removals, accounts,
                       people, actions, removal_limit, would_be, held_at, state)
                VALUES (:hash, :chat, :school, :scope, :removals, CAST(:accounts AS bigint[]),
                       CAST(:people AS jsonb), CAST(:actions AS jsonb), :limit, :would_be,
                       clock_now(), 'held')"""),
        {
            "hash": plan.hash,
            "chat": plan.chat_id,
            "school": plan.school_id,
            "scope": plan.verdict.scope.value,
            "removals": plan.counted,
            "accounts": list(plan.accounts),
            "people": json.dumps(plan.people),
            "actions": json.dumps(shown(plan.actions)),
            "limit": plan.verdict.limit,
            "would_be": plan.verdict.would_be,
        },
    )


async def listing(connection: AsyncConnection) -> list[HeldPlan]:
    """The open plans, the oldest first."""
    found = await connection.execute(
        text("""SELECT * FROM dashboard.held_plans
                 WHERE state IN ('held', 'approved', 'rejected') ORDER BY held_at, chat_id""")
    )
    return [HeldPlan(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's documented name
