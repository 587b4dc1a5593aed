"""«Выбрать участников чата»: whom one may put into a chat, and putting them in (the guide, 3.1).

Guarantees: only people of the chat's school, by the fence and by ``domain.access``; thousands are
chosen by their filter; what is then added is what was counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.access import may
from domain.actors import Actor
from domain.by_hand import Act
from domain.choice import Choice
from domain.ids import ChatId, ClassId
from domain.rights import Right
from domain.things import ChosenPerson, NewMembers, TheSchool
from operations.cards import ChatCard, load_card
from operations.errors import NotPermitted
from operations.listing import Page, order_key, start_of
from operations.member_answers import Answer, Refusal, Refused, Seen
from operations.member_changes import record_act
from operations.store import StaffStore
from projections.by_hand import journal
from projections.database import Connection, transaction
from projections.staff import candidates as pool
from projections.staff import fence, purposes
from projections.staff.candidate_rows import (
    Candidate,
    CandidatesFilter,
    Found,
    Order,
    Part,
    Pool,
    SortedBy,
)
from projections.staff.purposes import OpenClass

__all__ = ["Candidate", "Candidates", "CandidatesFilter", "CandidatesLook", "Order", "Part",
           "SortedBy", "add", "candidates", "class_names", "page_of_found"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CandidatesLook:
    """What somebody looks at: a filter, a page in an order, and whom they have chosen so far."""

    wanted: CandidatesFilter = field(default_factory=CandidatesFilter)
    order: Order = field(default_factory=Order)
    choice: Choice[CandidatesFilter] = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Candidates:
    """A page of people. ``matching``: all whom the filter takes and who can be chosen.

    ``position`` and ``seen``: as of ``operations.chat_people``.
    """

    card: ChatCard
    people: Page[Candidate]
    classes: dict[ClassId, str]
    matching: int
    chosen: int
    choice: Choice[CandidatesFilter]
    position: int
    seen: str


async def candidates(
    store: StaffStore, actor: Actor, chat_id: ChatId, look: CandidatesLook
) -> Candidates:
    """The window.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they choose nobody for it.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await _card(connection, actor, chat_id)
        found = await pool.candidates(
            connection, _where(card), look.wanted, look.choice, look.order
        )
        classes = await purposes.classes(connection, card.thing.school_id)
        position = await journal.position(connection, chat_id)
    return Candidates(
        card=card,
        people=page_of_found(found, look.order),
        classes=class_names(classes),
        matching=found.matching,
        chosen=found.chosen,
        choice=look.choice.among(found.named),
        position=position,
        seen=found.digest,
    )


def page_of_found(found: Found, order: Order) -> Page[Candidate]:
    """The page of them that was asked for, or the last one."""
    number, _ = start_of(order.page, order.size, found.total)
    return Page(found.rows, number, order.size, found.total)


def class_names(classes: Iterable[OpenClass]) -> dict[ClassId, str]:
    """The classes of which somebody may be chosen, by name."""
    named = sorted(classes, key=lambda each: (order_key(each.name), each.class_id))
    return {each.class_id: each.name for each in named}


async def add(
    store: StaffStore,
    actor: Actor,
    chat_id: ChatId,
    choice: Choice[CandidatesFilter],
    seen: Seen,
) -> Answer:
    """Put those who are chosen into the chat.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
        NotPermitted: they may not.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await _card(connection, actor, chat_id)
        people, digest = await pool.chosen(connection, _where(card), choice)
    if card.is_closed:
        return Refused(Refusal.CLOSED)
    of_school = frozenset({card.thing.school_id})
    added = NewMembers(card.thing, tuple(ChosenPerson(each, of_school) for each in people))
    if not may(actor, Right.ADD_MEMBERS, added):
        raise NotPermitted
    async with transaction(store.engine) as connection:
        return await record_act(connection, actor, card, Act.ADD, people, seen, digest)


async def _card(connection: Connection, actor: Actor, chat_id: ChatId) -> ChatCard:
    """The chat, if the actor chooses people for it: manages it, and may know the school's."""
    card = await load_card(connection, actor, chat_id, Right.ADD_MEMBERS)
    if not may(actor, Right.SEE_NAMES, TheSchool(card.thing.school_id)):
        raise NotPermitted
    return card


def _where(card: ChatCard) -> Pool:
    return Pool(card.thing.school_id, card.thing.chat_id)
