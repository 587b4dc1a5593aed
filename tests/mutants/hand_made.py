"""Bugs of chats that people make by hand."""

from typing import Final

from tests.mutants.planting import Mutant

_DERIVED = ("tests/projections/derive/test_hand_made.py",)
_SCREEN = ("tests/console/test_new_chat.py",)

HAND_MADE: Final[tuple[Mutant, ...]] = (
    Mutant(
        "chats made by hand are found by their rows",
        "projections/derive/resolve.py",
        "FROM class c JOIN founded_chats f ON f.class_id = c.id",
        "FROM class c JOIN chats f ON f.class_id = c.id AND f.origin = 'hand'",
        ("tests/interleavings/test_founding.py",),
    ),
    Mutant(
        "a chat of chosen people is filled by the rules",
        "domain/rules.py",
        "if facts.chat.filling is Filling.CHOSEN:",
        "if facts.chat.filling is None:",
        _DERIVED,
    ),
    Mutant(
        "a class that moves takes a chat's people along",
        "domain/rules.py",
        "if school_class is not None and school_class.school_id != chat.school_id:",
        "if school_class is not None and not school_class.school_id:",
        _DERIVED,
    ),
    Mutant(
        "a kind that is off takes a chat made by hand",
        "projections/derive/chat_rows.py",
        "chat_id not in entities.founded and off.covers",
        "off.covers",
        _DERIVED,
    ),
    Mutant(
        "a chat made by hand is not read back",
        "projections/by_hand/decisions.py",
        "        if isinstance(decision, ChatDecision) and isinstance(decision.choice, Founding):",
        "        if publish and isinstance(decision.choice, Founding):",
        ("tests/consumers/test_decisions.py",),
    ),
    Mutant(
        "two make a chat for the same and are not told",
        "operations/founding.py",
        "    await purposes.lock(connection, purpose)\n",
        "",
        _SCREEN,
    ),
    Mutant(
        "another's form is taken for one's own",
        "domain/founding.py",
        "uuid5(act_id, author)",
        "uuid5(act_id, _MARK)",
        _SCREEN,
    ),
    Mutant(
        "a subject teacher chooses among all the school",
        "operations/new_chat_offer.py",
        "Pool(school_id, learning_in=theirs)",
        "Pool(school_id)",
        _SCREEN,
    ),
    Mutant(
        "who made a chat is forgotten",
        "projections/staff/things.py",
        "made_by=None if row.made_by is None else PersonId(row.made_by)",
        "made_by=None",
        _SCREEN,
    ),
    Mutant(
        "a chat is made for a class that was not shown",
        "operations/founding.py",
        "if wanted.look.shown_for != offer.key:",
        "if not offer.key:",
        _SCREEN,
    ),
)
