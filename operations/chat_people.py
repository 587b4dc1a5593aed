"""«Редактировать чат»: a chat and its people, as whoever manages it sees them (the guide, 3.1).

Guarantees: asked behind the fence and of ``domain.access``; whoever may not see the people sees
the chat and its administrators; what is chosen is told by the same filter that the list is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.access import may
from domain.actors import Actor
from domain.choice import Choice
from domain.ids import ChatId, PersonId
from domain.rights import Right
from domain.things import NewMembers
from operations.cards import ChatCard, load_card
from operations.listing import Page, order_key, page_of
from operations.member_choice import MembersFilter, can_be_chosen, chosen, digest
from operations.store import StaffStore
from projections.by_hand import journal
from projections.database import Connection
from projections.staff import chat_card, chat_members, fence, member_reasons
from projections.staff.chat_members import ChatMember, Coming
from projections.staff.member_reasons import Behind
from projections.staff.names import PersonName

__all__ = [
    "Behind",
    "ChatMember",
    "ChatPeople",
    "Coming",
    "Look",
    "PersonName",
    "chat_people",
    "ward_of",
    "works_there",
]


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody looks at: a filter, a page, and whom they have chosen so far."""

    wanted: MembersFilter = field(default_factory=MembersFilter)
    page: int = 1
    size: int = 10
    choice: Choice[MembersFilter] = field(default_factory=Choice)


@dataclass(frozen=True, slots=True)
class Rights:
    """What whoever asks may do here."""

    see_members: bool
    add: bool
    remove: bool
    set_administrators: bool
    rename: bool


@dataclass(frozen=True, slots=True)
class ChatPeople:
    """A chat and a page of its people.

    ``matching``: how many the filter takes who can be chosen; ``chosen`` how many are, of the
    whole chat; ``ticked`` who of this page. ``position`` and ``seen`` are what was seen: the
    journal's, and a digest of everybody whom the choice's filter takes.
    """

    card: ChatCard
    rights: Rights
    administrators: list[PersonName]
    members: Page[ChatMember]
    behind: Behind
    coming: dict[PersonId, list[Coming]]
    total: int
    matching: int
    chosen: int
    ticked: frozenset[PersonId]
    choice: Choice[MembersFilter]
    position: int
    seen: str


async def works_there(store: StaffStore, actor: Actor, chat_id: ChatId) -> bool:
    """Whether the chat is of a school in which they work."""
    async with fence.reading(store.engine, actor) as connection:
        card = await chat_card.card(connection, chat_id)
    return card is not None and card.thing.school_id in actor.works_in


async def chat_people(store: StaffStore, actor: Actor, chat_id: ChatId, look: Look) -> ChatPeople:
    """The screen.

    Raises:
        NoSuchChat: there is none of this id, or it is not for this actor.
    """
    async with fence.reading(store.engine, actor) as connection:
        card = await load_card(connection, actor, chat_id)
        rights = _rights(actor, card)
        chiefs = await chat_members.administrators(connection, chat_id)
        coming = list(await chat_members.coming(connection, chat_id))
        everybody = await everybody_of(connection, chat_id, coming)
        rows = page_of(
            sorted(filter(look.wanted.takes, everybody), key=_order), look.page, look.size
        )
        return ChatPeople(
            card=card,
            rights=rights,
            administrators=sorted(chiefs, key=_name_order),
            members=rows,
            behind=await _behind(connection, chat_id, rows.rows),
            coming=_by_person(coming),
            total=len(everybody),
            matching=sum(
                1 for each in everybody if can_be_chosen(each) and look.wanted.takes(each)
            ),
            chosen=len(chosen(everybody, look.choice)),
            ticked=frozenset(chosen(rows.rows, look.choice)),
            choice=_settled(look, everybody),
            position=await journal.position(connection, chat_id),
            seen=digest(everybody, look.choice),
        )


async def everybody_of(
    connection: Connection, chat_id: ChatId, coming: Iterable[Coming] = ()
) -> list[ChatMember]:
    """Everybody of the chat, with those who were added and are not derived yet."""
    found = await chat_members.members(connection, chat_id)
    known = {each.person_id for each in found}
    return found + [
        ChatMember(each.person_id, None, each.name, "member", (), "adding")
        for each in coming
        if each.person_id not in known and each.choice == "added"
    ]


def _settled(look: Look, everybody: Iterable[ChatMember]) -> Choice[MembersFilter]:
    """The choice without exceptions that are nobody of the chat any more."""
    there = {each.person_id for each in everybody if each.person_id and can_be_chosen(each)}
    return look.choice.among(frozenset(there))


def _rights(actor: Actor, card: ChatCard) -> Rights:
    chat, is_open = card.thing, not card.is_closed
    return Rights(
        see_members=may(actor, Right.SEE_MEMBERS, chat),
        add=is_open and may(actor, Right.ADD_MEMBERS, NewMembers(chat, ())),
        remove=is_open and may(actor, Right.REMOVE_MEMBERS, chat),
        set_administrators=is_open and may(actor, Right.SET_ADMINISTRATORS, chat),
        rename=is_open and may(actor, Right.RENAME_CHAT, chat),
    )


async def _behind(connection: Connection, chat_id: ChatId, rows: Iterable[ChatMember]) -> Behind:
    reasons = [(each, reason) for each in rows for reason in each.reasons]
    return await member_reasons.behind(
        connection,
        chat_id,
        people={each.person_id for each, _ in reasons if each.person_id is not None},
        orders={reason.order for _, reason in reasons if reason.order is not None},
        decisions={reason.ref for _, reason in reasons if reason.kind == "decision"},
        also_named={
            *(ward_of(each, reason.ref) for each, reason in reasons),
            *(each.kept_by for each in rows if each.kept_by is not None),
        },
    )


def ward_of(member: ChatMember, ref: str) -> str:
    """Of a guardianship's id, ``guardian:pupil``, the pupil; ids may have colons themselves."""
    return ref.removeprefix(f"{member.person_id}:")


def _by_person(coming: Iterable[Coming]) -> dict[PersonId, list[Coming]]:
    found: dict[PersonId, list[Coming]] = {}
    for each in coming:
        found.setdefault(each.person_id, []).append(each)
    return found


def _order(member: ChatMember) -> tuple[object, ...]:
    """By name; who has none that may be told stands last."""
    name = member.name
    return (
        name is None,
        _name_order(name) if name else (),
        member.person_id or "",
        member.account or 0,
    )


def _name_order(name: PersonName) -> tuple[object, ...]:
    return tuple(map(order_key, (name.surname, name.given_name, name.patronymic)))
