"""«Добавить новый чат»: for what somebody may make a chat, and whom they may put in (3.3).

Guarantees: asked behind the fence and of ``domain.access``: of all that a school's chats may be
for only that is offered which is theirs to make; what is there for the same already is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from domain.access import may
from domain.actors import Actor
from domain.chats import ChatKind, Filling
from domain.founding import Purpose
from domain.ids import ClassId, GroupId, SchoolId
from domain.managing import leads
from domain.rights import Right
from domain.things import NewChat, TheSchool
from operations.candidates import CandidatesLook
from operations.errors import NotPermitted
from operations.store import StaffStore
from projections.database import Connection
from projections.staff import candidates as pool
from projections.staff import fence, purposes
from projections.staff.candidate_rows import Found, Pool
from projections.staff.purposes import OpenClass, OpenGroup, Twin

__all__ = [
    "ChatKind",
    "Filling",
    "NewChatLook",
    "NewChatScreen",
    "Offer",
    "OpenClass",
    "OpenGroup",
    "Purpose",
    "Twin",
    "load_offer",
    "makes_chats",
    "new_chat",
]  # fmt: skip

_PRESET = {ChatKind.SUBJECT: Filling.RULE}


@dataclass(frozen=True, slots=True)
class NewChatLook:
    """What somebody has filled in so far; what is None is not chosen yet."""

    kind: ChatKind | None = None
    class_id: ClassId | None = None
    group_id: GroupId | None = None
    filling: Filling | None = None
    people: CandidatesLook = field(default_factory=CandidatesLook)


@dataclass(frozen=True, slots=True)
class Offer:
    """For what somebody may make a chat in a school, and of what they have chosen what fits.

    ``purpose`` is None until all of it is chosen. ``pool``: whom they may choose among; None
    where they choose nobody by name.
    """

    school_id: SchoolId
    kinds: tuple[ChatKind, ...]
    kind: ChatKind
    classes: tuple[OpenClass, ...]
    school_class: OpenClass | None
    groups: tuple[OpenGroup, ...]
    group: OpenGroup | None
    purpose: Purpose | None
    pool: Pool | None


@dataclass(frozen=True, slots=True)
class NewChatScreen:
    """The screen. ``people`` is None where nobody is chosen by name.

    ``twins``: the chats that there are for the same, the first of them first.
    """

    offer: Offer
    filling: Filling
    twins: Sequence[Twin]
    people: Found | None
    class_names: dict[ClassId, str]


def makes_chats(actor: Actor, school_id: SchoolId) -> bool:
    """Whether there is anything in this school for which they may make a chat."""
    possible = (
        NewChat(school_id, ChatKind.STAFF_ROOM),
        *(NewChat(school_id, ChatKind.CLASS, each) for each in actor.leads),
        *(NewChat(school_id, ChatKind.SUBJECT, None, each) for each in actor.teaches),
    )
    return any(may(actor, Right.CREATE_CHAT, each) for each in possible)


async def new_chat(
    store: StaffStore, actor: Actor, school_id: SchoolId, look: NewChatLook
) -> NewChatScreen:
    """The screen.

    Raises:
        NotPermitted: they make no chats in this school.
    """
    async with fence.reading(store.engine, actor) as connection:
        offer = await load_offer(connection, actor, school_id, look)
        filling = filling_of(offer, look.filling)
        return NewChatScreen(
            offer=offer,
            filling=filling,
            twins=[] if offer.purpose is None else await purposes.twins(connection, offer.purpose),
            people=await _people(connection, offer, filling, look.people),
            class_names=await pool.classes_of(connection, school_id),
        )


def filling_of(offer: Offer, given: Filling | None) -> Filling:
    """What they chose, else what is usual; by the rule where they choose nobody by name."""
    if offer.pool is None:
        return Filling.RULE
    return given or _PRESET.get(offer.kind, Filling.CHOSEN)


async def load_offer(
    connection: Connection, actor: Actor, school_id: SchoolId, look: NewChatLook
) -> Offer:
    """What is theirs to make; ``connection`` is behind the fence.

    Raises:
        NotPermitted: nothing is.
    """
    if not makes_chats(actor, school_id):
        raise NotPermitted
    known = await purposes.classes(connection, school_id)
    groups = await purposes.groups(connection, school_id)
    theirs = [each for each in _all(school_id, known, groups) if _may_make(actor, each)]
    kinds = tuple(kind for kind in ChatKind if any(each.kind is kind for each in theirs))
    if not kinds:
        raise NotPermitted
    kind = look.kind if look.kind in kinds else kinds[-1]
    of_kind = {each.class_id for each in theirs if each.kind is kind}
    classes = tuple(each for each in known if each.class_id in of_kind)
    school_class = next((each for each in classes if each.class_id == look.class_id), None)
    taught = {each.group_id for each in theirs if each.kind is kind}
    of_class = tuple(
        each
        for each in groups
        if each.group_id in taught and school_class and each.class_id == school_class.class_id
    )
    group = next((each for each in of_class if each.group_id == look.group_id), None)
    purpose = _purpose(school_id, kind, school_class, group)
    return Offer(
        school_id, kinds, kind, classes, school_class, of_class, group, purpose,
        _pool(actor, school_id, purpose),
    )  # fmt: skip


def _all(
    school_id: SchoolId, classes: Iterable[OpenClass], groups: Iterable[OpenGroup]
) -> Iterator[Purpose]:
    yield Purpose(school_id, ChatKind.STAFF_ROOM)
    for each in classes:
        yield Purpose(school_id, ChatKind.CLASS, each.class_id)
        yield Purpose(school_id, ChatKind.PARENTS, each.class_id)
    for group in groups:
        yield Purpose(school_id, ChatKind.SUBJECT, group.class_id, group.group_id)


def _may_make(actor: Actor, purpose: Purpose) -> bool:
    return may(actor, Right.CREATE_CHAT, _new(purpose))


def _new(purpose: Purpose) -> NewChat:
    return NewChat(purpose.school_id, purpose.kind, purpose.class_id, purpose.group_id)


def _purpose(
    school_id: SchoolId, kind: ChatKind, of_class: OpenClass | None, group: OpenGroup | None
) -> Purpose | None:
    if kind is ChatKind.STAFF_ROOM:
        return Purpose(school_id, kind)
    if of_class is None or (kind is ChatKind.SUBJECT and group is None):
        return None
    return Purpose(school_id, kind, of_class.class_id, None if group is None else group.group_id)


def _pool(actor: Actor, school_id: SchoolId, purpose: Purpose | None) -> Pool | None:
    """Anybody of the school for the administrator and the class's teacher; else own pupils."""
    if purpose is None or not may(actor, Right.SEE_NAMES, TheSchool(school_id)):
        return None
    if school_id in actor.administers or leads(actor, _new(purpose)):
        return Pool(school_id)
    theirs = frozenset(group for group, at in actor.teaches.items() if at == school_id)
    return Pool(school_id, learning_in=theirs)


async def _people(
    connection: Connection, offer: Offer, filling: Filling, look: CandidatesLook
) -> Found | None:
    if offer.pool is None or filling is Filling.RULE:
        return None
    return await pool.candidates(connection, offer.pool, look.wanted, look.choice, look.order)
