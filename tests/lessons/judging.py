"""What every judge of lessons' calls needs: whose a call is, what was decided last, what is odd.

By the oracle of the published events (``tests.oracle.lessons``); what a judge leaves out, it says.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from simulator.changes import MeetingSet
from tests.oracle.lessons import Timetable
from tests.oracle.naive import instant

LATEST = """
    SELECT DISTINCT ON (lesson_id) lesson_id, choice, insists FROM decisions
     WHERE lesson_id IS NOT NULL ORDER BY lesson_id, at DESC, decision_id COLLATE "C" DESC"""
"""The last decision about each lesson; without a choice it is to be no distance lesson."""

Placed = tuple[int, str, datetime, datetime]
"""A call by its chat, title, start and end."""


def lesson_of(call: MeetingSet) -> str:
    """Whose call it is; what stands after a # is no lesson's name but an attempt's."""
    return call.external_id.removeprefix("lesson:").partition("#")[0]


def differences(
    timetable: Timetable,
    decided: Mapping[str, str | None],
    chats: Mapping[str, int],
    calls: Iterable[MeetingSet],
    spared: Callable[[str, set[Placed]], bool],
) -> list[str]:
    """Where calls that are to come are not as the register and people have them.

    ``decided``: the title of each lesson that is to be one; ``chats``: the messenger's, by name.
    ``spared``: whether a lesson with these calls, wanted and there, is not judged now.
    """
    there: dict[str, set[Placed]] = {}
    for each in calls:
        placed = (each.chat_id, each.title, instant(each.starts_at), instant(each.ends_at))
        there.setdefault(lesson_of(each), set()).add(placed)
    odd = []
    for lesson in {**decided, **there}:
        wanted, found = timetable.call(lesson, decided.get(lesson)), there.get(lesson, set())
        should: set[Placed] = set()
        if wanted is not None and wanted.chat_id in chats:
            should.add((chats[wanted.chat_id], wanted.title, wanted.starts_at, wanted.ends_at))
        if spared(lesson, should | found):
            continue
        # One that is over takes nobody in, so it may stay.
        to_come = {each for each in found if each[-1] > timetable.now}
        if to_come != should:
            odd.append(f"lesson {lesson}: {sorted(to_come)} for {sorted(should)}")
    return odd
