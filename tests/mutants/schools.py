"""The bugs of what a school as a whole sees and decides: its summary, its kinds, its module."""

from typing import Final

from tests.mutants.planting import Mutant

_SUMMARY = ("tests/console/test_summary.py",)
_KINDS = ("tests/projections/derive/test_kinds.py",)

SCHOOLS: Final = (
    Mutant(
        "a class is of the school that the address names",
        "operations/summary_extent.py",
        "    if not may(actor, Right.SEE_SUMMARY, TheClass(known.school_id, class_id)):",
        "    if not may(actor, Right.SEE_SUMMARY, TheSchool(school_id)) and not actor.leads:",
        _SUMMARY,
    ),
    Mutant(
        "a name runs as a formula",
        "console/tables.py",
        """return f"'{shown}" if _FORMULA.match(shown) else shown""",
        "return shown",
        _SUMMARY,
    ),
    Mutant(
        "a link is on paper for whom it does not help",
        "operations/summary_sheets.py",
        "    linked = [each for each in people if each.linked]\n",
        "    linked = list(people)\n",
        _SUMMARY,
    ),
    Mutant(
        "who waits for a chat that needs a person seems on the way",
        "projections/staff/summary.py",
        "waits = Absence.CHAT if chat.is_helpless else Absence.WAITS",
        "waits = Absence.WAITS",
        _SUMMARY,
    ),
    Mutant(
        "a class teacher reads the names of the whole school's summary",
        "projections/migrations/schema/views/staff_people.sql",
        "current_setting('staff.leads_at', true), ','))::text[]));\n\n-- Who belongs in which chat",
        "current_setting('staff.leads_at', true), ','))::text[])\n"
        "        OR w.school_id = ANY((SELECT string_to_array(current_setting("
        "'staff.chooses_in', true), ','))::text[]));\n\n-- Who belongs in which chat",
        ("tests/staff/test_fence.py",),
    ),
    Mutant(
        "one account's stay is taken for another's",
        "projections/by_hand/journal.py",
        "(b.person_id, b.account) IS NOT DISTINCT FROM (a.person_id, a.account)",
        "b.person_id IS NOT DISTINCT FROM a.person_id",
        ("tests/operations/test_chat_people.py",),
    ),
    Mutant(
        "a kind that is on again waits for the next event",
        "projections/by_hand/decisions.py",
        "    await mark_schools(raw, schools, lane)\n",
        "",
        _KINDS,
    ),
    Mutant(
        "switching a kind off deletes the chats that are there",
        "domain/derivation/compute.py",
        "return not stored.in_messenger and is_withheld(",
        "return is_withheld(",
        _KINDS,
    ),
    Mutant(
        "a decision that is read back late makes chats all the same",
        "domain/derivation/compute.py",
        "deleted=decided.deleted or self._is_withheld(stored, chat),",
        "deleted=decided.deleted,",
        _KINDS,
    ),
    Mutant(
        "a class that moves takes along what its old school has switched off",
        "domain/derivation/compute.py",
        "is_withheld(chat, decided, self._facts.kinds_off)",
        "is_withheld(_as_stored(stored), decided, self._facts.kinds_off)",
        _KINDS,
    ),
    Mutant(
        "the module is off where one looks and not where the chat is",
        "console/behind_module.py",
        "    for what in Named:\n",
        "    for what in set(Named) - {Named.CHAT}:\n",
        ("tests/console/test_module_off.py",),
    ),
    Mutant(
        "the module is off where one looks and not where the class is",
        "console/behind_module.py",
        "    for what in Named:\n",
        "    for what in set(Named) - {Named.CLASS}:\n",
        ("tests/console/test_module_off.py",),
    ),
)
