"""What the rules are asked about: chats as stored, and all facts that bear on them.

Guarantees: which chats exist is a function of facts, settings and what people founded; whether a
chat's row is there already plays no part in what it should be.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from domain.chats import Chat, ChatKind, chat_of_group, chats_of_class, chats_of_school
from domain.decisions import ChatDecisions
from domain.facts import Employment, Guardianship, Order, School, SchoolClass, SubjectGroup
from domain.founding import Founding, chat_of_founding, is_hand_made
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId


@dataclass(frozen=True, slots=True)
class Stored:
    """A chat's row as the last derivation left it, and whether the messenger has the chat."""

    chat_id: ChatId
    kind: ChatKind
    school_id: SchoolId
    class_id: ClassId | None
    group_id: GroupId | None
    title: str
    closes_on: date | None
    frozen: bool
    deleted: bool
    next_change_at: datetime | None
    in_messenger: bool = True


@dataclass(frozen=True, slots=True)
class StoredMember:
    """An expected member as stored; ``reasons`` is PostgreSQL's own text of the jsonb."""

    role: str
    by_hand: bool
    reasons: str


@dataclass(frozen=True, slots=True)
class Entities:
    """The schools, classes and groups that some chats rest on, as far as they are known.

    ``founded``: of the chats that were made by hand, what was decided then.
    """

    schools: Mapping[SchoolId, School]
    classes: Mapping[ClassId, SchoolClass]
    groups: Mapping[GroupId, SubjectGroup]
    founded: Mapping[ChatId, Founding]

    def chat(self, chat_id: ChatId) -> Chat | None:
        """The chat as it should be; None where the facts ask for no such chat."""
        founding = self.founded.get(chat_id)
        if founding is not None:
            return self._of_founding(chat_id, founding)
        kind, entity = kind_and_entity(chat_id)
        match kind:
            case ChatKind.STAFF_ROOM:
                school = self.schools.get(SchoolId(entity))
                return None if school is None else chats_of_school(school)
            case ChatKind.CLASS | ChatKind.PARENTS:
                return self._of_class(kind, ClassId(entity))
            case ChatKind.SUBJECT:
                return self._of_group(GroupId(entity))
            case None:
                return None

    def _of_founding(self, chat_id: ChatId, founding: Founding) -> Chat:
        purpose = founding.purpose
        group = None if purpose.group_id is None else self.groups.get(purpose.group_id)
        class_id = purpose.class_id if group is None else group.class_id
        school_class = None if class_id is None else self.classes.get(class_id)
        school = self.schools.get(purpose.school_id)
        return chat_of_founding(chat_id, founding, school, school_class, group)

    def _of_class(self, kind: ChatKind, class_id: ClassId) -> Chat | None:
        known = self.classes.get(class_id)
        if known is None:
            return None
        chats = chats_of_class(known, self.schools.get(known.school_id))
        return next(chat for chat in chats if chat.kind is kind)

    def _of_group(self, group_id: GroupId) -> Chat | None:
        group = self.groups.get(group_id)
        school_class = None if group is None else self.classes.get(group.class_id)
        if group is None or school_class is None:
            return None
        return chat_of_group(group, school_class, self.schools.get(group.school_id))


def kind_and_entity(chat_id: ChatId) -> tuple[ChatKind | None, str]:
    """What a chat's id says it is for; no kind where it is none of ours."""
    kind, _, entity = chat_id.partition(":")
    if kind not in _KINDS:
        return None, chat_id
    return ChatKind(kind), entity


_KINDS = frozenset(kind.value for kind in ChatKind)


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts for a set of chats, read at ``now`` (database time).

    ``orders`` are live, by school and pupil, and hold all orders in that school of everyone
    in ``candidates`` (by school and class: whoever has an order naming the class).
    ``kinds_off``: what schools have switched off by hand.
    """

    now: datetime
    stored: Mapping[ChatId, Stored]
    members: Mapping[ChatId, Mapping[PersonId, StoredMember]]
    entities: Entities
    decisions: Mapping[ChatId, ChatDecisions]
    employments: Mapping[SchoolId, Mapping[PersonId, Employment]]
    orders: Mapping[tuple[SchoolId, PersonId], Sequence[Order]]
    candidates: Mapping[tuple[SchoolId, ClassId], AbstractSet[PersonId]]
    guardianships: Mapping[PersonId, Sequence[Guardianship]]
    removed: AbstractSet[PersonId]
    kinds_off: AbstractSet[tuple[SchoolId, ChatKind]] = frozenset()


def is_withheld(
    chat: Chat,
    decided: ChatDecisions | None,
    kinds_off: AbstractSet[tuple[SchoolId, ChatKind]],
) -> bool:
    """Whether a chat that the messenger has not is not to be made: its kind is off in its school.

    ``chat`` is as the facts have it now: what its school has switched off counts, not what the
    school that it was in before has. One that a person made or has brought back is made.
    """
    by_hand = is_hand_made(chat.chat_id) or (decided is not None and decided.brought_back)
    return not by_hand and (chat.school_id, chat.kind) in kinds_off
