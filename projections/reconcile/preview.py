"""What would be done to one chat now: the plan as it would be called, and the guard's verdict.

Reads only: no lease is taken, nothing is written, and there is no messenger to call.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import LIMITS, plan_hash
from domain.drift import DriftRules
from domain.guard import Admission, Held
from domain.ids import ChatId, PersonId
from domain.lanes import Lane
from domain.plan import Action, Unknown, plan, takings
from domain.refusals import apart
from domain.seasons import GuardPolicy
from domain.work import Lease, LeaseLost, Work
from projections.guard import admission as guard
from projections.reconcile.load import load


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan that is not carried out.

    ``actions`` are all its calls, ``admission`` says which of them wait. ``hash`` names what
    waits for a decision, else what was rejected, else the plan. ``approved``: some of it rests
    on a person's approval. ``held`` is the limit that what waits would pass.
    """

    chat_id: ChatId
    hash: str
    actions: tuple[Action, ...]
    admission: Admission
    held: Held | None
    approved: bool


@dataclass(frozen=True, slots=True)
class ReadFirst:
    """What the messenger has in the chat is not known: it is read before anything is planned."""


async def preview(
    connection: AsyncConnection, chat_id: ChatId, policy: GuardPolicy, rules: DriftRules
) -> Preview | ReadFirst | None:
    """The plan for the chat as things stand; None where there is no such chat."""
    planned = await plan_without(connection, chat_id, rules)
    if planned is None or isinstance(planned, ReadFirst):
        return planned
    work, actions = planned
    name = plan_hash(chat_id, actions)
    if not takings(actions):
        return Preview(chat_id, name, actions, Admission(), None, approved=False)
    said = await guard.assess(connection, chat_id, work.school_id, actions, policy)
    waiting = list(said.waiting.values())
    names = [each.hash for each in waiting] + [each.hash for each in said.rejected.values()]
    return Preview(
        chat_id=chat_id,
        hash=names[0] if names else name,
        actions=actions,
        admission=said.admission({}),
        held=waiting[0].verdict if waiting else None,
        approved=bool(said.approved),
    )


async def plan_without(
    connection: AsyncConnection,
    chat_id: ChatId,
    rules: DriftRules,
    without: AbstractSet[PersonId] = frozenset(),
) -> tuple[Work, tuple[Action, ...]] | ReadFirst | None:
    """The chat's work and the calls for it, as if the people ``without`` were not expected."""
    found = await connection.execute(
        text("SELECT lease_token, lane FROM chat_sync WHERE chat_id = :chat"), {"chat": chat_id}
    )
    row = found.one_or_none()
    if row is None:
        return None
    # The token of whoever holds, or last held, the chat: reading takes nothing from them.
    lease = Lease(chat_id, row.lease_token, Lane(row.lane))
    work = await load(connection, lease, rules, without)
    if isinstance(work, LeaseLost) or isinstance(work.observed, Unknown):
        return ReadFirst()
    return work, apart(plan(work.target, work.observed, LIMITS, work.bot), work.setbacks)
