"""A person's own chats, by kind, as the guide's screen «Чаты» has them (2.2).

Guarantees: they are asked for behind the fence, so nobody is shown what is not for them.
"""

from dataclasses import dataclass
from itertools import groupby

from domain.actors import Actor
from domain.chats import ChatKind
from domain.ids import PersonId
from operations.listing import order_key
from operations.store import StaffStore
from projections.staff.own_chats import OwnChat

__all__ = ["OwnChat", "OwnChatsByKind", "own_chats"]

_KINDS = [kind.value for kind in ChatKind]


@dataclass(frozen=True, slots=True)
class OwnChatsByKind:
    """The chats in the guide's order; ``linked`` says that the person's study profile is."""

    linked: bool
    groups: list[tuple[str, list[OwnChat]]]
    several_schools: bool


async def own_chats(store: StaffStore, actor: Actor, person_id: PersonId) -> OwnChatsByKind:
    """The chats in which the person belongs, asked by ``actor``."""
    found = await store.own_chats(actor, person_id)
    ordered = sorted(
        found.chats,
        key=lambda chat: (_KINDS.index(chat.kind), order_key(chat.title), chat.chat_id),
    )
    return OwnChatsByKind(
        linked=found.linked,
        groups=[(kind, list(those)) for kind, those in groupby(ordered, lambda chat: chat.kind)],
        several_schools=len({chat.school_id for chat in found.chats}) > 1,
    )
