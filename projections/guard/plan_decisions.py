"""What people decide about what is held: each by its hash, with an author.

Guarantees: a decision is of exactly what was shown under that hash, ends by its date, and is
kept in a journal in which nothing changes; who decided the same already is told so. A decision
and its chat's becoming due commit together, under the lock that admitting a plan takes too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from domain.lanes import Lane
from projections.guard import held_plans
from projections.guard.held_plans import PlanState, ToHold
from projections.queue.due import mark_due


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision stands for these chats, until ``expires_at``."""

    chat_ids: tuple[ChatId, ...]
    removals: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NotDecided:
    """There is nothing to decide about by this name; ``reason`` is a sentence for people."""

    reason: str


async def approve(
    connection: AsyncConnection, name: str, by: str, hours: float, *, ran_by: str | None = None
) -> Decided | NotDecided:
    """Let what is held be carried out within ``hours``; ``name`` is its hash.

    The hash of a school (``school_hash``) approves all that it has waiting for limits that are
    wider than a chat. What was rejected may still be approved.
    """
    asked = _Asked(PlanState.APPROVED, by, ran_by, hours * 3600)
    return await _decide(connection, name, asked)


async def reject(
    connection: AsyncConnection,
    name: str,
    by: str,
    days: float = 30.0,
    *,
    ran_by: str | None = None,
) -> Decided | NotDecided:
    """Leave it undone for ``days``, while the register's reason is the same.

    An approval that is not used up ends. ``name`` is as for ``approve``.
    """
    return await _decide(connection, name, _Asked(PlanState.REJECTED, by, ran_by, days * 86_400))


async def approve_in_advance(
    connection: AsyncConnection, sets: Sequence[ToHold], by: str, hours: float
) -> int:
    """Let these be carried out, which were shown to a person and are not held; how many there are.

    What is held of the same chats stays beside it as it is, with who is not among these.
    """
    if not sets:
        return 0
    chats = sorted({each.chat_id for each in sets})
    await connection.execute(_LOCK, {"chats": chats})
    held = [await held_plans.hold(connection, each, PlanState.SUPERSEDED) for each in sets]
    asked = _Asked(PlanState.APPROVED, by, None, hours * 3600)
    return sum(row.removals for row in await _take(connection, _Named(held, chats), asked))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The decision that a person takes; ``ran_by`` is the account that ran the command."""

    state: PlanState
    by: str
    ran_by: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Named:
    held_ids: list[int]
    chat_ids: list[ChatId]


_LOCK = text("""
    SELECT 1 FROM chat_sync WHERE chat_id = ANY(:chats) ORDER BY chat_id FOR NO KEY UPDATE""")

_DECIDE = text("""
    WITH decided AS (
        UPDATE held_plans SET state = :state, decided_by = :by, decided_at = clock_now(),
               expires_at = clock_now() + make_interval(secs => :seconds)
         WHERE held_id = ANY(:ids) AND chat_id = ANY(:chats) AND state <> :state
           AND (expires_at IS NULL OR expires_at > clock_now())
        RETURNING held_id, chat_id, decided_at, expires_at),
    noted AS (
        INSERT INTO plan_decisions (held_id, decision, decided_by, ran_by, at, expires_at)
        SELECT held_id, :state, :by, :ran_by, decided_at, expires_at FROM decided)
    SELECT d.held_id, d.chat_id, d.expires_at,
           (SELECT count(*) FROM held_takings t WHERE t.held_id = d.held_id) AS removals
      FROM decided d""")


async def _decide(connection: AsyncConnection, name: str, asked: _Asked) -> Decided | NotDecided:
    named = await _named(connection, name)
    # The chats' rows first, as admitting does; what is named is looked up again behind them.
    await connection.execute(_LOCK, {"chats": named.chat_ids})
    again = await _named(connection, name)
    rows = await _take(connection, _Named(again.held_ids, named.chat_ids), asked)
    await mark_due(connection, named.chat_ids, Lane.STAFF)
    if not rows:
        return NotDecided(await _why_not(connection, name, asked.state))
    if asked.state is PlanState.REJECTED:
        await _take_back(connection, [row.held_id for row in rows])
    return Decided(
        chat_ids=tuple(sorted({ChatId(row.chat_id) for row in rows})),
        removals=sum(row.removals for row in rows),
        expires_at=rows[0].expires_at,
    )


async def _take(
    connection: AsyncConnection, named: _Named, asked: _Asked
) -> Sequence[Row[tuple[int, str, datetime, int]]]:
    """Decide about these sets, and note it in the journal; a row for each that is decided now."""
    decided = await connection.execute(
        _DECIDE,
        {
            "state": asked.state.value,
            "by": asked.by,
            "ran_by": asked.ran_by,
            "seconds": asked.seconds,
            "ids": named.held_ids,
            "chats": named.chat_ids,
        },
    )
    return decided.all()


async def _named(connection: AsyncConnection, name: str) -> _Named:
    """What is open under this hash, or all that waits in the school of this hash."""
    found = await connection.execute(
        text("""SELECT held_id, chat_id FROM held_plans
                 WHERE hash = :name AND state IN ('held', 'approved', 'rejected')"""),
        {"name": name},
    )
    rows = found.all() or await _of_school(connection, name)
    return _Named([row[0] for row in rows], [ChatId(row[1]) for row in rows])


async def _of_school(connection: AsyncConnection, name: str) -> list[tuple[int, str]]:
    found = await connection.execute(
        text("""SELECT school_id, lot, held_id, chat_id, hash FROM held_plans
                 WHERE state = 'held'
                   AND scope IN ('school', 'total', 'unlink_school', 'unlink_total')""")
    )
    schools: dict[tuple[str, str], list[tuple[str, int, str]]] = {}
    for row in found:
        of_lot = schools.setdefault((row.school_id, row.lot), [])
        of_lot.append((row.hash, row.held_id, row.chat_id))
    for plans in schools.values():
        together = ",".join(sorted(hash_ for hash_, _, _ in plans))
        if sha256(together.encode("ascii")).hexdigest() == name:
            return [(held_id, chat_id) for _, held_id, chat_id in plans]
    return []


async def _take_back(connection: AsyncConnection, held_ids: list[int]) -> None:
    """What was approved and is not called yet is not called any more."""
    await connection.execute(
        text("""DELETE FROM removal_reservations
                 WHERE approval = ANY(:ids) AND spent_at IS NULL"""),
        {"ids": held_ids},
    )


async def _why_not(connection: AsyncConnection, name: str, wanted: PlanState) -> str:
    found = await connection.execute(
        text("""SELECT chat_id, state, decided_by, decided_at, expires_at,
                       expires_at <= clock_now() AS expired
                  FROM held_plans WHERE hash = :name ORDER BY held_id DESC LIMIT 1"""),
        {"name": name},
    )
    row = found.one_or_none()
    if row is None:
        return "no plan of this hash was ever held; `plan` lists those that wait"
    state = PlanState(row.state)
    if state is PlanState.DONE:
        return f"the plan was carried out already, approved by {row.decided_by}"
    if state is PlanState.EXPIRED or row.expired:
        ended = f"{row.expires_at:%Y-%m-%d %H:%M}"
        what = "rejection" if state is PlanState.REJECTED else "approval"
        what = "decision" if state is PlanState.EXPIRED else what
        return f"its {what} expired on {ended} UTC; it is planned anew, see `plan` in a moment"
    if state is wanted:
        at = f"{row.decided_at:%Y-%m-%d %H:%M}"
        return f"it was {state.value} already, by {row.decided_by} on {at} UTC"
    return f"the plan has changed since; see `plan {row.chat_id}`"
