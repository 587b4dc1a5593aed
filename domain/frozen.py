"""Closed chats: nobody enters by itself, and only who must not stay leaves.

A closing class is frozen, not emptied: people stay although the rules no longer expect
them. Out go those who unlinked, were removed, were excluded by hand, and guardians whose
guardianship ended.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from domain.chats import ChatKind
from domain.decisions import MembershipDecision, standing
from domain.ids import MaxUserId, PersonId
from domain.rules import ChatFacts, expected_members


def must_leave(facts: ChatFacts) -> frozenset[PersonId]:
    """The people who may not stay in this closed chat, linked or not.

    ``facts.guardianships`` should hold those of every pupil on whom a membership of the chat
    ever rested, not only of the pupils on its roster. A guardian of two pupils stays while
    the rules expect them for one.
    """
    decided = standing(facts.decisions, facts.chat.chat_id).membership
    excluded = {
        person_id
        for person_id, decision in decided.items()
        if decision.choice is MembershipDecision.EXCLUDED
    }
    return frozenset(facts.removed | excluded | _former_guardians(facts))


def may_stay(facts: ChatFacts, person_id: PersonId, *, linked: bool) -> bool:
    """Whether one person who is in the closed chat may stay there."""
    return linked and person_id not in must_leave(facts)


def leavers(
    facts: ChatFacts, people: Mapping[MaxUserId, AbstractSet[PersonId]]
) -> frozenset[MaxUserId]:
    """Which of the accounts leave the closed chat.

    ``people`` names, for each account to be judged, everyone linked to it by now; nobody
    means that its person unlinked. A shared account stays while any of them may stay.
    """
    leaving = must_leave(facts)
    return frozenset(account for account, linked in people.items() if linked <= leaving)


def _former_guardians(facts: ChatFacts) -> set[PersonId]:
    if facts.chat.kind is not ChatKind.PARENTS:
        return set()
    ended = {
        bond.guardian_id for bonds in facts.guardianships.values() for bond in bonds if bond.ended
    }
    if not ended:
        return ended
    return ended - {member.person_id for member in expected_members(facts)}
