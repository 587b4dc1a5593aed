"""The bugs of the API for programs: for whom it answers, and how often it acts."""

from typing import Final

from tests.mutants.planting import Mutant

_DOORS = ("tests/console/test_doors.py",)
_API = ("tests/console/test_api_v1.py",)

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
)
