"""What people decide about held plans: each by its hash, with an author.

Guarantees: an approval ends, and covers the removals of the plan that was shown and what is
left of them, nothing else. A decision and its chat's becoming due commit together, under the
lock that admitting a plan takes too.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from domain.lanes import Lane
from projections.held_plans import PlanState
from projections.reconcile.queue import mark_due


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision stands for these plans, one a chat; ``expires_at`` ends an approval."""

    chat_ids: tuple[ChatId, ...]
    removals: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotDecided:
    """There is no such plan to decide about; ``reason`` is a sentence for people."""

    reason: str


async def approve(
    connection: AsyncConnection, name: str, by: str, hours: float
) -> Decided | NotDecided:
    """Let a plan be carried out within ``hours``; ``name`` is its hash.

    The hash of a school (``school_hash``) approves all that it has waiting for its own limit
    or the one in all. A plan that was rejected may still be approved.
    """
    return await _decide(connection, name, by, PlanState.APPROVED, hours)


async def reject(connection: AsyncConnection, name: str, by: str) -> Decided | NotDecided:
    """Leave a plan undone until it changes; an approval that is not used up ends."""
    return await _decide(connection, name, by, PlanState.REJECTED, None)


@dataclass(frozen=True, slots=True)
class _Named:
    held_ids: list[int]
    chat_ids: list[ChatId]


async def _decide(
    connection: AsyncConnection, name: str, by: str, state: PlanState, hours: float | None
) -> Decided | NotDecided:
    named = await _named(connection, name)
    # The chats' rows first, as admitting does; what is named is looked up again behind them.
    await connection.execute(
        text("""SELECT 1 FROM chat_sync WHERE chat_id = ANY(:chats)
                 ORDER BY chat_id FOR NO KEY UPDATE"""),
        {"chats": named.chat_ids},
    )
    again = await _named(connection, name)
    decided = await connection.execute(
        text("""UPDATE held_plans SET state = :state, decided_by = :by, decided_at = clock_now(),
                       expires_at = clock_now() + make_interval(secs => :seconds)
                 WHERE held_id = ANY(:ids) AND chat_id = ANY(:chats)
                   AND (state IN ('held', 'rejected') OR expires_at > clock_now())
                RETURNING chat_id, cardinality(accounts) AS removals, expires_at"""),
        {
            "state": state.value,
            "by": by,
            "seconds": None if hours is None else hours * 3600,
            "ids": again.held_ids,
            "chats": named.chat_ids,
        },
    )
    rows = decided.all()
    await mark_due(connection, named.chat_ids, Lane.STAFF)
    if not rows:
        return NotDecided(await _why_not(connection, name))
    if state is PlanState.REJECTED:
        await _take_back(connection, [row.chat_id for row in rows])
    return Decided(
        chat_ids=tuple(sorted(ChatId(row.chat_id) for row in rows)),
        removals=sum(row.removals for row in rows),
        expires_at=rows[0].expires_at,
    )


async def _named(connection: AsyncConnection, name: str) -> _Named:
    """The open plan of this hash, or all that waits in the school of this hash."""
    found = await connection.execute(
        text("""SELECT held_id, chat_id FROM held_plans
                 WHERE hash = :name AND state IN ('held', 'approved', 'rejected')"""),
        {"name": name},
    )
    rows = found.all() or await _of_school(connection, name)
    return _Named([row[0] for row in rows], [ChatId(row[1]) for row in rows])


async def _of_school(connection: AsyncConnection, name: str) -> list[tuple[int, str]]:
    found = await connection.execute(
        text("""SELECT school_id, held_id, chat_id, hash FROM held_plans
                 WHERE state = 'held' AND scope IN ('school', 'total')""")
    )
    schools: dict[str, list[tuple[str, int, str]]] = {}
    for row in found:
        schools.setdefault(row.school_id, []).append((row.hash, row.held_id, row.chat_id))
    for plans in schools.values():
        together = ",".join(sorted(hash_ for hash_, _, _ in plans))
        if sha256(together.encode("ascii")).hexdigest() == name:
            return [(held_id, chat_id) for _, held_id, chat_id in plans]
    return []


async def _take_back(connection: AsyncConnection, chat_ids: list[str]) -> None:
    """What was approved and is not called yet is not called any more."""
    await connection.execute(
        text("""DELETE FROM removal_reservations
                 WHERE chat_id = ANY(:chats) AND spent_at IS NULL AND approval IS NOT NULL"""),
        {"chats": chat_ids},
    )


async def _why_not(connection: AsyncConnection, name: str) -> str:
    found = await connection.execute(
        text("""SELECT chat_id, state, decided_by, expires_at FROM held_plans
                 WHERE hash = :name ORDER BY held_id DESC LIMIT 1"""),
        {"name": name},
    )
    row = found.one_or_none()
    if row is None:
        return "no plan of this hash was ever held; `plan` lists those that wait"
    match PlanState(row.state):
        case PlanState.DONE:
            return f"the plan was carried out already, approved by {row.decided_by}"
        case PlanState.APPROVED:
            ended = f"{row.expires_at:%Y-%m-%d %H:%M}"
            return (
                f"its approval expired on {ended} UTC; it is planned anew, see `plan` in a moment"
            )
        case _:
            return f"the plan has changed since; see `plan {row.chat_id}`"
