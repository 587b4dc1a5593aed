"""By-hand decisions of staff, which come on top of the rules (the guide, 3.1 and 3.4).

Each is a fact of our own journal. Per chat and person the latest decision about membership
and the latest about role count; exclusion beats every reason; a role overrides the rules'
role and brings nobody in.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import ChatId, PersonId


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
