"""A chat is made by hand: the act behind «Добавить новый чат» (the guide, 3.3).

Guarantees: one act makes one chat, however often its form is sent; it is a decision in the
journal, with the people chosen for it, by a person's id. Nobody makes a second chat for the same
without having been told of the first, also where both are made at once. What it is for, and who
may be in it, is asked of ``domain.access`` at the act.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.access import may
from domain.actors import Actor
from domain.by_hand import Act, choices
from domain.chats import Filling
from domain.decisions import (
    ChatDecision,
    CountingDecisions,
    MembershipDecision,
    RoleDecision,
)
from domain.expected import Role
from domain.founding import Founding, hand_chat_id
from domain.ids import ChatId, GroupId, PersonId, SchoolId
from domain.rights import Right
from domain.things import ChosenPerson
from operations.chat_title import fault_of
from operations.errors import NotPermitted
from operations.member_answers import ListChanged, Refused
from operations.member_changes import author
from operations.new_chat_offer import NewChatLook, Offer, filling_of, load_offer, thing_of
from operations.store import StaffStore
from projections.by_hand import decisions, journal
from projections.by_hand.foundings import load_founded
from projections.by_hand.journal import ActHead
from projections.database import Connection, driver, transaction
from projections.derive import chat_rows
from projections.derive.by_rules import by_rules
from projections.derive.config import ChatKindsOff
from projections.staff import candidates as pool
from projections.staff import fence, purposes, things

__all__ = ["Made", "MakingAnswer", "NothingChosen", "ShownForAnother", "TwinsThere", "Wanted",
           "make"]  # fmt: skip

_WHAT = "found"
NOTHING_OFF = ChatKindsOff()
"""Kinds that are off do not make themselves; what a person makes is their own decision."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filled-in form. ``digest``: whom the choice's filter took; ``known``: twins told of."""

    act_id: UUID
    look: NewChatLook
    title: str
    digest: str = ""
    known: frozenset[ChatId] = frozenset()


@dataclass(frozen=True, slots=True)
class Made:
    """The chat is there."""

    chat_id: ChatId


@dataclass(frozen=True, slots=True)
class NothingChosen:
    """The class or the subject is not chosen, or has been closed meanwhile."""


@dataclass(frozen=True, slots=True)
class TwinsThere:
    """There are chats for the same of which they have not been told."""


@dataclass(frozen=True, slots=True)
class ShownForAnother:
    """The page that they saw was for another class or subject: who is in was not shown."""


MakingAnswer = Made | NothingChosen | ShownForAnother | TwinsThere | ListChanged | Refused


async def make(
    store: StaffStore, actor: Actor, school_id: SchoolId, wanted: Wanted
) -> MakingAnswer:
    """«Добавить».

    Raises:
        NotPermitted: they may not make such a chat, or not with these people.
    """
    by = author(actor)
    chat_id = hand_chat_id(wanted.act_id, by)
    async with fence.reading(store.engine, actor) as connection:
        offer = await load_offer(connection, actor, school_id, wanted.look)
        if await things.the_chat(connection, chat_id) is not None:
            return Made(chat_id)
        if offer.purpose is None:
            return NothingChosen()
        if wanted.look.shown_for != offer.key:
            return ShownForAnother()
        filling = filling_of(offer, wanted.look)
        people = await _chosen(connection, offer, filling, wanted)
        if isinstance(people, ListChanged):
            return people
        if not may(actor, Right.CREATE_CHAT, thing_of(offer.purpose, people)):
            raise NotPermitted
    title = " ".join(wanted.title.split())
    refusal = fault_of(title)
    if refusal is not None:
        return Refused(refusal)
    async with transaction(store.engine) as connection:
        founding = Founding(offer.purpose, filling, title)
        head = ActHead(wanted.act_id, _WHAT, chat_id, by, await journal.lock(connection, chat_id))
        return await _found(connection, head, founding, people, wanted.known)


async def _chosen(
    connection: Connection, offer: Offer, filling: Filling, wanted: Wanted
) -> list[ChosenPerson] | ListChanged:
    """Whoever is chosen, each with the groups in which they learn, where that is asked for."""
    if offer.pool is None or filling is Filling.RULE:
        return []
    people, digest = await pool.chosen(connection, offer.pool, wanted.look.people.choice)
    if digest != wanted.digest:
        return ListChanged()
    school, groups = offer.school_id, offer.pool.learning_in
    learns_in: Mapping[PersonId, frozenset[GroupId]] = {}
    if groups is not None:
        learns_in = await purposes.learning(connection, school, groups, people)
    belongs_to = frozenset({school})
    return [ChosenPerson(each, belongs_to, learns_in.get(each, frozenset())) for each in people]


async def _found(
    connection: Connection,
    head: ActHead,
    founding: Founding,
    people: Sequence[ChosenPerson],
    known: Collection[ChatId],
) -> MakingAnswer:
    """The decision, the chat's row, and who is in it; on a transaction."""
    raw, purpose = await driver(connection), founding.purpose
    await purposes.lock(connection, purpose)
    if await load_founded(raw, [head.chat_id]):
        return Made(head.chat_id)
    if any(each.chat_id not in known for each in await purposes.twins(connection, purpose)):
        return TwinsThere()
    mark = f"{head.act_id}:{head.what}:made"
    await decisions.record(
        connection, ChatDecision(mark, head.chat_id, head.author, head.at, founding)
    )
    await chat_rows.create_missing(raw, [head.chat_id], NOTHING_OFF)
    rules = await by_rules(connection, head.chat_id)
    works = await purposes.is_employed(connection, head.author, purpose.school_id)
    wanted = _decisions(rules, [each.person_id for each in people], head.author if works else None)
    await decisions.record_all(connection, journal.written(head, wanted))
    return Made(head.chat_id)


def _decisions(
    rules: Mapping[PersonId, Role], people: Iterable[PersonId], chief: PersonId | None
) -> Iterator[tuple[PersonId, MembershipDecision | RoleDecision]]:
    """Nobody is added who is in by rule; whoever makes a chat administers it."""
    nothing = CountingDecisions({}, {})
    acts = [(each, Act.ADD) for each in dict.fromkeys(people) if each != chief]
    if chief is not None:
        acts += [(chief, Act.ADD), (chief, Act.PROMOTE)]
    for person_id, act in acts:
        for choice in choices(act, person_id, rules, nothing):
            if choice not in {MembershipDecision.NONE, RoleDecision.NONE}:
                yield person_id, choice
