"""By-hand decisions of staff, which come on top of the rules (the guide, 3.1 and 3.4).

Each is a fact of our own journal. Per chat and person the latest decision about membership
and the latest about role count; exclusion beats every reason; a role overrides the rules'
role and brings nobody in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import assert_never

from domain.chats import ChatKind
from domain.founding import Founding
from domain.ids import ChatId, LessonId, MaxUserId, PersonId, SchoolId


class MembershipDecision(Enum):
    """What staff decided about a person's place in one chat."""

    ADDED = "added"
    EXCLUDED = "excluded"
    NONE = "none"


class RoleDecision(Enum):
    """What staff decided about a person's role in one chat."""

    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one person in one chat; the latest (``at``, ``decision_id``) counts."""

    decision_id: str
    chat_id: ChatId
    person_id: PersonId
    author: str
    at: datetime
    choice: MembershipDecision | RoleDecision


class Deletion(Enum):
    """What staff decided about a chat's being there."""

    DELETED = "deleted"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class ChatDecision:
    """One decision about a chat itself: its title (text), whether it is deleted, or its making."""

    decision_id: str
    chat_id: ChatId
    author: str
    at: datetime
    choice: str | Deletion | Founding


class Stay(Enum):
    """What staff decided about an account that nobody expects in one chat."""

    KEPT = "kept"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class StayDecision:
    """One decision about an account in one chat, whoever may be behind it."""

    decision_id: str
    chat_id: ChatId
    account: MaxUserId
    author: str
    at: datetime
    choice: Stay


class KindSwitch(Enum):
    """What a school decided about a kind of chat: whether such chats make themselves there."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class KindDecision:
    """One decision about a kind of chat in one school."""

    decision_id: str
    school_id: SchoolId
    kind: ChatKind
    author: str
    at: datetime
    choice: KindSwitch


OfChat = Decision | ChatDecision | StayDecision
AnyDecision = OfChat | KindDecision


@dataclass(frozen=True, slots=True)
class LessonDecision:
    """One decision about a distance lesson: its name, or None: there is none (the guide, 4).

    The latest (``at``, ``decision_id``) counts. ``insists``: it is to go although people are in
    its call.
    """

    decision_id: str
    lesson_id: LessonId
    school_id: SchoolId
    author: str
    at: datetime
    title: str | None
    insists: bool = False


@dataclass(frozen=True, slots=True)
class ChatDecisions:
    """What was decided in one chat: all about people; of the chat itself what counts."""

    people: tuple[Decision, ...] = ()
    title: str | None = None
    deleted: bool = False
    brought_back: bool = False


@dataclass(frozen=True, slots=True)
class CountingDecisions:
    """The decisions that count in one chat: the latest of each of the two questions."""

    membership: dict[PersonId, Decision]
    role: dict[PersonId, Decision]


def standing(decisions: Iterable[Decision], chat_id: ChatId) -> CountingDecisions:
    """Of the decisions about this chat the latest per person, whatever order they come in."""
    result = CountingDecisions({}, {})
    for decision in decisions:
        if decision.chat_id != chat_id:
            continue
        match decision.choice:
            case MembershipDecision():
                latest = result.membership
            case RoleDecision():
                latest = result.role
            case _:
                assert_never(decision.choice)
        known = latest.get(decision.person_id)
        if known is None or (known.at, known.decision_id) < (decision.at, decision.decision_id):
            latest[decision.person_id] = decision
    return result
