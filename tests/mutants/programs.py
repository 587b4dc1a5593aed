"""The bugs of the API for programs: for whom it answers, and how often it acts."""

from typing import Final

from tests.mutants.planting import Mutant

_DOORS = ("tests/console/test_doors.py",)
_API = ("tests/console/test_api_v1.py",)
_SCHOOL = ("tests/console/test_api_school.py",)

PROGRAMS: Final = (
    Mutant(
        "a program may do what its person may not",
        "console/entrance/gate.py",
        "        if not _lets_in(door.need, actor):\n            raise NotAllowed\n"
        "        return Visit(actor, program=program)",
        "        return Visit(actor, program=program)",
        _DOORS,
    ),
    Mutant(
        "a program that names nobody asks for itself",
        "console/entrance/gate.py",
        "        if door.need is Need.OPERATOR:\n            return Visit(program=program)",
        "        if door.need is Need.OPERATOR or not request.headers.get(FOR_PERSON):\n"
        "            return Visit(program=program)",
        _DOORS,
    ),
    Mutant(
        "the API forgets what was seen",
        "console/rest/changes.py",
        "        seen = Seen(key, asked.version)\n        return outcome(await act_on_members",
        "        seen = Seen(key, 10**9)\n        return outcome(await act_on_members",
        _API,
    ),
    Mutant(
        "a key is none of the act's",
        "console/rest/changes.py",
        "        seen = Seen(key, asked.version)\n        return outcome(await candidates.add",
        "        seen = Seen(UUID(int=key.int ^ id(request)), asked.version)\n"
        "        return outcome(await candidates.add",
        _API,
    ),
    Mutant(
        "a class is told at the address of another school",
        "console/rest/summary.py",
        "        if class_id is not None and found.school_id != school_id:",
        "        if class_id is not None and found.class_id != class_id:",
        _SCHOOL,
    ),
    Mutant(
        "the hash of another choice is the start under way",
        "projections/reconcile/initialisations.py",
        "    return (sorted(row.kinds), row.drops_by_hand) == (kinds, start.wish.drops_by_hand)",
        "    return bool(kinds)",
        _SCHOOL,
    ),
    Mutant(
        "who was let go and has gone is let go anew",
        "operations/outsiders.py",
        "        if done is not None:\n            return done\n        answer: Answer = Leaving()",
        "        answer: Answer = Leaving()",
        _SCHOOL,
    ),
    Mutant(
        "who belongs in the chat is said to leave it",
        "operations/outsiders.py",
        "    if any(each.is_expected for each in found):",
        "    if any(each.is_expected and each.account is None for each in found):",
        _SCHOOL,
    ),
)
