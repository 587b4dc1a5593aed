"""What the operators' pages are told: plain values, without names of people."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SchoolName:
    """``name`` is None while only chats of the school are known."""

    school_id: str
    name: str | None


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One row of ``dashboard.chats``."""

    chat_id: str
    school_id: str
    kind: str
    title: str
    max_chat_id: int | None
    expected: int
    deliverable: int
    observed: int
    state: str
    last_converged_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberReason:
    """Why somebody belongs: the kind of the fact and its id."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One row of ``dashboard.memberships``.

    Of who is not inside, ``blocked_as`` is the state in ``dashboard.blocked``.
    """

    person_id: str | None
    max_user_id: int | None
    role: str
    reasons: tuple[MemberReason, ...]
    state: str
    blocked_as: str | None
    retry_at: datetime | None
