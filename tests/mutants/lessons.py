"""Bugs of distance lessons: of their calls, and of who gets into them."""

from typing import Final

from tests.mutants.planting import Mutant

_CALLS = "tests/lessons/test_calls.py"
_FOLLOWING = "tests/lessons/test_following.py"
_TURNS = "tests/lessons/test_turns.py"

LESSONS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "a call stays with another group while the lesson's own has no chat",
        "domain/lesson_work.py",
        "    elsewhere = held.chat not in {None, wish.chat}\n",
        "    elsewhere = wish.chat is not None and held.chat not in {None, wish.chat}\n",
        (_CALLS,),
    ),
    Mutant(
        "a call that runs is deleted without a word",
        "domain/lesson_calls.py",
        "if running and not goes_on and not insists:",
        "if running and not goes_on and wanted is not None and not insists:",
        ("tests/domain/test_lessons.py", _CALLS),
    ),
    Mutant(
        "a call that was asked for is forgotten with its process",
        "projections/lessons/store.py",
        "        await _hold(connection, lease, held, None)\n",
        "",
        (_CALLS,),
    ),
    Mutant(
        "a change without an answer counts as done",
        "domain/lesson_work.py",
        "            plans = tuple(dict.fromkeys((*before.plans, plan)))\n"
        "            return HeldCall(Standing.DOUBTED, call_id, plans, chat)",
        "            return HeldCall(Standing.MADE, call_id, (plan,), chat)",
        (_FOLLOWING,),
    ),
    Mutant(
        "a deletion is sent though the call has begun meanwhile",
        "domain/lesson_work.py",
        "    return min([longest, *((start - now).total_seconds() for start in starts)])",
        "    return min([longest, *(longest for _ in starts)])",
        (_CALLS,),
    ),
    Mutant(
        "a lesson is opened before it starts",
        "projections/migrations/schema/14_lessons.sql",
        "   AND (SELECT clock_now()) >= w.starts_at AND",
        "   AND (SELECT clock_now()) >= w.starts_at - interval '1 minute' AND",
        ("tests/lessons/test_fence.py",),
    ),
    Mutant(
        "a guardian gets the link",
        "projections/migrations/schema/14_lessons.sql",
        " WHERE o.opens AND w.decided",
        " WHERE w.decided",
        ("tests/lessons/test_fence.py",),
    ),
    Mutant(
        "another school's teacher of the group's number gives the lesson",
        "projections/migrations/schema/14_lessons.sql",
        "         WHERE f.teacher_id = (SELECT nullif(current_setting('staff.self', true), ''))\n"
        "           AND f.school_id = ANY(",
        "         WHERE f.teacher_id = (SELECT nullif(current_setting('staff.self', true), ''))\n"
        "           AND f.school_id <> ALL(",
        ("tests/lessons/test_fence.py",),
    ),
    Mutant(
        "what a restored copy knows of a call is believed",
        "projections/queue/lesson_doubts.py",
        "CASE standing WHEN 'made' THEN 'doubted' WHEN",
        "CASE standing WHEN 'made' THEN 'made' WHEN",
        (_FOLLOWING,),
    ),
    Mutant(
        "a decision that was read back finds no call",
        "projections/by_hand/lesson_decisions.py",
        "CASE WHEN :doubtful THEN 'asked' ELSE 'none' END",
        "CASE WHEN :doubtful THEN 'none' ELSE 'none' END",
        (_FOLLOWING,),
    ),
    Mutant(
        "whoever has claimed is not moved on: a school has its calls made all at once",
        "projections/queue/school_turns.py",
        """                await connection.execute(self._move_on, {"school": school})\n""",
        "",
        (_TURNS, "tests/reconcile/test_turns.py"),
    ),
    Mutant(
        "a call that begins soon waits behind what has time",
        "projections/lessons/queue.py",
        """l.lane > CAST(:lane AS smallint)""",
        """l.lane < CAST(:lane AS smallint)""",
        (_TURNS,),
    ),
    Mutant(
        "what somebody decided meanwhile is overwritten",
        "operations/lesson_acts.py",
        '        if (lesson.decision_id or "") != wish.seen:',
        '        if lesson.decision_id is None and wish.seen != "":',
        ("tests/lessons/test_screens.py",),
    ),
    Mutant(
        "a call that nobody will ask about again is under way for ever",
        "projections/migrations/schema/views/lessons.sql",
        "OR l.lease_until > clock_now()\n",
        "OR l.lease_until > clock_now() OR l.standing = 'asked'\n",
        ("tests/lessons/test_calls.py", "tests/lessons/test_operators.py"),
    ),
)
