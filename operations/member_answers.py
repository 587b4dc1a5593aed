"""What comes of a change to a chat: done, taken back, or not done and why; a closed union.

Nothing has changed but by ``Done`` and ``Undone``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from domain.by_hand import Act
from domain.decisions import Stay
from projections.by_hand.journal import Entry

__all__ = ["Act", "Answer", "Done", "Entry", "Leaving", "ListChanged", "Overtaken", "Refusal",
           "Refused", "Seen", "Stay", "Undone"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had before them: an act's new id, the journal's position, the list's digest."""

    act_id: UUID
    position: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """It is decided; ``what`` is the act, of a stay the stay, None for a title.

    ``act_id`` undoes it.
    """

    what: Act | Stay | None
    act_id: UUID
    people: int


@dataclass(frozen=True, slots=True)
class Undone:
    """An act is taken back, but for what somebody decided anew meanwhile."""

    people: int
    left: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else decided about the same meanwhile."""

    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class ListChanged:
    """The filter takes others than those who were shown."""


class Refusal(Enum):
    """Why nothing was done."""

    NOBODY = "nobody"
    CLOSED = "closed"
    TITLE_EMPTY = "title_empty"
    TITLE_LONG = "title_long"
    TITLE_SIGNS = "title_signs"
    TOO_MANY_ADMINISTRATORS = "too_many_administrators"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Nobody known is behind an account that was kept: it leaves as every stranger does."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing has changed, for this reason."""

    refusal: Refusal


Answer = Done | Undone | Overtaken | ListChanged | Leaving | Refused
