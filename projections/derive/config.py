"""What an installation decides about deriving."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.chats import ChatKind
from domain.days import DEFAULT_ZONE
from domain.ids import SchoolId


@dataclass(frozen=True, slots=True)
class ChatKindsOff:
    """Kinds of chat that are not created, in all schools or in one.

    A chat that already exists is kept in step all the same.
    """

    installation: frozenset[ChatKind] = frozenset()
    by_school: Mapping[SchoolId, frozenset[ChatKind]] = field(default_factory=dict)

    def covers(self, kind: ChatKind, school_id: SchoolId) -> bool:
        """Whether a chat of this kind is not to be created in this school."""
        return kind in self.installation or kind in self.by_school.get(school_id, frozenset())


@dataclass(frozen=True, slots=True)
class DeriveConfig:
    """Settings of the derive loop.

    ``batch``: marks claimed at once. ``lease_seconds``: how long a claim keeps other workers
    off; a batch that takes longer is only done twice. ``retry_seconds``: when a chat whose
    data PostgreSQL or the rules refused is tried again. ``workers``: tasks in this process.
    """

    default_zone: str = DEFAULT_ZONE
    kinds_off: ChatKindsOff = field(default_factory=ChatKindsOff)
    batch: int = 2000
    lease_seconds: float = 15.0
    retry_seconds: float = 300.0
    workers: int = 2
