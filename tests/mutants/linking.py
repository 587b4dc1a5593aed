"""Bugs of linking profiles, and of what the screens of people show of links."""

from typing import Final

from tests.mutants.planting import Mutant

_LINKING = "tests/linking/test_linking.py"
_DAY = ("tests/linking/test_day.py",)

LINKING: Final[tuple[Mutant, ...]] = (
    Mutant(
        "an old confirmation links anew",
        "projections/by_hand/profile_links.py",
        "OR :at > confirmed_at)",
        "OR true)",
        (_LINKING,),
    ),
    Mutant(
        "a profile's version starts anew after a restore",
        "projections/by_hand/profile_links.py",
        "WHERE f.person_id = l.person_id), 0) + 1",
        "WHERE f.person_id = l.person_id), 0) * 0",
        (_LINKING,),
    ),
    Mutant(
        "a parent reads their child's profile link",
        "projections/migrations/schema/13_profile_links.sql",
        "USING (person_id = (SELECT current_setting('staff.self', true)))",
        "USING (person_id = ANY(string_to_array(current_setting('staff.family', true), ',')))",
        ("tests/staff/test_fence.py", _LINKING),
    ),
    Mutant(
        "who is not linked gets the chats' links",
        "operations/own_chats.py",
        "own = [replace(chat, link=None) for chat in own]",
        "pass",
        ("tests/console/test_own_chats.py",),
    ),
    Mutant(
        "who has left the school stays where they were added by hand",
        "domain/rules.py",
        "MembershipDecision.ADDED and person_id in facts.belonging:",
        "MembershipDecision.ADDED:",
        _DAY,
    ),
    Mutant(
        "whom MAX does not let in seems to be in",
        "console/words.py",
        'Word("Не добавляется", "!", "attention")',
        'Word("В чате", "✓", "good")',
        _DAY,
    ),
)
