"""Targets and sights adapted before a plan is made: who waits stays, and our bot is nobody."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from domain.actions import LIMITS, Limits
from domain.expected import Role
from domain.ids import MaxUserId
from domain.states import Deleted, Doubtful, NotCreated, Seen, Target


def holding(
    target: Target,
    observed: NotCreated | Doubtful | Seen,
    waits: AbstractSet[MaxUserId],
    limits: Limits = LIMITS,
) -> Target:
    """The target in which who ``waits`` stays in the chat as they are.

    Where they leave no room for all who are wanted, fewer come in: administrators first.
    """
    if not waits or not isinstance(observed, Seen) or isinstance(target, Deleted):
        return target
    inside = observed.members
    members = {**target.members, **{user: inside[user] for user in waits & inside.keys()}}
    entering = sorted(
        members.keys() - inside.keys(), key=lambda user: (members[user] is Role.MEMBER, user)
    )
    room = max(0, limits.capacity - len(members.keys() & inside.keys()))
    for user in entering[room:]:
        del members[user]
    return replace(target, members=members)


def without(bot: MaxUserId, target: Target) -> Target:
    """The target with nothing wanted for our own account."""
    if isinstance(target, Deleted):
        return target
    members = {user: role for user, role in target.members.items() if user != bot}
    return replace(target, members=members)


def unseen(bot: MaxUserId, observed: NotCreated | Doubtful | Seen) -> NotCreated | Doubtful | Seen:
    """What was seen, but for our own account."""
    if not isinstance(observed, Seen):
        return observed
    members = {user: role for user, role in observed.members.items() if user != bot}
    return Seen(members, observed.title)
