"""What the guard holds in one chat, with the names of those whom it is about.

Asked behind the fence, so of people whose names are not for who asks only the ids come out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import GuardScope
from domain.ids import ChatId, MaxUserId, PersonId
from domain.takings import TakingCause
from projections.guard.held_plans import PlanState
from projections.staff.names import PersonName, names_of

_OPEN: Final = text("""
    SELECT hash, scope, state, removal_limit, would_be, people, actions, held_at, decided_by,
           expires_at
      FROM held_plans
     WHERE chat_id = :chat AND state IN ('held', 'approved', 'rejected')
       AND (expires_at IS NULL OR expires_at > clock_now())
     ORDER BY (state = 'held') DESC, held_at, held_id""")

_SCOPES: Final = text("""
    SELECT scope FROM held_plans
     WHERE chat_id = :chat AND hash = :hash AND state IN ('held', 'approved', 'rejected')""")

_LOCK: Final = text("SELECT 1 FROM chat_sync WHERE chat_id = :chat FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class HeldPerson:
    """One person whom a held set is about; ``name`` is None where it is not for who asks.

    ``person_id`` is None where nobody of ours is behind the account. ``leaves``: they would be
    taken out, and not only lose an administrator's rights.
    """

    account: MaxUserId
    person_id: PersonId | None
    name: PersonName | None
    cause: TakingCause
    leaves: bool


@dataclass(frozen=True, slots=True)
class HeldSet:
    """One set that the guard holds, or about which somebody decided.

    ``leaving`` and ``losing`` count accounts: who would be taken out, and who would lose rights.
    """

    hash: str
    scope: GuardScope
    state: PlanState
    limit: int
    would_be: int
    held_at: datetime
    decided_by: str | None
    decider: PersonName | None
    expires_at: datetime | None
    leaving: int
    losing: int
    people: tuple[HeldPerson, ...]

    @property
    def in_advance(self) -> bool:
        """Whether a person approved it without any limit's having held it."""
        return self.would_be <= self.limit


async def open_sets(connection: AsyncConnection, chat_id: ChatId) -> tuple[HeldSet, ...]:
    """What is open in the chat, the undecided first; ``connection`` is behind the fence."""
    rows = (await connection.execute(_OPEN, {"chat": chat_id})).all()
    about = {str(each["person_id"]) for row in rows for each in row.people if each["person_id"]}
    about |= {row.decided_by for row in rows if row.decided_by}
    if not rows:
        return ()
    names = await names_of(connection, about)
    return tuple(_set(row, names) for row in rows)


def _set(row: Row[Any], names: Mapping[str, PersonName]) -> HeldSet:
    removed = {call["user_id"] for call in row.actions if call["action"] == "remove"}
    return HeldSet(
        hash=row.hash,
        scope=GuardScope(row.scope),
        state=PlanState(row.state),
        limit=row.removal_limit,
        would_be=row.would_be,
        held_at=row.held_at,
        decided_by=row.decided_by,
        decider=names.get(row.decided_by),
        expires_at=row.expires_at,
        leaving=len(removed),
        losing=len(row.actions) - len(removed),
        people=held_people(row.people, removed, names),
    )


def held_people(
    people: Iterable[Mapping[str, Any]],
    removed: Collection[int],
    names: Mapping[str, PersonName],
) -> tuple[HeldPerson, ...]:
    """Those whom ``projections.guard.taking_causes`` tells of, with the names that may be known."""
    return tuple(
        HeldPerson(
            account=MaxUserId(each["max_user_id"]),
            person_id=None if each["person_id"] is None else PersonId(each["person_id"]),
            name=names.get(each["person_id"]),
            cause=TakingCause(each["cause"]),
            leaves=each["max_user_id"] in removed,
        )
        for each in people
    )


async def scopes_of(
    connection: AsyncConnection, chat_id: ChatId, plan_hash: str
) -> list[GuardScope]:
    """By whose limits what has this hash is held in the chat; none: nothing open has it.

    The answer holds until the transaction ends: the guard waits behind the same lock. Asked by
    the owner, for whoever is about to decide.
    """
    await connection.execute(_LOCK, {"chat": chat_id})
    found = await connection.execute(_SCOPES, {"chat": chat_id, "hash": plan_hash})
    return [GuardScope(row.scope) for row in found]
