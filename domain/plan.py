"""The plan: the fewest calls that turn what a chat is into what it should be.

A pure function. It cannot be asked about a chat that was never read completely: ``Unknown``
is a type of its own, so that nothing is ever removed because it was not seen.

The order is: create, new administrators in, removals, the others in, roles, title; deletion
stands alone. Two things may come earlier than their place. Where the chat is full, as many
removals as the new administrators need go first, and where promoting would pass the
administrators' limit, as many demotions. And where the removals would take the last
administrator, the promotion goes just before that removal, so that a plan cut off anywhere
leaves the chat with an administrator if it had one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.actions import (
    LIMITS,
    Action,
    Add,
    Create,
    Delete,
    Demote,
    Limits,
    Promote,
    Remove,
    Rename,
    minimal_calls,
    plan_hash,
    removals,
    takes,
    takings,
)
from domain.expected import Role
from domain.ids import MaxUserId
from domain.states import (
    Deleted,
    Doubtful,
    Frozen,
    NotCreated,
    Observed,
    Seen,
    Target,
    Unknown,
    Wanted,
)
from domain.targets import unseen, without


def plan(
    target: Target,
    observed: NotCreated | Doubtful | Seen,
    limits: Limits = LIMITS,
    bot: MaxUserId | None = None,
) -> tuple[Action, ...]:
    """The calls to make, in their order; none where the chat is as it should be.

    None of them names ``bot``, our own account, whatever else is said of it.
    """
    if bot is not None:
        target, observed = without(bot, target), unseen(bot, observed)
    if isinstance(observed, NotCreated | Doubtful):
        creation = _creation(target, limits) if isinstance(target, Wanted) else ()
        if isinstance(observed, Doubtful) and not creation:
            # Nobody should be in it; who is there may only be because of us.
            return (Create(observed.title, (), ()),)
        return creation
    match target:
        case Wanted(members, title):
            wanted = _fitting(members, observed.members, limits)
            renaming = () if title == observed.title else (Rename(title),)
            return (*_changes(_Difference.between(wanted, observed.members), limits), *renaming)
        case Frozen(members):
            return tuple(_takings(_Difference.between(members, observed.members)))
        case Deleted():
            return (Delete(),)
        case _:
            assert_never(target)


@dataclass(frozen=True, slots=True)
class _Difference:
    """What separates the accounts that are in from those that should be, each list sorted."""

    present: int
    new_administrators: tuple[MaxUserId, ...]
    new_members: tuple[MaxUserId, ...]
    leaving_members: tuple[MaxUserId, ...]
    leaving_administrators: tuple[MaxUserId, ...]
    to_promote: tuple[MaxUserId, ...]
    to_demote: tuple[MaxUserId, ...]
    administrators_staying: int

    @classmethod
    def between(
        cls, wanted: Mapping[MaxUserId, Role], present: Mapping[MaxUserId, Role]
    ) -> "_Difference":
        chiefs, wanted_chiefs = _administrators(present), _administrators(wanted)
        return cls(
            present=len(present),
            new_administrators=_sorted(wanted_chiefs - present.keys()),
            new_members=_sorted(wanted.keys() - present.keys() - wanted_chiefs),
            leaving_members=_sorted(present.keys() - wanted.keys() - chiefs),
            leaving_administrators=_sorted(chiefs - wanted.keys()),
            to_promote=_sorted(wanted_chiefs - chiefs),
            to_demote=_sorted((chiefs & wanted.keys()) - wanted_chiefs),
            administrators_staying=len(chiefs & wanted.keys()),
        )


def _creation(target: Wanted, limits: Limits) -> tuple[Action, ...]:
    wanted = _fitting(target.members, {}, limits)
    administrators = _sorted(_administrators(wanted))
    everybody = (*administrators, *_sorted(wanted.keys() - set(administrators)))
    if not everybody:
        return ()
    create = Create(target.title, everybody[: limits.batch], administrators)
    return (create, *_adds(everybody[limits.batch :], limits))


def _changes(gap: _Difference, limits: Limits) -> Iterator[Action]:
    entering = (*gap.new_administrators, *gap.new_members)
    first = _first_in(gap, limits)
    leaving = [Remove(user_id) for user_id in (*gap.leaving_members, *gap.leaving_administrators)]
    making_room = max(0, gap.present + first - limits.capacity)
    early = _must_promote_early(gap, limits) and making_room < len(leaving)
    yield from leaving[:making_room]
    yield from _adds(entering[:first], limits)
    if early:
        yield from leaving[making_room:-1]
        yield Promote(gap.to_promote)
        yield leaving[-1]
    else:
        yield from leaving[making_room:]
    yield from _adds(entering[first:], limits)
    yield from _roles(gap, limits, promoting=() if early else gap.to_promote)


def _takings(gap: _Difference) -> Iterator[Action]:
    """Only what takes away: who is not wanted, and rights that are not."""
    leaving = (*gap.leaving_members, *gap.leaving_administrators)
    yield from (Remove(user_id) for user_id in leaving)
    yield from (Demote(user_id) for user_id in gap.to_demote)


def _first_in(gap: _Difference, limits: Limits) -> int:
    """How many enter before the removals: the new administrators, and who fills their call.

    In a chat that is nearly full the call is filled only so far as there is room, but never
    so little that the others would need a call more.
    """
    if not gap.new_administrators:
        return 0
    entering = len(gap.new_administrators) + len(gap.new_members)
    remainder = entering % limits.batch or limits.batch
    least = max(len(gap.new_administrators), remainder)
    most = min(limits.batch, entering)
    return max(least, min(most, limits.capacity - gap.present))


def _must_promote_early(gap: _Difference, limits: Limits) -> bool:
    """Whether the last removal would leave the chat without an administrator.

    Administrators leave after members, so the last one to leave is one where any leaves. No
    room for all the new ones beside the last old one: then it cannot be helped.
    """
    nobody_stays = gap.leaving_administrators and not gap.administrators_staying
    return bool(nobody_stays) and 0 < len(gap.to_promote) < limits.administrators


def _roles(
    gap: _Difference, limits: Limits, promoting: tuple[MaxUserId, ...]
) -> Iterator[Promote | Demote]:
    """All promotions in one call, after as few demotions as the limit asks for."""
    before = max(0, gap.administrators_staying + len(promoting) - limits.administrators)
    yield from (Demote(user_id) for user_id in gap.to_demote[:before])
    if promoting:
        yield Promote(promoting)
    yield from (Demote(user_id) for user_id in gap.to_demote[before:])


def _adds(user_ids: tuple[MaxUserId, ...], limits: Limits) -> Iterator[Add]:
    for start in range(0, len(user_ids), limits.batch):
        yield Add(user_ids[start : start + limits.batch])


def _fitting(
    wanted: Mapping[MaxUserId, Role], present: Mapping[MaxUserId, Role], limits: Limits
) -> dict[MaxUserId, Role]:
    """``wanted`` cut to what a chat can hold, so that the result is cut the same again.

    Administrators come before members, who is in before who is not, then the smaller id.
    """
    if len(wanted) <= limits.capacity and len(_administrators(wanted)) <= limits.administrators:
        return dict(wanted)
    chiefs = sorted(
        _administrators(wanted),
        key=lambda user_id: (present.get(user_id) is not Role.ADMINISTRATOR, user_id),
    )[: limits.administrators]
    others = sorted(
        wanted.keys() - set(chiefs), key=lambda user_id: (user_id not in present, user_id)
    )[: limits.capacity - len(chiefs)]
    return dict.fromkeys(chiefs, Role.ADMINISTRATOR) | dict.fromkeys(others, Role.MEMBER)


def _administrators(members: Mapping[MaxUserId, Role]) -> set[MaxUserId]:
    return {user_id for user_id, role in members.items() if role is Role.ADMINISTRATOR}


def _sorted(user_ids: Iterable[MaxUserId]) -> tuple[MaxUserId, ...]:
    return tuple(sorted(user_ids))


__all__ = [
    "LIMITS",
    "Action",
    "Add",
    "Create",
    "Delete",
    "Deleted",
    "Demote",
    "Doubtful",
    "Frozen",
    "Limits",
    "NotCreated",
    "Observed",
    "Promote",
    "Remove",
    "Rename",
    "Seen",
    "Target",
    "Unknown",
    "Wanted",
    "minimal_calls",
    "plan",
    "plan_hash",
    "removals",
    "takes",
    "takings",
]
