"""What a chat should be, and what is known of what it is: the two sides of a plan.

What is not known is a type of its own on that side, so that nothing is ever removed because it
was not seen, and no chat is left alone because nobody noted that it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.expected import Role
from domain.ids import MaxUserId


@dataclass(frozen=True, slots=True)
class Wanted:
    """The chat should hold exactly these accounts in these roles, under this title."""

    members: Mapping[MaxUserId, Role]
    title: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """The chat has closed: nobody enters, is promoted or renamed.

    Who is not among ``members`` leaves, and who is a member there has no administrator's rights.
    """

    members: Mapping[MaxUserId, Role]


@dataclass(frozen=True, slots=True)
class Deleted:
    """A person deleted the chat."""


Target = Wanted | Frozen | Deleted


@dataclass(frozen=True, slots=True)
class NotCreated:
    """The messenger has no such chat."""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The messenger may have the chat, and nobody knows its id.

    A create has no known outcome, or one may have been made after the copy from which the
    database was restored. Only a create tells: it finds the chat that is there. ``title`` is
    what a chat is called that is made by that.
    """

    title: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The chat exists and was never read completely, or a call on it has no known outcome."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the messenger has: all accounts but the bot's own, with their roles, and the title."""

    members: Mapping[MaxUserId, Role]
    title: str


Observed = NotCreated | Doubtful | Unknown | Seen

__all__ = [
    "Deleted",
    "Doubtful",
    "Frozen",
    "NotCreated",
    "Observed",
    "Seen",
    "Target",
    "Unknown",
    "Wanted",
]
