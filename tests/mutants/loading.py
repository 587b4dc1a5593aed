"""The bugs of a first load, of the log of memberships, and of the order of a backlog."""

from typing import Final

from tests.mutants.planting import Mutant

_FIRST_LOAD = ("tests/projections/test_first_load.py",)
_FILE = "projections/gate/first_load.py"

LOADING: Final = (
    Mutant(
        "a fact that is written as a first load ends is marked by nobody",
        _FILE,
        "{_IS_ON} FOR SHARE",
        "{_IS_ON}",
        _FIRST_LOAD,
    ),
    Mutant(
        "the gate opens before a first load is derived",
        _FILE,
        "marks.set_marks(store, touched, Lane.REPLAY, since)",
        "marks.set_marks(\n        store, touched, Lane.REPLAY,"
        ' await store.fetchval("SELECT clock_now()")\n    )',
        _FIRST_LOAD,
    ),
    Mutant(
        "whatever is long is a first load",
        _FILE,
        " AND NOT EXISTS (SELECT FROM chats)",
        "",
        _FIRST_LOAD,
    ),
    Mutant(
        "a first load that does not end derives nothing",
        _FILE,
        "OR c.loading_since < clock_now() - make_interval(mins => :minutes))",
        "OR c.loading_since < clock_now() - make_interval(years => :minutes))",
        _FIRST_LOAD,
    ),
    Mutant(
        "what a first load has not derived yet is a fault",
        "projections/derive/audit.py",
        "if await first_load.is_on(raw):",
        "if facts.stored and await first_load.is_on(raw):",
        _FIRST_LOAD,
    ),
    Mutant(
        "what a membership was before it changed is forgotten",
        "projections/derive/write.py",
        "FROM expected_members e JOIN change USING (chat_id, person_id))",
        "FROM expected_members e JOIN change USING (chat_id, person_id) WHERE false)",
        ("tests/projections/derive/test_history.py",),
    ),
    Mutant(
        "who left was never there",
        "projections/derive/write.py",
        "role, reasons, valid_from, known_since FROM former\n",
        "role, reasons, valid_from, known_since FROM former WHERE false\n",
        ("tests/projections/derive/test_history.py",),
    ),
    Mutant(
        "more schools are claimed than can be derived in time",
        "projections/derive/rounds.py",
        "return [*schools[:SCHOOLS_AT_ONCE], *others]",
        "return [*schools, *others]",
        _FIRST_LOAD,
    ),
    Mutant(
        "a new school has no turns before its chats are written",
        "projections/derive/rounds.py",
        "        await school_turns.begin(store)\n",
        "        pass\n",
        _FIRST_LOAD,
    ),
    Mutant(
        "a backlog's pace is that of an hour",
        "domain/backlog.py",
        "LATELY: Final = timedelta(minutes=5)",
        "LATELY: Final = timedelta(hours=1)",
        ("tests/console/test_status_and_metrics.py",),
    ),
    Mutant(
        "the chats of a backlog go in no order",
        "projections/queue/school_turns.py",
        'f"CASE WHEN lane = {int(Lane.REPLAY)} THEN place END, due_at"',
        '"due_at"',
        ("tests/reconcile/test_turns.py",),
    ),
)
