"""What the guard holds: sets of takings in one chat that wait for a person.

Guarantees: of each lot a chat has at most one set that is undecided, and another set
supersedes it. What people decided stays beside it, taking by taking, until its date. What
people decide is in ``projections.guard.plan_decisions``.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import GuardScope, Held, Rejected
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.plan import Action
from domain.takings import Before, HoldState, Lot, Taking


class PlanState(Enum):
    """Where a held set stands; the first three are open."""

    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ToHold:
    """A set that a limit holds, with what was said of each before."""

    chat_id: ChatId
    school_id: SchoolId
    lot: Lot
    hash: str
    takings: Sequence[Taking]
    before: Mapping[MaxUserId, Before]
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


# An approval lets each account go once: a try of unknown outcome may be repeated. Of strangers
# it speaks only where no restore has made the chat's membership unknown after it.
_BEFORE = text("""
    SELECT DISTINCT ON (t.max_user_id)
           t.max_user_id, t.since, t.only_by_person, h.held_id, h.hash, h.scope, h.removal_limit,
           h.would_be, h.decided_by, h.expires_at,
           CASE WHEN h.state = 'held' THEN 'held'
                WHEN h.expires_at <= clock_now() THEN 'lapsed'
                WHEN h.state = 'approved' AND asked.strange AND h.decided_at <= s.restored_at
                THEN 'lapsed'
                ELSE h.state END AS standing,
           h.state = 'rejected' AS was_rejected
      FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[]), CAST(:reasons AS text[]),
                  CAST(:strange AS boolean[])) AS asked (account, kind, reason, strange)
      JOIN held_takings t ON t.chat_id = :chat AND t.max_user_id = asked.account
                         AND t.kind = asked.kind AND t.reason = asked.reason
      JOIN held_plans h ON h.held_id = t.held_id AND h.state IN ('held', 'approved', 'rejected')
      JOIN chat_sync s ON s.chat_id = t.chat_id
     WHERE NOT EXISTS (
           SELECT FROM removal_reservations r
            WHERE r.approval = h.held_id AND r.max_user_id = t.max_user_id
              AND r.spent_at IS NOT NULL AND r.voided_at IS NULL AND NOT r.in_doubt)
     ORDER BY t.max_user_id, coalesce(h.decided_at, h.held_at) DESC, h.held_id DESC""")


def shown(actions: Sequence[Action]) -> list[dict[str, object]]:
    """The calls as JSON: the action's name and what it is called with."""
    return [{"action": type(action).__name__.lower(), **asdict(action)} for action in actions]


async def before(
    connection: AsyncConnection, chat_id: ChatId, takings: Sequence[Taking]
) -> dict[MaxUserId, Before]:
    """What was said last about each of these, for the reason that it has now."""
    found = await connection.execute(
        _BEFORE,
        {
            "chat": chat_id,
            "accounts": [taking.account for taking in takings],
            "kinds": [taking.kind.value for taking in takings],
            "reasons": [taking.reason for taking in takings],
            "strange": [taking.lot is Lot.STRANGERS for taking in takings],
        },
    )
    return {MaxUserId(row.max_user_id): _before(row) for row in found}


def _before(row: Row[Any]) -> Before:
    standing = HoldState(row.standing)
    return Before(
        hold=row.held_id,
        standing=standing,
        verdict=Held(GuardScope(row.scope), row.removal_limit, row.would_be),
        since=row.since,
        rejected=Rejected(row.hash, row.decided_by, row.expires_at)
        if standing is HoldState.REJECTED
        else None,
        only_by_person=row.only_by_person
        or (standing is HoldState.LAPSED and bool(row.was_rejected)),
    )


async def undecided(connection: AsyncConnection, chat_id: ChatId) -> dict[Lot, str]:
    """The hash of what waits, by lot."""
    found = await connection.execute(
        text("SELECT lot, hash FROM held_plans WHERE chat_id = :chat AND state = 'held'"),
        {"chat": chat_id},
    )
    return {Lot(row.lot): row.hash for row in found}


# Somebody may approve removals that follow from what they decide at the same time. Until that is
# derived, and looked at, the chat's being as it should be says nothing of them.
_CLOSE = text("""
    UPDATE held_plans
       SET state = CASE WHEN state = 'approved' THEN 'done' ELSE 'superseded' END
     WHERE chat_id = :chat AND state IN ('held', 'approved', 'rejected')
       AND NOT (state = 'approved' AND (
           EXISTS (SELECT FROM stale_entities WHERE kind = 'chat' AND id = :chat)
           OR EXISTS (SELECT FROM chat_sync
                       WHERE chat_id = :chat AND due_generation <> :generation)))""")


