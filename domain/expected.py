"""Expected membership: who belongs in a chat, in which role and for which reasons.

*Expected* speaks of people; *deliverable* of the messenger's accounts behind them. The
step between is a pure function, so an account shared by two people stays in while either
of them is expected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import MaxUserId, PersonId

ADMINISTRATOR_LIMIT = 50
"""Administrators in one chat besides the bot (MAX Bot API, members/admins)."""


class Role(Enum):
    """A person's role in a chat; an administrator is a member too."""

    MEMBER = "member"
    ADMINISTRATOR = "administrator"


class ReasonKind(Enum):
    """What gives a person a place in a chat."""

    EMPLOYMENT = "employment"
    CLASS_TEACHER = "class_teacher"
    ORDER = "order"
    GUARDIANSHIP = "guardianship"
    SUBJECT_GROUP = "subject_group"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a membership.

    ``ref`` is the id of the fact: school for an employment, class for a class teacher, order
    for a pupil, ``guardian:pupil`` for a guardian, group for a subject group, the decision's id.
    ``order`` is the order that places the pupil on whom the reason rests, if it rests on one.
    ``since`` is when the reason became true: the order's date in the school's zone, else the
    time of the event.
    """

    kind: ReasonKind
    ref: str
    role: Role
    since: datetime
    order: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedMember:
    """A person who belongs in a chat; ``reasons`` is never empty and is in a fixed order.

    ``by_hand`` says that a decision of staff made the person an administrator: those go
    first where administrators are limited.
    """

    person_id: PersonId
    role: Role
    reasons: tuple[Reason, ...]
    by_hand: bool = False


def deliverable(
    expected: Iterable[ExpectedMember], profiles: Mapping[PersonId, MaxUserId]
) -> dict[MaxUserId, Role]:
    """The accounts that should be in the chat, each with the highest role among its people.

    ``profiles`` holds linked people only. Past ``ADMINISTRATOR_LIMIT`` administrators those
    made by hand go first, then by person id; the rest are members.
    """
    linked = [member for member in expected if member.person_id in profiles]
    accounts = {profiles[member.person_id]: Role.MEMBER for member in linked}
    chiefs = [member for member in linked if member.role is Role.ADMINISTRATOR]
    granted = 0
    for member in sorted(chiefs, key=lambda member: (not member.by_hand, member.person_id)):
        account = profiles[member.person_id]
        if granted < ADMINISTRATOR_LIMIT and accounts[account] is Role.MEMBER:
            accounts[account] = Role.ADMINISTRATOR
            granted += 1
    return accounts
