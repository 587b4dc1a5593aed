"""The calls that change a chat, as data, within the messenger's limits.

One action is one call. What a plan would do can be shown, hashed, guarded and compared
before anything is called.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.expected import ADMINISTRATOR_LIMIT, Role
from domain.ids import ChatId, MaxUserId


@dataclass(frozen=True, slots=True)
class Limits:
    """What the messenger allows in one chat, its own bot not counted.

    ``batch`` is the number of accounts that one create or one add may name. All new
    administrators must fit in one batch, or a plan could not bring them in first.
    """

    administrators: int = ADMINISTRATOR_LIMIT
    batch: int = 100
    capacity: int = 20_000

    def __post_init__(self) -> None:
        """Refuse limits under which no chat could be kept."""
        if not 1 <= self.administrators <= min(self.batch, self.capacity):
            raise ValueError(f"{self.administrators} administrators must fit a batch and a chat")


LIMITS = Limits()
"""The limits of MAX, as far as they are published."""


@dataclass(frozen=True, slots=True)
class Create:
    """Create the chat with its first people; administrators are members too and stand first."""

    title: str
    members: tuple[MaxUserId, ...]
    administrators: tuple[MaxUserId, ...]


@dataclass(frozen=True, slots=True)
class Add:
    """Add accounts, as members."""

    user_ids: tuple[MaxUserId, ...]


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove one account, whatever its role."""

    user_id: MaxUserId


@dataclass(frozen=True, slots=True)
class Promote:
    """Make members administrators."""

    user_ids: tuple[MaxUserId, ...]


@dataclass(frozen=True, slots=True)
class Demote:
    """Make one administrator a member."""

    user_id: MaxUserId


@dataclass(frozen=True, slots=True)
class Rename:
    """Set the chat's title."""

    title: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the chat, for ever."""


Action = Create | Add | Remove | Promote | Demote | Rename | Delete


def removals(actions: Iterable[Action]) -> tuple[MaxUserId, ...]:
    """The accounts that the actions remove, in their order."""
    return tuple(action.user_id for action in actions if isinstance(action, Remove))


def takings(actions: Iterable[Action]) -> tuple[Remove | Demote, ...]:
    """What the actions take from people, a place in the chat or an administrator's rights."""
    return tuple(action for action in actions if isinstance(action, Remove | Demote))


def takes(action: Action) -> bool:
    """Whether a call takes somebody out of a chat, or rights away."""
    return isinstance(action, Remove | Demote | Delete)


def plan_hash(chat_id: ChatId, actions: Iterable[Action]) -> str:
    """The name of a plan for one chat: equal plans have equal names, on any machine.

    SHA-256 in hexadecimal of a JSON text of the chat and its actions in order.
    """
    plan = [chat_id, *(_canonical(action) for action in actions)]
    text = json.dumps(plan, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def minimal_calls(targets: Iterable[Mapping[MaxUserId, Role]], limits: Limits = LIMITS) -> int:
    """The fewest changing calls that make these chats in an empty messenger.

    A chat costs one create for its first hundred and one add for each further hundred; one
    with nobody in it is not created.
    """
    return sum(_batches(min(len(target), limits.capacity), limits.batch) for target in targets)


def _batches(count: int, batch: int) -> int:
    return -(-count // batch)


def _canonical(action: Action) -> list[object]:  # noqa: PLR0911 - one arm for each action
    match action:
        case Create(title, members, administrators):
            return ["create", title, members, administrators]
        case Add(user_ids):
            return ["add", user_ids]
        case Remove(user_id):
            return ["remove", user_id]
        case Promote(user_ids):
            return ["promote", user_ids]
        case Demote(user_id):
            return ["demote", user_id]
        case Rename(title):
            return ["rename", title]
        case Delete():
            return ["delete"]
        case _:
            assert_never(action)
