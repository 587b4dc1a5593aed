"""The bugs of «Инициализировать список чатов»: what is confirmed, approved, and through."""

from typing import Final

from tests.mutants.planting import Mutant

_INITIALISING = ("tests/operations/test_initialising.py",)
_START = "operations/initialising_start.py"

INITIALISING: Final = (
    Mutant(
        "a confirmation is of whatever it comes to by then",
        _START,
        "    if confirmation(wish, forecasts) != confirmed:\n        raise _Otherwise\n",
        "",
        (*_INITIALISING, "tests/console/test_initialisation.py"),
    ),
    Mutant(
        "an approval is over before its cause is derived",
        "projections/guard/held_plans.py",
        "EXISTS (SELECT FROM stale_entities WHERE kind = 'chat' AND id = :chat)\n           OR",
        "",
        _INITIALISING,
    ),
    Mutant(
        "a school lifts the limit of all by one click",
        _START,
        "if beyond is None or not taking.counts",
        "if True",
        _INITIALISING,
    ),
    Mutant(
        "a school is initialised twice at a time",
        _START,
        "    if not await initialisations.begin(connection, start):\n",
        "    if not await initialisations.begin(connection, start) and False:\n",
        _INITIALISING,
    ),
    Mutant(
        "a chat is through before it is derived",
        "projections/reconcile/initialisations.py",
        "AND NOT EXISTS (SELECT FROM stale_entities m"
        " WHERE m.kind = 'chat' AND m.id = i.chat_id)\n",
        "\n",
        _INITIALISING,
    ),
    Mutant(
        "whoever was ever added by hand leaves",
        "domain/initialising.py",
        "return added_by_hand(standing) - rules.keys()",
        "return added_by_hand(standing)",
        _INITIALISING,
    ),
    Mutant(
        "who administers one school initialises every one",
        "operations/initialising.py",
        "if not may(actor, Right.INITIALISE_CHATS, TheSchool(school_id)):",
        "if actor.operator is None and not actor.administers:",
        _INITIALISING,
    ),
    Mutant(
        "who decides by hand at the same moment is overlooked",
        _START,
        "        await journal.lock(connection, chat_id)\n    return await foreseen",
        "        pass\n    return await foreseen",
        _INITIALISING,
    ),
    Mutant(
        "a closed class gets a chat again",
        "projections/derive/preset.py",
        "        and not is_frozen(chat, today)\n",
        "",
        _INITIALISING,
    ),
)
