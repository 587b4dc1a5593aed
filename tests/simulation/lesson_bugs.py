"""Bugs of distance lessons, planted in the production code one at a time, as those of ``bugs``.

What a view says is planted in the run's own database, by the words of the schema's script.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlalchemy import text

import consumers.translate
import domain.lesson_calls
import domain.lesson_work
import domain.lessons
import gateway.lesson_calls
import operations.lesson_opening
import projections.migrations
import projections.staff.actors
from domain.facts import Lesson
from domain.ids import LessonId
from schemas.lessons import LessonChanged

_SCRIPT = Path(projections.migrations.__path__[0]) / "schema" / "14_lessons.sql"
_EARLY = timedelta(minutes=1)


def opened_a_minute_early(stack: ExitStack) -> None:
    """The page lets in a minute before the lesson starts; the view of the link does so too."""
    right = domain.lessons.entrance

    def entrance(lesson: Any, now: datetime, *, planned: bool) -> Any:
        return right(lesson, now + _EARLY, planned=planned)

    stack.enter_context(patch.object(operations.lesson_opening, "entrance", entrance))


def opened_by_another_zone(stack: ExitStack) -> None:
    """The register's times are read as Moscow's, whatever zone they name."""
    right = consumers.translate._TRANSLATIONS  # noqa: SLF001 - what is broken here
    moscow = ZoneInfo("Europe/Moscow")

    def lesson(rank: Any, data: LessonChanged) -> Lesson:
        told = right_one(rank, data)
        assert isinstance(told, Lesson)
        start, end = (each.replace(tzinfo=moscow) for each in (data.starts_at, data.ends_at))
        return replace(told, starts_at=start, ends_at=end)

    right_one = right[LessonChanged]
    stack.enter_context(patch.dict(right, {LessonChanged: lesson}))


def link_for_former_members(stack: ExitStack) -> None:
    """Whoever was ever of a chat counts as of it."""
    right = projections.staff.actors._ACTOR.text  # noqa: SLF001 - what is broken here
    begins = "SELECT m.chat_id, c.school_id, m.role FROM "
    wrong = right.replace(f"{begins}expected_members", f"{begins}membership_history")
    assert wrong != right
    stack.enter_context(patch.object(projections.staff.actors, "_ACTOR", text(wrong)))


def call_deleted_while_it_runs(stack: ExitStack) -> None:
    """Nobody asks whether people are in the call."""
    right = domain.lesson_calls.next_step

    def next_step(wanted: Any, known: Any, now: Any, *, insists: bool, elsewhere: bool) -> Any:
        del insists
        return right(wanted, known, now, insists=True, elsewhere=elsewhere)

    stack.enter_context(patch.object(domain.lesson_work, "next_step", next_step))


def a_key_for_each_attempt(stack: ExitStack) -> None:
    """A create that is repeated has another idempotency key."""
    right, numbers = domain.lesson_work.external_id_of, count()

    def external_id_of(lesson_id: LessonId) -> str:
        return f"{right(lesson_id)}#{next(numbers)}"

    stack.enter_context(patch.object(gateway.lesson_calls, "external_id_of", external_id_of))


def _view(name: str, right: str, wrong: str) -> str:
    """The statement that replaces a view by one with other words."""
    script = _SCRIPT.read_text("utf-8")
    start = script.index(f"CREATE VIEW {name} ")
    statement = script[start : script.index(";", start)]
    assert statement.count(right) == 1, name
    return statement.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace(right, wrong)


IN_THE_DATABASE: Final[Mapping[str, Callable[[], str]]] = {
    "opened_a_minute_early": lambda: _view(
        "staff.lesson_links",
        ">= w.starts_at",
        ">= w.starts_at - interval '1 minute'",
    ),
}
"""What some of them change in the database as well."""

LESSON_BUGS: Final = (
    opened_a_minute_early,
    opened_by_another_zone,
    link_for_former_members,
    call_deleted_while_it_runs,
    a_key_for_each_attempt,
)
