"""A model of the messenger that plans are applied to: exact, unforgiving, without faults.

It refuses whatever the real one may refuse, so a plan that passes here asks for nothing
that is not certain to be allowed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.expected import Role
from domain.ids import MaxUserId
from domain.plan import (
    Action,
    Add,
    Create,
    Delete,
    Demote,
    Limits,
    NotCreated,
    Promote,
    Remove,
    Rename,
    Seen,
)


class NotAllowed(AssertionError):
    """An action that the messenger would not take, or that does nothing."""


def members(administrators: Iterable[int], plain: Iterable[int] = ()) -> dict[MaxUserId, Role]:
    """Accounts with their roles."""
    roles = {MaxUserId(user_id): Role.MEMBER for user_id in plain}
    return roles | {MaxUserId(user_id): Role.ADMINISTRATOR for user_id in administrators}


def administrators(chat: Mapping[MaxUserId, Role]) -> set[MaxUserId]:
    """The accounts that are administrators."""
    return {user_id for user_id, role in chat.items() if role is Role.ADMINISTRATOR}


def limits_let_one_lead(
    wanted: Mapping[MaxUserId, Role], present: Mapping[MaxUserId, Role], limits: Limits
) -> bool:
    """Whether there can be an administrator after every call that leads from one to the other."""
    chiefs, wanted_chiefs = administrators(present), administrators(wanted)
    if not chiefs or not wanted_chiefs:
        return False
    if len(wanted_chiefs - chiefs) == limits.administrators:
        return False  # all the places must be empty before the one call that fills them
    # Else the old administrators may have to make room.
    return len(present.keys() | wanted.keys()) <= limits.capacity


@dataclass(slots=True)
class Messenger:
    """One chat. ``states`` is the chat after each call, the state before the first included."""

    chat: NotCreated | Seen
    limits: Limits
    states: list[NotCreated | Seen]

    @classmethod
    def having(cls, chat: NotCreated | Seen, limits: Limits) -> "Messenger":
        """A messenger in which the chat is so already."""
        return cls(chat, limits, [chat])

    def apply(self, actions: Iterable[Action]) -> "Messenger":
        """Carry the actions out in their order, and check every limit after each."""
        for action in actions:
            self.chat = self._after(action)
            self._check()
            self.states.append(self.chat)
        return self

    def _after(self, action: Action) -> NotCreated | Seen:
        if isinstance(action, Create):
            return self._created(action)
        if not isinstance(self.chat, Seen):
            raise NotAllowed(f"{action} without a chat")
        roles, title = dict(self.chat.members), self.chat.title
        match action:
            case Add(user_ids):
                self._named(user_ids)
                self._all(user_ids, lambda user_id: user_id not in roles, "is in already")
                roles |= members((), user_ids)
            case Remove(user_id):
                self._all((user_id,), roles.__contains__, "is not in")
                del roles[user_id]
            case Promote(user_ids):
                self._named(user_ids)
                self._all(user_ids, lambda user_id: roles.get(user_id) is Role.MEMBER, "no member")
                roles |= members(user_ids)
            case Demote(user_id):
                self._all((user_id,), administrators(roles).__contains__, "is no administrator")
                roles[user_id] = Role.MEMBER
            case Rename(new):
                if new == title:
                    raise NotAllowed("the title is so already")
                title = new
            case Delete():
                return NotCreated()
            case _:
                assert_never(action)
        return Seen(roles, title)

    def _created(self, action: Create) -> Seen:
        if isinstance(self.chat, Seen):
            raise NotAllowed("a second chat")
        self._named(action.members)
        if not set(action.administrators) <= set(action.members):
            raise NotAllowed("administrators are members")
        return Seen(members(action.administrators, action.members), action.title)

    def _named(self, user_ids: tuple[MaxUserId, ...]) -> None:
        if not 1 <= len(user_ids) <= self.limits.batch or len(set(user_ids)) != len(user_ids):
            raise NotAllowed(f"{len(user_ids)} ids in one call")

    @staticmethod
    def _all(
        user_ids: Iterable[MaxUserId], holds: Callable[[MaxUserId], bool], complaint: str
    ) -> None:
        for user_id in user_ids:
            if not holds(user_id):
                raise NotAllowed(f"{user_id} {complaint}")

    def _check(self) -> None:
        if isinstance(self.chat, Seen):
            if len(self.chat.members) > self.limits.capacity:
                raise NotAllowed("the chat is full")
            if len(administrators(self.chat.members)) > self.limits.administrators:
                raise NotAllowed("too many administrators")