async def close(connection: AsyncConnection, chat_id: ChatId, generation: int) -> None:
    """The chat is as it should be: nothing of what is open waits any more.

    ``generation`` is that of the chat's work at which this was seen.
    """
    await connection.execute(_CLOSE, {"chat": chat_id, "generation": generation})


async def end_decisions(connection: AsyncConnection, chat_id: ChatId) -> None:
    """Decisions whose date has come, and approvals that are used up, are open no more."""
    await connection.execute(
        text("""UPDATE held_plans h
                   SET state = CASE WHEN h.expires_at <= clock_now() THEN 'expired'
                                    ELSE 'done' END
                 WHERE h.chat_id = :chat AND h.state IN ('approved', 'rejected')
                   AND (h.expires_at <= clock_now()
                        OR (h.state = 'approved' AND NOT EXISTS (
                            SELECT FROM held_takings t
                             WHERE t.held_id = h.held_id AND NOT EXISTS (
                                   SELECT FROM removal_reservations r
                                    WHERE r.approval = h.held_id
                                      AND r.max_user_id = t.max_user_id
                                      AND r.spent_at IS NOT NULL AND r.voided_at IS NULL
                                      AND NOT r.in_doubt))))"""),
        {"chat": chat_id},
    )


async def supersede(connection: AsyncConnection, chat_id: ChatId, lots: Collection[Lot]) -> None:
    """What waited of these lots does so no more, or as part of another set."""
    await connection.execute(
        text("""UPDATE held_plans SET state = 'superseded'
                 WHERE chat_id = :chat AND state = 'held' AND lot = ANY(:lots)"""),
        {"chat": chat_id, "lots": [lot.value for lot in lots]},
    )


async def hold(connection: AsyncConnection, held: ToHold, state: PlanState = PlanState.HELD) -> int:
    """Hold the set, and tell its number; nothing else of its lot may be undecided.

    In another ``state`` it is one that never waits (``plan_decisions.approve_in_advance``).
    """
    inserted = await connection.execute(
        text("""INSERT INTO held_plans (hash, chat_id, school_id, lot, scope, removals, people,
                       actions, removal_limit, would_be, held_at, state)
                VALUES (:hash, :chat, :school, :lot, :scope, :removals, CAST(:people AS jsonb),
                       CAST(:actions AS jsonb), :limit, :would_be, clock_now(), :state)
                RETURNING held_id"""),
        {
            "hash": held.hash,
            "chat": held.chat_id,
            "school": held.school_id,
            "lot": held.lot.value,
            "scope": held.verdict.scope.value,
            "removals": sum(taking.counts for taking in held.takings),
            "people": json.dumps(held.people),
            "actions": json.dumps(_calls(held.takings)),
            "limit": held.verdict.limit,
            "would_be": held.verdict.would_be,
            "state": state.value,
        },
    )
    held_id = int(inserted.scalar_one())
    earlier = [held.before.get(taking.account) for taking in held.takings]
    await connection.execute(
        text("""INSERT INTO held_takings
                SELECT :held, :chat, t.account, t.kind, t.reason, coalesce(t.since, clock_now()),
                       t.only_by_person
                  FROM unnest(CAST(:accounts AS bigint[]), CAST(:kinds AS text[]),
                              CAST(:reasons AS text[]), CAST(:since AS timestamptz[]),
                              CAST(:only AS boolean[]))
                       AS t (account, kind, reason, since, only_by_person)"""),
        {
            "held": held_id,
            "chat": held.chat_id,
            "accounts": [taking.account for taking in held.takings],
            "kinds": [taking.kind.value for taking in held.takings],
            "reasons": [taking.reason for taking in held.takings],
            "since": [said and said.since for said in earlier],
            "only": [said is not None and said.only_by_person for said in earlier],
        },
    )
    return held_id


def _calls(takings: Sequence[Taking]) -> list[dict[str, object]]:
    return [{"action": taking.kind.value, "user_id": taking.account} for taking in takings]


async def listing(connection: AsyncConnection) -> list[HeldPlan]:
    """What is open, the oldest first."""
    found = await connection.execute(
        text("""SELECT * FROM dashboard.held_plans
                 WHERE state IN ('held', 'approved', 'rejected') ORDER BY held_at, chat_id""")
    )
    return [HeldPlan(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's documented name
