"""Removals that wait for a person: which, what a chat's plan would be, and the decision.

Guarantees: a decision and its journal entry commit together, with whom it names and the account
that gave the command; to show a plan changes nothing. Whoever decides on a page may, by the
limit that would be passed, at the moment of deciding.
"""

from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from domain.access import may
from domain.actors import Actor
from domain.drift import DriftRules
from domain.guard import GuardScope
from domain.ids import ChatId
from domain.rights import Right
from domain.seasons import GuardPolicy
from domain.things import HeldPlan as HeldPlanOf
from operations.chats import visible
from operations.errors import NoSuchChat, NotPermitted
from operations.store import Engine
from projections.database import transaction
from projections.guard import held_plans, plan_decisions
from projections.guard.held_plans import HeldPlan, shown
from projections.guard.plan_decisions import Decided, NotDecided
from projections.reconcile import preview
from projections.reconcile.preview import Preview, ReadFirst
from projections.staff import removals

__all__ = [
    "USUAL_TERMS",
    "Choice",
    "Decided",
    "Decider",
    "HeldPlan",
    "NotDecided",
    "Preview",
    "ReadFirst",
    "Terms",
    "approve",
    "decide",
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


class Choice(Enum):
    """What a person may say of what is held in a chat."""

    ALLOW = "allow"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long what a person says on a page holds."""

    approval_hours: float
    rejection_days: float


USUAL_TERMS = Terms(approval_hours=24.0, rejection_days=30.0)
"""Those of the settings where nothing is set."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides on a page; ``name`` goes into the journal: a person's id, or an operator's."""

    actor: Actor
    name: str


async def decide(
    engine: Engine, decider: Decider, chat_id: ChatId, plan: str, choice: Choice, terms: Terms
) -> Decided | NotDecided:
    """Let what has this hash in this chat be carried out, or leave it undone.

    ``NotDecided``: it is not open there any more, or somebody said the same before.

    Raises:
        NoSuchChat: there is none of this id for who asks.
        NotPermitted: it is not theirs to decide.
    """
    async with transaction(engine) as connection:
        chat = await visible(connection, decider.actor, chat_id)
        scopes = await removals.scopes_of(connection, chat_id, plan)
        for scope in scopes or [GuardScope.CHAT]:
            if not may(decider.actor, Right.DECIDE_PLAN, HeldPlanOf(chat, scope)):
                raise NotPermitted
        if not scopes:
            return NotDecided(f"nothing of this hash is open in {chat_id}")
        match choice:
            case Choice.ALLOW:
                hours = terms.approval_hours
                return await plan_decisions.approve(connection, plan, decider.name, hours)
            case Choice.REFUSE:
                days = terms.rejection_days
                return await plan_decisions.reject(connection, plan, decider.name, days)
            case _:
                assert_never(choice)
