"""What the messenger will not do for one account, and how everybody else goes on.

A call names accounts, and a refusal of it may be about any of them. So whoever was named in a
call that failed has a *strike*: they are named among fewer the next time, half as many with each
strike, until an account is alone. Then the refusal is its own: it *waits*, with a date, and the
plan is made as if nothing were wanted for it. Who has a strike comes after all others.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from domain.actions import Action, Add, Create, Demote, Promote, Remove
from domain.expected import Role
from domain.ids import MaxUserId
from domain.states import Deleted, Seen, Target, Wanted


class AddFailure(Enum):
    """Why an account is not in a chat where it should be (MAX Bot API, ``failed_user_details``).

    ``UNKNOWN`` comes with no reason, or with a code that nobody knows. It may even mean that the
    account is a member already: only a read tells.
    """

    PRIVACY = "add.participant.privacy"
    NOT_FOUND = "add.participant.not.found"
    FULL = "chat.full"
    """There is no room in the chat (the partner contract; MAX does not document what it says)."""
    INVITED = "adding.refused"
    """People come in by link only, here or in the whole installation."""
    UNKNOWN = "unknown"


class Wish(Enum):
    """What is wanted for an account, or (a rename) for the chat; the names are the intents'."""

    ADD = "add"
    REMOVE = "remove"
    PROMOTE = "promote"
    DEMOTE = "demote"
    RENAME = "rename"


def unserved_of(wish: Wish, users: Sequence[MaxUserId], seen: Seen) -> tuple[MaxUserId, ...]:
    """Those for whom the wish is still open in a chat that was seen so."""
    return tuple(user for user in users if not _served(wish, seen.members.get(user)))


def _served(wish: Wish, role: Role | None) -> bool:
    match wish:
        case Wish.ADD:
            return role is not None
        case Wish.REMOVE:
            return role is None
        case Wish.PROMOTE:
            return role is not Role.MEMBER
        case Wish.DEMOTE:
            return role is not Role.ADMINISTRATOR
        case Wish.RENAME:
            return True


UNDONE = "undone"
"""The reason of a setback that nobody refused: what was set right did not last, time and again."""

MOST_A_DAY = 3
"""How often within a day the same is set right in one chat."""


@dataclass(frozen=True, slots=True)
class Setback:
    """A wish that failed so often; ``account`` is None where it is about the chat.

    ``retry_at`` is set while it waits: nothing is tried before.
    """

    wish: Wish
    account: MaxUserId | None
    strikes: int
    retry_at: datetime | None = None


WHOLE = 100
"""The most that one call names; each strike halves it."""

ALONE = 7
"""Strikes of who was named alone: so often halved, ``WHOLE`` is nobody beside."""


def strikes_after(named: int) -> int:
    """The least strikes of who failed among so many: at most half as many are named then."""
    if named <= 1:
        return ALONE
    return next(count for count in range(ALONE) if WHOLE >> count <= max(1, named // 2))


def waiting(setbacks: Iterable[Setback], wish: Wish) -> frozenset[MaxUserId | None]:
    """Whose wish waits."""
    return frozenset(each.account for each in setbacks if each.wish is wish and each.retry_at)


def allowed(target: Target, seen: Seen | None, setbacks: Sequence[Setback]) -> Target:
    """The target without what waits: nothing is planned for it, and all else as before."""
    if isinstance(target, Deleted):
        return target
    present = {} if seen is None else seen.members
    members = {
        user: role
        for user, role in target.members.items()
        if user in present or user not in waiting(setbacks, Wish.ADD)
    }
    for wish in (Wish.PROMOTE, Wish.DEMOTE):
        for user in waiting(setbacks, wish):
            if user in members and user is not None:
                members[user] = present.get(user, Role.MEMBER)
    stays = waiting(setbacks, Wish.REMOVE)
    members |= {user: present[user] for user in present.keys() - members.keys() if user in stays}
    untitled = None in waiting(setbacks, Wish.RENAME)
    if isinstance(target, Wanted) and seen is not None and untitled:
        return Wanted(members, seen.title)
    return replace(target, members=members)


def apart(actions: Sequence[Action], setbacks: Sequence[Setback]) -> tuple[Action, ...]:
    """The same calls, with whoever has a strike after all others, and in ever smaller groups."""
    strikes = {(each.wish, each.account): each.strikes for each in setbacks}
    if not strikes:
        return tuple(actions)
    late_adds, late_promotions = _Late(Wish.ADD, strikes), _Late(Wish.PROMOTE, strikes)
    first: list[Action] = []
    single: list[Action] = []
    for action in actions:
        match action:
            case Create(title, members, administrators):
                now = late_adds.without(members)
                chiefs = tuple(user for user in administrators if user in now)
                late_promotions.also(set(administrators) - set(chiefs))
                first.append(Create(title, now, chiefs))
            case Add(users):
                now = late_adds.without(users)
                first += [Add(now)] if now else []
            case Promote(users):
                late_promotions.also(late_adds.accounts & set(users))
                now = late_promotions.without(users)
                first += [Promote(now)] if now else []
            case Remove(user) if (Wish.REMOVE, user) in strikes:
                single.append(action)
            case Demote(user) if (Wish.DEMOTE, user) in strikes:
                single.append(action)
            case _:
                first.append(action)
    adds = (Add(users) for users in late_adds.groups())
    promotions = (Promote(users) for users in late_promotions.groups())
    return (*first, *single, *adds, *promotions)


class _Late:
    """Those of one wish who come last."""

    def __init__(self, wish: Wish, strikes: Mapping[tuple[Wish, MaxUserId | None], int]) -> None:
        self._strikes = {user: count for (of, user), count in strikes.items() if of is wish}
        self._forced: set[MaxUserId] = set()
        self._found: list[MaxUserId] = []

    @property
    def accounts(self) -> set[MaxUserId]:
        """Who is among them by now."""
        return set(self._found)

    def also(self, users: Iterable[MaxUserId]) -> None:
        """These come last though they have no strike of this wish."""
        self._forced |= set(users)
        self._found += sorted(self._forced - set(self._found))

    def without(self, users: Iterable[MaxUserId]) -> tuple[MaxUserId, ...]:
        """The others of these; the late ones are kept."""
        now: list[MaxUserId] = []
        for user in users:
            late = user in self._strikes or user in self._forced
            if not late:
                now.append(user)
            elif user not in self._found:
                self._found.append(user)
        return tuple(now)

    def groups(self) -> Iterator[tuple[MaxUserId, ...]]:
        """The late ones, by their strikes; half as many in a group with each."""
        for count in sorted({self._strikes.get(user, 0) for user in self._found}):
            users = [user for user in self._found if self._strikes.get(user, 0) == count]
            size = max(1, WHOLE >> count)
            yield from (tuple(users[at : at + size]) for at in range(0, len(users), size))
