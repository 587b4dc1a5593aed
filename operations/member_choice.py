"""Whom of a chat's people a filter takes, and whom somebody has chosen by it.

Guarantees: the list, the counts and what is then done go by the same filter.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from domain.choice import Choice
from domain.ids import PersonId
from operations.listing import matches
from projections.staff.chat_members import ChatMember

__all__ = ["MembersFilter", "Show", "can_be_chosen", "chosen", "digest"]


class Show(Enum):
    """Which of the people."""

    ALL = ""
    ADMINISTRATORS = "administrators"
    NO_PROFILE = "no_profile"
    BLOCKED = "blocked"
    LEFT = "left"
    OUTSIDERS = "outsiders"


@dataclass(frozen=True, slots=True)
class MembersFilter:
    """People in whose surname or name all the words stand; ё and е are one letter."""

    words: str = ""
    show: Show = Show.ALL

    def takes(self, member: ChatMember) -> bool:
        """Whether it is one of them."""
        return _shows(self.show, member) and (not self.words.strip() or self._named(member))

    def _named(self, member: ChatMember) -> bool:
        name = member.name
        return name is not None and matches(self.words, name.surname, name.given_name)


def _shows(show: Show, member: ChatMember) -> bool:
    match show:
        case Show.ALL:
            return True
        case Show.ADMINISTRATORS:
            return member.role == "administrator"
        case Show.NO_PROFILE:
            return member.state == "no_profile"
        case Show.BLOCKED:
            return member.state == "blocked" and member.blocked_as != "left"
        case Show.LEFT:
            return member.blocked_as == "left"
        case Show.OUTSIDERS:
            return not member.is_expected


def can_be_chosen(member: ChatMember) -> bool:
    """Whoever belongs in the chat; about strangers one decides one by one."""
    return member.is_expected and member.person_id is not None


def chosen(members: Iterable[ChatMember], choice: Choice[MembersFilter]) -> list[PersonId]:
    """Who of these is chosen."""
    return [
        each.person_id
        for each in members
        if each.person_id is not None
        and can_be_chosen(each)
        and choice.takes(each.person_id, matches=_matches(choice, each))
    ]


def digest(members: Iterable[ChatMember], choice: Choice[MembersFilter]) -> str:
    """Tells whether the filter of the choice still takes the same people; '' without one."""
    if choice.everybody is None:
        return ""
    taken = sorted(
        each.person_id or "" for each in members if can_be_chosen(each) and _matches(choice, each)
    )
    return hashlib.sha256(" ".join(taken).encode()).hexdigest()[:32]


def _matches(choice: Choice[MembersFilter], member: ChatMember) -> bool:
    return choice.everybody is not None and choice.everybody.takes(member)
