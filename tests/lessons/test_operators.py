"""Operators see distance lessons as they see chats: counted, named, explained, and let go."""

import json
from datetime import timedelta

import pytest

from domain.ids import LessonId, PersonId
from domain.obstacles import ObstacleKind
from operations import lessons
from projections.database import transaction
from projections.reports import overview
from projections.watch.upkeep import Retention, forget_old
from tests.lessons.timetable import MINUTE, NINE, L, Timetable, lesson


async def named(school: Timetable) -> dict[ObstacleKind, tuple[str, ...]]:
    async with transaction(school.engine) as connection:
        standing = await overview.standing(connection)
    kinds = (ObstacleKind.LESSON_WAITS, ObstacleKind.LESSON_FAILS)
    return {each.kind: each.about for each in standing.obstacles if each.kind in kinds}


async def under_way(school: Timetable) -> int:
    async with transaction(school.engine) as connection:
        return (await overview.standing(connection)).counts.lessons_due


async def test_what_is_under_way_is_counted_before_anybody_has_looked(school: Timetable) -> None:
    await school.register(lesson())
    assert await under_way(school) == 0
    await school.plan()
    assert await under_way(school) == 1
    await school.settle()
    assert await under_way(school) == 0
    await school.register(lesson(NINE + 30 * MINUTE))
    assert await under_way(school) == 1
    await school.settle()
    assert await under_way(school) == 0
    assert await named(school) == {}


async def test_what_holds_a_call_back_is_named_until_the_lesson_is_over(
    school: Timetable,
) -> None:
    await school.register(lesson())
    await school.plan()
    await school.fault(method="POST", path="/partner/v1/calls", kind="status", status=503)
    for _ in range(3):
        await school.hurry()
        await school.loop.once()
    assert await named(school) == {ObstacleKind.LESSON_FAILS: (L,)}
    await school.http.delete("/sim/faults")
    await school.settle()
    assert await named(school) == {}
    await school.at(NINE + MINUTE)
    await school.register(lesson(NINE + 30 * MINUTE, cancelled=True))
    await school.settle()
    assert await named(school) == {ObstacleKind.LESSON_WAITS: (L,)}
    await school.at(NINE + 70 * MINUTE)
    assert await named(school) == {}


@pytest.mark.parametrize(
    ("who", "part", "open_now"),
    [("chemist", "teacher", True), ("pupil-1", "pupil", True), ("parent-1", "guardian", False),
     ("pupil-3", "none", False), ("nobody", "none", False)],
)  # fmt: skip
async def test_how_a_person_stands_to_a_lesson_is_explained_without_the_link(
    school: Timetable, who: str, part: str, *, open_now: bool
) -> None:
    await school.register(lesson())
    await school.plan()
    await school.settle()
    await school.at(NINE + MINUTE)
    found = await lessons.explain(school.engine, L, PersonId(f"alpha-{who}"))
    assert found is not None
    assert (found.part, found.open_now) == (part, open_now)
    assert (found.lesson.state, found.lesson.author) == ("converged", "alpha-chemist")
    assert "max.ru" not in repr(found)
    assert await lessons.explain(school.engine, LessonId("none"), PersonId("x")) is None


async def test_the_link_is_in_no_journal_no_view_and_no_event(school: Timetable) -> None:
    await school.register(lesson())
    await school.plan()
    await school.settle()
    assert await school.rows("SELECT join_url IS NOT NULL FROM lesson_calls") == [(True,)]
    for table in ("lesson_intents", "outbox", "decisions", "dashboard.lessons", "intents"):
        rows = await school.rows(f"SELECT coalesce(string_agg(t::text, ''), '') FROM {table} t")
        assert "max.ru" not in json.dumps(rows, default=str), table


async def test_what_is_known_of_a_call_is_let_go_a_week_after_and_found_again(
    school: Timetable,
) -> None:
    await school.register(lesson())
    await school.plan()
    await school.settle()
    await school.at(NINE + timedelta(days=1))
    await school.settle()
    await school.store.sweep(everything=True)
    assert await school.rows("SELECT live FROM lesson_calls") == [(False,)]
    await school.at(NINE + timedelta(days=9))
    async with transaction(school.engine) as connection:
        await forget_old(connection, Retention())
    assert await school.rows("SELECT join_url, call_id FROM lesson_calls") == [(None, None)]
    assert await school.state() == "over"
    again = NINE + timedelta(days=10)
    await school.register(lesson(again))
    await school.store.sweep(everything=True)
    await school.settle()
    (call,) = (await school.calls()).values()
    assert call["starts_at"].startswith("2026-12-04T06:00")
