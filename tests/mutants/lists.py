"""The bugs of what a list of the console costs, and of what it then says."""

from typing import Final

from tests.mutants.planting import Mutant

_LISTS = ("tests/benchmarks/test_lists.py",)

LISTS: Final = (
    Mutant(
        "a page counts all its chats for each of them",
        "projections/staff/school_chats.py",
        "      {COUNTED}\n",
        "      JOIN staff.chat_numbers n ON n.chat_id = c.chat_id AND n.chat_id = ANY(:chats)\n",
        _LISTS,
    ),
    Mutant(
        "an order by state judges all chats for each of them",
        "projections/staff/chat_search.py",
        "SELECT * FROM staff.chat_standings d WHERE d.chat_id = c.chat_id OFFSET 0) d ON true",
        "SELECT 1) o ON true JOIN staff.chat_standings d ON d.chat_id = c.chat_id",
        _LISTS,
    ),
    Mutant(
        "a surname is folded anew for each person",
        "projections/staff/chat_search.py",
        "starts_with(p.surname_folded,",
        "starts_with(staff.folded(p.surname),",
        _LISTS,
    ),
    Mutant(
        "each title's key is made anew for each list",
        "projections/staff/chat_search.py",
        "c.title_key AS title",
        "staff.sort_key(c.title) AS title",
        _LISTS,
    ),
    Mutant(
        "of each who can be chosen it is asked whether they are known",
        "projections/staff/candidates.py",
        "          FROM staff.named_people w\n",
        "          FROM staff.named_people w JOIN fact_people p USING (person_id)\n",
        _LISTS,
    ),
    Mutant(
        "what PostgreSQL makes of a fact is kept as part of it",
        "projections/facts/tables.py",
        '    generated=("surname_folded",),\n',
        "",
        ("tests/projections/test_facts_store.py",),
    ),
    Mutant(
        "who is missing from one of their chats is counted as inside",
        "projections/staff/summary_numbers.py",
        "(linked & places.belong) - places.missing",
        "linked & places.belong",
        _LISTS,
    ),
    Mutant(
        "who was removed from the register is counted",
        "projections/migrations/schema/views/staff_people.sql",
        "r.person_id = w.person_id AND r.removed))",
        "r.person_id = w.person_id AND r.removed AND false))",
        ("tests/console/test_summary.py",),
    ),
    Mutant(
        "a page waits for the browser's acknowledgement",
        "console/web_server.py",
        "    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n",
        "",
        ("tests/console/test_serve.py",),
    ),
)
