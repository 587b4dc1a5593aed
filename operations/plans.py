"""Removals that wait for a person: which, what a chat's plan would be, and the decision.

Guarantees: a decision and its journal entry commit together, with whom it names and the account
that gave the command; to show a plan changes nothing.
"""

from domain.drift import DriftRules
from domain.ids import ChatId
from domain.seasons import GuardPolicy
from operations.errors import NoSuchChat
from operations.store import Engine
from projections.database import transaction
from projections.guard import held_plans, plan_decisions
from projections.guard.held_plans import HeldPlan, shown
from projections.guard.plan_decisions import Decided, NotDecided
from projections.reconcile import preview
from projections.reconcile.preview import Preview, ReadFirst

__all__ = [
    "Decided",
    "HeldPlan",
    "NotDecided",
    "Preview",
    "ReadFirst",
    "approve",
    "plan_of",
    "reject",
    "shown",
    "waiting",
]


async def waiting(engine: Engine) -> list[HeldPlan]:
    """What is open, the oldest first."""
    async with transaction(engine) as connection:
        return await held_plans.listing(connection)


async def plan_of(
    engine: Engine, chat_id: ChatId, policy: GuardPolicy, rules: DriftRules
) -> Preview | ReadFirst:
    """What would be done to the chat now.

    Raises:
        NoSuchChat: there is none of this id.
    """
    async with transaction(engine) as connection:
        found = await preview.preview(connection, chat_id, policy, rules)
    if found is None:
        raise NoSuchChat([chat_id])
    return found


async def approve(
    engine: Engine, name: str, by: str, hours: float, *, ran_by: str
) -> Decided | NotDecided:
    """Let what this hash names be carried out within ``hours``."""
    async with transaction(engine) as connection:
        return await plan_decisions.approve(connection, name, by, hours, ran_by=ran_by)


async def reject(
    engine: Engine, name: str, by: str, days: float, *, ran_by: str
) -> Decided | NotDecided:
    """Leave undone what this hash names, for ``days``."""
    async with transaction(engine) as connection:
        return await plan_decisions.reject(connection, name, by, days, ran_by=ran_by)
