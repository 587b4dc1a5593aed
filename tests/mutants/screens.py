"""The bugs of staff's screens: what somebody decides there, and whom they see."""

from typing import Final

from tests.mutants.planting import Mutant

_PEOPLE = ("tests/operations/test_chat_people.py",)

SCREENS: Final = (
    Mutant(
        "what somebody else decided meanwhile is overridden",
        "operations/member_changes.py",
        "    if others:\n        return Overtaken(others)\n    rules",
        "    rules",
        _PEOPLE,
    ),
    Mutant(
        "two decide about one chat at once",
        "projections/by_hand/journal.py",
        "pg_advisory_xact_lock(hashtextextended('decide ' || :chat, 0))",
        "hashtextextended('decide ' || :chat, 0)",
        _PEOPLE,
    ),
    Mutant(
        "a filter acts on whoever it takes by now",
        "operations/member_changes.py",
        "if digest_now != seen.digest:",
        "if False:",
        _PEOPLE,
    ),
    Mutant(
        "a form that is sent twice is done twice",
        "operations/member_changes.py",
        "    if done is not None:\n        return done\n    if digest_now",
        "    if digest_now",
        _PEOPLE,
    ),
    Mutant(
        "undoing takes back what was decided since",
        "operations/undoing.py",
        "[each for each in found if each.counts]",
        "list(found)",
        _PEOPLE,
    ),
    Mutant(
        "whoever is put back is kept by hand",
        "domain/by_hand.py",
        "yield MembershipDecision.ADDED if role is None else MembershipDecision.NONE",
        "yield MembershipDecision.ADDED",
        (*_PEOPLE, "tests/domain/test_by_hand.py"),
    ),
    Mutant(
        "a role by hand comes back with who comes back",
        "domain/by_hand.py",
        "    if given is not None and given.choice is RoleDecision.ADMINISTRATOR:\n",
        "    if False:\n",
        (*_PEOPLE, "tests/domain/test_by_hand.py"),
    ),
    Mutant(
        "a title that is taken back is an empty one",
        "projections/by_hand/decisions.py",
        'row["choice"] or None',
        'row["choice"]',
        _PEOPLE,
    ),
    Mutant(
        "people of one's other school are chosen too",
        "projections/staff/candidates.py",
        "WHERE w.school_id = :school\n",
        "WHERE :school = :school\n",
        _PEOPLE,
    ),
    Mutant(
        "a pupil who was withdrawn can be chosen",
        "projections/migrations/schema/views/staff_people.sql",
        "WHERE w.kind = 'withdrawal' AND",
        "WHERE false AND",
        _PEOPLE,
    ),
    Mutant(
        "whoever sees a chat removes its people",
        "operations/member_changes.py",
        "load_card(connection, actor, chat_id, _RIGHTS[act])",
        "load_card(connection, actor, chat_id)",
        (*_PEOPLE, "tests/console/test_chat_edit.py"),
    ),
    Mutant(
        "who was ticked is lost when the page is turned",
        "domain/choice.py",
        "(self.also - unticked) | ticked",
        "self.also - unticked",
        ("tests/domain/test_by_hand.py",),
    ),
    Mutant(
        "many decisions are not told to others",
        "projections/by_hand/decisions.py",
        "await published(connection, new)",
        "await published(connection, new[:1])",
        _PEOPLE,
    ),
)  # fmt: skip
