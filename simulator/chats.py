"""One chat, held compactly: a region has 170,000 of them with five million members.

Members are two parallel arrays sorted by account id (16 bytes a member), so a page is a
binary search and a slice however large the chat is, and a member who stays is seen exactly
once by a reader who pages, whoever comes and goes meanwhile.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from simulator.changes import (
    AdminRemoved,
    AdminSet,
    MemberRemoved,
    MembersAdded,
    OwnerSet,
    TitleChanged,
)

ALL_PERMISSIONS = (
    "read_all_messages",
    "add_remove_members",
    "add_admins",
    "change_chat_info",
    "pin_message",
    "write",
    "can_call",
    "edit_link",
)
"""The rights of a group chat's administrator (MAX Bot API, ``ChatAdminPermission``)."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What an administrator may do, and the word shown beside the name."""

    permissions: tuple[str, ...]
    alias: str | None


FULL_RIGHTS = Rights(ALL_PERMISSIONS, None)


def _longs() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class Chat:
    """A group chat's whole state; only ``chat_book`` changes it."""

    chat_id: int
    external_id: str
    title: str
    kind: str
    owner_id: int
    last_event_at: int
    admins: dict[int, Rights] = field(default_factory=dict)
    _ids: "array[int]" = field(default_factory=_longs)
    _joined: "array[int]" = field(default_factory=_longs)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, user_id: int) -> bool:
        at = bisect_left(self._ids, user_id)
        return at < len(self._ids) and self._ids[at] == user_id

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    @property
    def link(self) -> str:
        """The address by which a person may join."""
        return f"https://max.ru/join/sim{abs(self.chat_id)}"

    def admins_beside_owner(self) -> int:
        """How many count against the limit of administrators."""
        return len(self.admins) - (self.owner_id in self.admins)

    def joined_at(self, user_id: int) -> int:
        """When a member joined, in milliseconds. The account must be a member."""
        return self._joined[bisect_left(self._ids, user_id)]

    def page(self, first: int, count: int) -> tuple[list[int], int | None]:
        """Up to ``count`` members from account id ``first`` on, and where the next page starts.

        The second value is None after the last page.
        """
        start = bisect_left(self._ids, first)
        end = start + count
        following = self._ids[end] if end < len(self._ids) else None
        return list(self._ids[start:end]), following

    def put(self, user_id: int, at: int) -> None:
        """Make an account a member; one who is keeps the time of joining."""
        index = bisect_left(self._ids, user_id)
        if index < len(self._ids) and self._ids[index] == user_id:
            return
        self._ids.insert(index, user_id)
        self._joined.insert(index, at)

    def drop(self, user_id: int) -> None:
        """Take a member out, rights included. The account must be a member."""
        index = bisect_left(self._ids, user_id)
        del self._ids[index]
        del self._joined[index]
        self.admins.pop(user_id, None)

    def apply(
        self,
        change: TitleChanged | MembersAdded | MemberRemoved | AdminSet | AdminRemoved | OwnerSet,
    ) -> None:
        """Make a committed change inside the chat true."""
        match change:
            case TitleChanged():
                self.title = change.title
            case MembersAdded():
                for user_id in change.user_ids:
                    self.put(user_id, change.at)
            case MemberRemoved():
                self.drop(change.user_id)
            case AdminSet():
                given = Rights(change.permissions, change.alias)
                self.admins[change.user_id] = FULL_RIGHTS if given == FULL_RIGHTS else given
            case AdminRemoved():
                del self.admins[change.user_id]
            case OwnerSet():
                self.owner_id = change.user_id
                self.admins[change.user_id] = FULL_RIGHTS
            case _:
                assert_never(change)

    def copy(self) -> "Chat":
        """The chat as it is now, unmoved by what comes."""
        return Chat(
            self.chat_id,
            self.external_id,
            self.title,
            self.kind,
            self.owner_id,
            self.last_event_at,
            dict(self.admins),
            self._ids[:],
            self._joined[:],
        )
