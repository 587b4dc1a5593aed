"""A person's screen «Чаты»: their own chats by kind, and those that their children are kept from.

As the guide has it (2.1, 2.2). Guarantees: everything is asked for behind the fence, so nobody is
shown what is not for them; of a link only an ``https`` address is handed on.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from domain.access import may
from domain.actors import Actor
from domain.chats import ChatKind
from domain.ids import PersonId
from domain.profile_links import Linked, LinkState
from domain.rights import Right
from domain.things import TheSchool
from operations.installation import Installation
from operations.links import BY_LINK, leads_out
from operations.listing import order_key
from operations.store import StaffStore
from projections.staff.own_chats import Child, OwnChat

__all__ = ["Child", "ChildChats", "OwnChat", "OwnScreen", "own_chats"]

_KINDS = [kind.value for kind in ChatKind]


@dataclass(frozen=True, slots=True)
class ChildChats:
    """A child: in how many chats they belong, and those into which they cannot be brought."""

    child: Child
    total: int
    kept_from: list[OwnChat]


@dataclass(frozen=True, slots=True)
class OwnScreen:
    """The chats in the guide's order, and how the person's study profile stands."""

    link: LinkState
    linked: bool
    manages: bool
    groups: list[tuple[str, list[OwnChat]]]
    several_schools: bool
    children: list[ChildChats]


async def own_chats(
    store: StaffStore, actor: Actor, person_id: PersonId, installation: Installation
) -> OwnScreen:
    """The chats in which the person belongs, asked by ``actor``.

    Raises:
        ModuleOff: there are none in any of the person's schools.
    """
    found = await store.own_chats(actor, person_id)
    installation.require_on(found.schools)
    own = _ordered(found.chats[person_id])
    linked = isinstance(found.link.state, Linked)
    if not linked:  # by the link they would be a stranger, who is taken out again
        own = [replace(chat, link=None) for chat in own]
    return OwnScreen(
        link=found.link.state,
        linked=linked,
        manages=any(may(actor, Right.SEE_CHATS, TheSchool(each)) for each in actor.works_in),
        groups=[(kind, list(those)) for kind, those in groupby(own, lambda chat: chat.kind)],
        several_schools=len({chat.school_id for chat in own}) > 1,
        children=sorted(
            (_of_child(each, found.chats[each.person_id]) for each in found.children),
            key=_child_order,
        ),
    )


def _of_child(child: Child, chats: list[OwnChat]) -> ChildChats:
    kept_from = [chat for chat in chats if child.linked and chat.obstacle is not None]
    return ChildChats(child, len(chats), _ordered(kept_from))


def _child_order(each: ChildChats) -> tuple[object, ...]:
    name = each.child.name
    words = "" if name is None else f"{name.surname} {name.given_name} {name.patronymic}"
    return (order_key(words), each.child.person_id)


def _ordered(chats: Iterable[OwnChat]) -> list[OwnChat]:
    return sorted(
        map(_as_shown, chats),
        key=lambda chat: (_KINDS.index(chat.kind), order_key(chat.title), chat.chat_id),
    )


def _as_shown(chat: OwnChat) -> OwnChat:
    """Without a link that leads elsewhere, or that would not help."""
    helps = chat.obstacle is None or chat.obstacle in BY_LINK
    return chat if leads_out(chat.link) and helps else replace(chat, link=None)
