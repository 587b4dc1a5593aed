"""Removals that the guard holds in one chat, for whoever answers for its school.

Guarantees: who may not decide about a chat's removals is not shown them; names come by right
alone. The decision itself is ``operations.plans.decide``.
"""

from dataclasses import dataclass

from domain.access import may
from domain.actors import Actor
from domain.guard import GuardScope
from domain.ids import ChatId
from domain.rights import Right
from domain.takings import TakingCause
from domain.things import HeldPlan
from operations.errors import NoSuchChat, NotPermitted
from operations.store import StaffStore
from projections.guard.held_plans import PlanState
from projections.staff.removals import HeldPerson, HeldSet
from projections.staff.school_chats import SchoolChat

__all__ = [
    "ChatRemovals",
    "HeldPerson",
    "HeldSet",
    "PlanState",
    "TakingCause",
    "removals_of",
]


@dataclass(frozen=True, slots=True)
class ChatRemovals:
    """A chat, and the sets about which who asks may decide; ``others`` are for somebody else."""

    row: SchoolChat
    sets: tuple[HeldSet, ...]
    others: tuple[HeldSet, ...]


async def removals_of(store: StaffStore, actor: Actor, chat_id: ChatId) -> ChatRemovals:
    """What is held in the chat.

    Raises:
        NoSuchChat: there is none of this id for who asks.
        NotPermitted: it is not for them to decide about it.
    """
    found = await store.school_chat(actor, chat_id)
    if found is None:
        raise NoSuchChat([chat_id])
    row, sets = found
    if not may(actor, Right.DECIDE_PLAN, HeldPlan(row.chat, GuardScope.CHAT)):
        raise NotPermitted
    own = [may(actor, Right.DECIDE_PLAN, HeldPlan(row.chat, each.scope)) for each in sets]
    return ChatRemovals(
        row,
        sets=tuple(each for each, mine in zip(sets, own, strict=True) if mine),
        others=tuple(each for each, mine in zip(sets, own, strict=True) if not mine),
    )
