"""What follows from what people changed in MAX: whom a chat is planned for.

``lenient`` turns what is wanted into what is planned for: who may stay a while, who is waited
with, and what is not ours to change.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from domain.drift import Policy
from domain.expected import Role
from domain.ids import MaxUserId


@dataclass(frozen=True, slots=True)
class Leniency:
    """What is known of the accounts in one chat that a plain comparison would get wrong.

    ``kept``: a person of the school keeps them, or a proposal to keep them is still open, and
    neither the register nor the school has said otherwise since. ``waiting``: expected, went
    out of the chat, and are not put back now. ``strangers``: present and never expected here.
    ``barred``: somebody linked to the account was excluded here by hand, or removed from the
    register; nothing keeps them. ``adding``: whether anybody can be added at all.
    """

    kept: AbstractSet[MaxUserId] = frozenset()
    waiting: AbstractSet[MaxUserId] = frozenset()
    strangers: AbstractSet[MaxUserId] = frozenset()
    barred: AbstractSet[MaxUserId] = frozenset()
    adding: bool = True


def lenient(
    wanted: Mapping[MaxUserId, Role],
    present: Mapping[MaxUserId, Role],
    policy: Policy,
    leniency: Leniency,
) -> dict[MaxUserId, Role]:
    """Whom to plan for in a chat that exists: what is wanted, as far as the policy goes.

    Who is kept stays as a member, so rights that somebody gave a guest in MAX are taken back.
    """
    if policy is Policy.OBSERVE:
        return dict(present)
    planned = {
        user_id: role
        for user_id, role in wanted.items()
        if user_id in present or (leniency.adding and user_id not in leniency.waiting)
    }
    surplus = (present.keys() - wanted.keys()) - leniency.barred
    planned |= dict.fromkeys(surplus & leniency.kept, Role.MEMBER)
    if policy is Policy.ADDITIVE:
        planned |= {user_id: present[user_id] for user_id in surplus & leniency.strangers}
    return planned
