"""What would be done to one chat now: the plan as it would be called, and the guard's verdict.

Reads only: no lease is taken, nothing is written, and there is no messenger to call.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import LIMITS, plan_hash, removals
from domain.drift import DriftRules
from domain.guard import Pass, Verdict
from domain.ids import ChatId
from domain.lanes import Lane
from domain.plan import Action, Unknown, plan
from domain.refusals import apart
from domain.seasons import GuardPolicy
from domain.work import Lease, LeaseLost
from projections import guard
from projections.reconcile.load import load


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan that is not carried out; ``approved``: a person has approved its removals."""

    chat_id: ChatId
    hash: str
    actions: tuple[Action, ...]
    verdict: Verdict
    approved: bool


@dataclass(frozen=True, slots=True)
class ReadFirst:
    """What the messenger has in the chat is not known: it is read before anything is planned."""


async def preview(
    connection: AsyncConnection, chat_id: ChatId, policy: GuardPolicy, rules: DriftRules
) -> Preview | ReadFirst | None:
    """The plan for the chat as things stand; None where there is no such chat."""
    found = await connection.execute(
        text("SELECT lease_token, lane FROM chat_sync WHERE chat_id = :chat"), {"chat": chat_id}
    )
    row = found.one_or_none()
    if row is None:
        return None
    # The token of whoever holds, or last held, the chat: reading takes nothing from them.
    work = await load(connection, Lease(chat_id, row.lease_token, Lane(row.lane)), rules)
    if isinstance(work, LeaseLost) or isinstance(work.observed, Unknown):
        return ReadFirst()
    actions = apart(plan(work.target, work.observed, LIMITS, work.bot), work.setbacks)
    if not removals(actions):
        return Preview(chat_id, plan_hash(chat_id, actions), actions, Pass(), approved=False)
    found_by_guard = await guard.assess(connection, chat_id, work.school_id, actions, policy)
    return Preview(
        chat_id=chat_id,
        hash=found_by_guard.hash,
        actions=actions,
        verdict=found_by_guard.verdict,
        approved=found_by_guard.approval is not None,
    )
