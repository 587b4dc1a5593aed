"""For what somebody may make a chat in a school, and of that what they have chosen (3.3).

Guarantees: of all that a school's chats may be for only that is offered which ``domain.access``
lets them make, one by one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from domain.access import may
from domain.actors import Actor
from domain.chats import ChatKind, Filling
from domain.founding import Purpose
from domain.ids import ClassId, GroupId, SchoolId
from domain.managing import leads
from domain.rights import Right
from domain.things import ChosenPerson, NewChat, TheSchool
from operations.candidates import CandidatesLook
from operations.errors import NotPermitted
from projections.database import Connection
from projections.staff import purposes
from projections.staff.candidate_rows import Pool
from projections.staff.purposes import OpenClass, OpenGroup

__all__ = ["NewChatLook", "Offer", "filling_of", "key_of", "load_offer", "makes_chats",
           "thing_of"]  # fmt: skip

_PRESET: Final = {ChatKind.SUBJECT: Filling.RULE}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewChatLook:
    """What somebody has filled in so far; what is None is not chosen yet.

    ``shown_for`` is what the page was for on which they chose who is in (``Offer.key``): for
    anything else the choice begins anew.
    """

    kind: ChatKind | None = None
    class_id: ClassId | None = None
    group_id: GroupId | None = None
    filling: Filling | None = None
    people: CandidatesLook = field(default_factory=CandidatesLook)
    shown_for: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """For what somebody may make a chat in a school, and of what they have chosen what fits.

    ``purpose`` is None until all of it is chosen. ``pool``: whom they may choose among; None
    where they choose nobody by name. ``open_classes`` are all of the school's, ``classes`` those of
    which they may make a chat.
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
    open_classes: tuple[OpenClass, ...]

    @property
    def key(self) -> str:
        """Tells one purpose from another."""
        of_class = None if self.school_class is None else self.school_class.class_id
        of_group = None if self.group is None else self.group.group_id
        return key_of(Purpose(self.school_id, self.kind, of_class, of_group))


def key_of(purpose: Purpose) -> str:
    """The key of an offer of which just this is chosen."""
    of_class, of_group = purpose.class_id or "-", purpose.group_id or "-"
    return f"{purpose.school_id} {purpose.kind.value} {of_class} {of_group}"


def makes_chats(actor: Actor, school_id: SchoolId) -> bool:
    """Whether there is anything in this school for which they may make a chat."""
    possible = (
        NewChat(school_id, ChatKind.STAFF_ROOM),
        *(NewChat(school_id, ChatKind.CLASS, each) for each in actor.leads),
        *(NewChat(school_id, ChatKind.SUBJECT, None, each) for each in actor.teaches),
    )
    return any(may(actor, Right.CREATE_CHAT, each) for each in possible)


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
    school_class = _chosen(classes, lambda each: each.class_id == look.class_id)
    taught = {each.group_id for each in theirs if each.kind is kind}
    of_class = tuple(
        each
        for each in groups
        if each.group_id in taught and school_class and each.class_id == school_class.class_id
    )
    group = _chosen(of_class, lambda each: each.group_id == look.group_id)
    purpose = _purpose(school_id, kind, school_class, group)
    return Offer(
        school_id, kinds, kind, classes, school_class, of_class, group, purpose,
        _pool(actor, school_id, purpose), tuple(known),
    )  # fmt: skip


def _chosen(offered: Sequence[T], is_chosen: Callable[[T], bool]) -> T | None:
    """What is chosen of what is offered; the only one is chosen by itself."""
    return offered[0] if len(offered) == 1 else next(filter(is_chosen, offered), None)


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
    return may(actor, Right.CREATE_CHAT, thing_of(purpose))


def thing_of(purpose: Purpose, people: Iterable[ChosenPerson] = ()) -> NewChat:
    """A chat for this, with these people put in by hand."""
    return NewChat(
        purpose.school_id, purpose.kind, purpose.class_id, purpose.group_id, tuple(people)
    )


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
    if school_id in actor.administers or leads(actor, thing_of(purpose)):
        return Pool(school_id)
    theirs = frozenset(group for group, at in actor.teaches.items() if at == school_id)
    return Pool(school_id, learning_in=theirs)


def filling_of(offer: Offer, look: NewChatLook) -> Filling:
    """What they chose, else what is usual; by the rule where they choose nobody by name."""
    if offer.pool is None:
        return Filling.RULE
    usual = _PRESET.get(offer.kind, Filling.CHOSEN)
    same_kind = look.shown_for.split(" ")[1:2] == [offer.kind.value]
    return (same_kind and look.filling) or usual
