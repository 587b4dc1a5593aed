"""The order in which a long backlog is worked off, and how long that takes.

A region's first load leaves some 170,000 chats to be made, an hour and a half of the messenger's
calls whatever we do; so it matters who waits how long. Removals go before all of it, in a lane of
their own, and schools take turns. Within a school it is: Учительская, whose people are asked first
when something is not there yet; then class by class, the lowest first, since the youngest's parents
are new to it, each with its Родители; then Предметы, in the same order of classes.
"""

import re
from datetime import timedelta
from typing import Final, assert_never

from domain.chats import ChatKind

LATELY: Final = timedelta(minutes=5)
"""How long what was done lately is counted for."""

LONG: Final = 100
"""Fewer chats than this are done before anybody has read how long it takes."""

_GRADE = re.compile(r"\s*([0-9]{1,2})(?![0-9])")
_NO_GRADE = 99


def place(kind: ChatKind, class_name: str | None) -> int:
    """A chat's place among its school's, from 0; equal ones go by how long they are due."""
    match kind:
        case ChatKind.STAFF_ROOM:
            return 0
        case ChatKind.CLASS:
            return 1 + 2 * _grade(class_name)
        case ChatKind.PARENTS:
            return 2 + 2 * _grade(class_name)
        case ChatKind.SUBJECT:
            return 3 + 2 * _NO_GRADE + _grade(class_name)
        case _:
            assert_never(kind)


def _grade(class_name: str | None) -> int:
    """1 of «1а»; what does not begin with a number of two digits at most comes last."""
    found = _GRADE.match(class_name or "")
    return int(found[1]) if found else _NO_GRADE


def minutes_left(waiting: int, done_lately: int) -> int | None:
    """How long a backlog takes at the pace of what was done ``LATELY``, in whole minutes.

    None where it is not long, or where nothing says how fast it goes.
    """
    if waiting < LONG or done_lately <= 0:
        return None
    return max(1, round(waiting / done_lately * LATELY.total_seconds() / 60))
