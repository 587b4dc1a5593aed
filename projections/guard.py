"""The guard before the messenger: a plan that removes anybody is admitted here, or held.

Guarantees: what was removed in each window and what is about to be is counted and reserved
in one transaction, behind locks of the school and of all, so plans side by side cannot pass
together. Only a reserved removal can be called (``spend``; the database refuses others). A
held plan is held whole and stays so whatever time passes: a person approves it, or the chat
has another plan that is within the limits.

What counts: removals that were called within the window or may be called any moment. What a
person approved does not, for it was looked at. A limit of the school, or the one in all,
holds the school's plan: while plans of other chats of the school wait for it, their removals
count for the school as if they were made. Thus nothing trickles out of a mass removal.

Strangers are counted apart. An approval speaks for those that it showed; of others as many may
leave beside it as would without it, and while the chat is marked by a restore none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import plan_hash, removals
from domain.days import local_date, zone_of
from domain.guard import (
    Admission,
    GuardLimits,
    Held,
    Pass,
    RemovalCause,
    Verdict,
    judge,
    removals_of,
)
from domain.ids import ChatId, MaxUserId, SchoolId
from domain.plan import Action
from domain.seasons import GuardPolicy
from projections import held_plans, restores
from projections.guard_windows import count_windows
from projections.held_plans import OpenPlan, PlanState, PlanToHold
from projections.reconcile import reservations
from projections.reconcile.causes import causes_of, people_of


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict over a plan, why each account leaves, and the approval that it rests on."""

    hash: str
    verdict: Verdict
    causes: dict[MaxUserId, RemovalCause]
    opened: OpenPlan | None
    approval: int | None

    @property
    def is_standing(self) -> bool:
        """The plan is held already, and nothing new is to be written about it."""
        return self.opened is not None and self.opened.hash == self.hash

    @property
    def counted(self) -> int:
        """How many of the removals count."""
        return removals_of(self.causes.values()).counted


async def admit(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    actions: Sequence[Action],
    policy: GuardPolicy,
) -> Admission:
    """Reserve the plan's removals, or hold them all.

    The caller's transaction holds the chat's lease, so a chat has one plan at a time. Earlier
    reservations of the chat that were not used are replaced by this plan's.
    """
    await _lock(connection, school_id)
    found = await assess(connection, chat_id, school_id, actions, policy)
    await reservations.drop(connection, chat_id)
    if isinstance(found.verdict, Pass):
        if found.approval is None:
            await held_plans.supersede(connection, chat_id)
        await reservations.reserve(connection, chat_id, school_id, found.causes, found.approval)
        return Admission()
    if not (found.is_standing and _waits(found.opened)):
        accounts = tuple(found.causes)
        plan = PlanToHold(
            chat_id=chat_id,
            school_id=school_id,
            hash=found.hash,
            actions=actions,
            accounts=accounts,
            counted=found.counted,
            people=await people_of(connection, chat_id, found.causes),
            verdict=found.verdict,
        )
        await held_plans.hold(connection, plan)
    return Admission(dict.fromkeys(found.causes, found.verdict))


async def assess(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    actions: Sequence[Action],
    policy: GuardPolicy,
) -> Assessment:
    """What the guard says of the plan now; changes nothing, and without locks it is a guess."""
    restored = await restores.is_marked(connection, chat_id)
    causes = await causes_of(connection, chat_id, removals(actions), restored=restored)
    opened = await held_plans.open_plan(connection, chat_id)
    name = plan_hash(chat_id, actions)
    limits = await _limits(connection, school_id, policy)
    counted = {account for account, cause in causes.items() if cause is RemovalCause.NOT_EXPECTED}
    if opened is not None and opened.approved and counted <= opened.accounts:
        beside = _Asked(name, _not_shown(causes, opened), set(), None, restored)
        if isinstance(await _verdict(connection, chat_id, school_id, limits, beside), Pass):
            return Assessment(name, Pass(), causes, opened, opened.held_id)
    asked = _Asked(name, causes, counted, opened, restored)
    verdict = await _verdict(connection, chat_id, school_id, limits, asked)
    return Assessment(name, verdict, causes, opened, None)


def _not_shown(
    causes: dict[MaxUserId, RemovalCause], approved: OpenPlan
) -> dict[MaxUserId, RemovalCause]:
    """The strangers for whom an approval does not speak."""
    shown = approved.accounts if approved.decided_since_restore else frozenset()
    return {
        account: cause
        for account, cause in causes.items()
        if cause is RemovalCause.STRANGER and account not in shown
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """A plan without an approval."""

    hash: str
    causes: dict[MaxUserId, RemovalCause]
    counted: set[MaxUserId]
    opened: OpenPlan | None
    restored: bool


async def _verdict(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    limits: GuardLimits,
    asked: _Asked,
) -> Verdict:
    planned = removals_of(asked.causes.values())
    if not limits.enabled or not (planned.counted or planned.strangers):
        return Pass()
    if asked.opened is not None and asked.opened.hash == asked.hash and _waits(asked.opened):
        return asked.opened.verdict
    if not planned.strangers and asked.counted <= await reservations.counted_already(
        connection, chat_id
    ):
        # What is left of a plan that was admitted: it counts in all windows already.
        return Pass()
    most = max(planned.counted, planned.strangers)
    windows = await count_windows(connection, chat_id, school_id, most, asked.counted, limits)
    return judge(
        planned, windows.chat, windows.school, windows.total, limits, restored=asked.restored
    )


def _waits(plan: OpenPlan | None) -> bool:
    """Held or rejected; an approval that has ended is judged anew."""
    return plan is not None and plan.state in {PlanState.HELD, PlanState.REJECTED}


async def _limits(
    connection: AsyncConnection, school_id: SchoolId, policy: GuardPolicy
) -> GuardLimits:
    if not policy.seasons:
        return policy.limits
    found = await connection.execute(
        text("""SELECT clock_now() AS now, (SELECT timezone FROM fact_schools
                                             WHERE school_id = :school) AS timezone"""),
        {"school": school_id},
    )
    row = found.one()
    return policy.limits_on(local_date(zone_of(row.timezone), row.now))


async def _lock(connection: AsyncConnection, school_id: SchoolId) -> None:
    """The school's row, then the one of all: always in this order."""
    school = f"school:{school_id}"
    await connection.execute(
        text("INSERT INTO guard_scopes VALUES (:scope) ON CONFLICT DO NOTHING"), {"scope": school}
    )
    for scope in (school, "total"):
        await connection.execute(
            text("SELECT 1 FROM guard_scopes WHERE scope = :scope FOR UPDATE"), {"scope": scope}
        )


__all__ = ["Assessment", "Held", "Pass", "admit", "assess"]
