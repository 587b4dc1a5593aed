"""What to decide when staff take somebody out of a chat, put them in, or change their role.

Guarantees: nothing by hand outlasts its purpose. Who belongs by the rules is not added by hand
besides, or they would stay when the register lets them go; who was only added is added no more,
rather than barred for good; who leaves takes no role along that would come back with them.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import assert_never

from domain.decisions import CountingDecisions, MembershipDecision, RoleDecision
from domain.expected import Role
from domain.ids import PersonId


class Act(Enum):
    """What staff do with people of a chat (the guide, 3.1)."""

    ADD = "add"
    REMOVE = "remove"
    PROMOTE = "promote"
    DEMOTE = "demote"


def choices(
    act: Act,
    person_id: PersonId,
    rules: Mapping[PersonId, Role],
    standing: CountingDecisions,
) -> Iterator[MembershipDecision | RoleDecision]:
    """The decisions that do it; ``rules`` is whom the rules alone would have in the chat."""
    role = rules.get(person_id)
    match act:
        case Act.ADD:
            yield MembershipDecision.ADDED if role is None else MembershipDecision.NONE
        case Act.REMOVE:
            yield from _removing(person_id, role, standing)
        case Act.PROMOTE:
            by_rule = role is Role.ADMINISTRATOR
            yield RoleDecision.NONE if by_rule else RoleDecision.ADMINISTRATOR
        case Act.DEMOTE:
            by_rule = role is Role.ADMINISTRATOR
            yield RoleDecision.MEMBER if by_rule else RoleDecision.NONE
        case _:
            assert_never(act)


def _removing(
    person_id: PersonId, role: Role | None, standing: CountingDecisions
) -> Iterator[MembershipDecision | RoleDecision]:
    added = standing.membership.get(person_id)
    only_by_hand = added is not None and added.choice is MembershipDecision.ADDED and role is None
    yield MembershipDecision.NONE if only_by_hand else MembershipDecision.EXCLUDED
    given = standing.role.get(person_id)
    if given is not None and given.choice is RoleDecision.ADMINISTRATOR:
        yield RoleDecision.NONE
