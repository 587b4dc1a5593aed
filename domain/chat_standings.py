"""How a chat stands for the people of its school: a closed set, with who has to act.

``ChatWait`` and the dashboards' states are made for operators; a school is told whether a chat
is as it should be, and if not, what it waits for. Every ``ChatWait`` has its standing here, so
a new one does not type-check until it is decided what a school is told of it.
"""

from enum import Enum
from typing import assert_never

from domain.work import ChatWait


class ChatStanding(Enum):
    """The standings; the value is the word in SQL."""

    CONVERGED = "converged"
    """Whoever belongs in it is in it, and nobody else."""
    PENDING = "pending"
    """Its turn comes by itself."""
    FAILING = "failing"
    """Its turn came several times, and each time something went wrong on the way."""
    STUCK = "stuck"
    """All is done but with some accounts, with which the messenger lets nothing be done."""
    OUTSIDE = "outside"
    """All is done but that some of those who belong in it are not inside."""
    NO_PROFILES = "no_profiles"
    """Nobody who belongs in it has a study profile, so there is no chat yet."""
    HELD = "held"
    """Somebody is to decide about what it takes from people."""
    REJECTED = "rejected"
    """Somebody decided against what the register asks for."""
    PARKED = "parked"
    """The bot may do nothing in it."""
    GONE = "gone"
    """The messenger deleted it."""
    REFUSED = "refused"
    """The messenger says no to a call about the chat itself."""
    SHORT_READ = "short_read"
    """It counts more people than it lists."""
    FROZEN = "frozen"
    """Its group, class or school has closed."""
    DELETING = "deleting"
    """Somebody deleted it, and the messenger still has it, or may."""
    DELETED = "deleted"
    """Somebody deleted it, and that is done."""


class StandingGroup(Enum):
    """What a standing comes to; the value is the word in addresses."""

    GOOD = "good"
    WAITS = "waits"
    OUTSIDE = "outside"
    HELD = "held"
    HELP = "help"
    REJECTED = "rejected"
    NOT_CREATED = "not_created"
    CLOSED = "closed"
    DELETING = "deleting"
    DELETED = "deleted"


def standing_of_wait(wait: ChatWait) -> ChatStanding:
    """What a school is told of a chat that waits as a whole."""
    match wait:
        case ChatWait.HELD:
            return ChatStanding.HELD
        case ChatWait.REJECTED:
            return ChatStanding.REJECTED
        case ChatWait.PARKED:
            return ChatStanding.PARKED
        case ChatWait.GONE:
            return ChatStanding.GONE
        case ChatWait.REFUSED:
            return ChatStanding.REFUSED
        case ChatWait.SHORT_READ:
            return ChatStanding.SHORT_READ
        case _:
            assert_never(wait)


def group_of(standing: ChatStanding) -> StandingGroup:  # noqa: C901, PLR0911 - an answer each
    """What it comes to."""
    match standing:
        case ChatStanding.CONVERGED:
            return StandingGroup.GOOD
        case (
            ChatStanding.PENDING
            | ChatStanding.FAILING
            | ChatStanding.STUCK
            | ChatStanding.SHORT_READ
        ):
            return StandingGroup.WAITS
        case ChatStanding.OUTSIDE:
            return StandingGroup.OUTSIDE
        case ChatStanding.HELD:
            return StandingGroup.HELD
        case ChatStanding.PARKED | ChatStanding.GONE | ChatStanding.REFUSED:
            return StandingGroup.HELP
        case ChatStanding.REJECTED:
            return StandingGroup.REJECTED
        case ChatStanding.NO_PROFILES:
            return StandingGroup.NOT_CREATED
        case ChatStanding.FROZEN:
            return StandingGroup.CLOSED
        case ChatStanding.DELETING:
            return StandingGroup.DELETING
        case ChatStanding.DELETED:
            return StandingGroup.DELETED
        case _:
            assert_never(standing)


def standings_of(group: StandingGroup) -> tuple[ChatStanding, ...]:
    """The standings that come to it."""
    return tuple(each for each in ChatStanding if group_of(each) is group)
