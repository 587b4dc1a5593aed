"""PostgreSQL itself shows nobody a lesson, or a link into its call, that the rules forbid."""

import pytest
from sqlalchemy import text

from domain.access import may
from domain.ids import GroupId, LessonId, PersonId, SchoolId
from domain.rights import Right
from domain.things import TheLesson
from projections.errors import StoreError
from projections.staff import fence
from tests.lessons.timetable import MINUTE, NINE, Timetable, lesson
from tests.staff.town import ALPHA, BETA, PEOPLE

LESSONS = [
    lesson(lesson_id="alpha-1"),
    lesson(lesson_id="alpha-2", group="phys"),
    lesson(lesson_id="alpha-3", group="phys", teacher="chemist"),
    lesson(lesson_id="alpha-4", teacher="staff"),
    lesson(lesson_id="alpha-5", teacher="left-teacher"),
    lesson(lesson_id="beta-1", ids=BETA),
    lesson(lesson_id="beta-2", ids=BETA, group="phys", teacher="chemist"),
]


async def test_lessons_and_links_are_shown_to_whom_the_rules_say(school: Timetable) -> None:
    things = {}
    for each in LESSONS:
        await school.register(each)
        await school.sql(
            """INSERT INTO decisions (decision_id, lesson_id, subject, choice, author, at)
               VALUES (:lesson, :lesson, 'lesson', 'Урок', 'x', clock_now())""",
            lesson=each.lesson_id,
        )
        await school.sql(
            """INSERT INTO lesson_calls (lesson_id, standing, call_id, join_url)
               VALUES (:lesson, 'made', 'c', 'https://max.ru/call/' || :lesson)""",
            lesson=each.lesson_id,
        )
        things[each.lesson_id] = TheLesson(
            LessonId(each.lesson_id), SchoolId(each.school_id), GroupId(each.group_id),
            PersonId(each.teacher_id),
        )  # fmt: skip
    await school.at(NINE + MINUTE)
    seen_by_somebody: set[str] = set()
    for ids in (ALPHA, BETA):
        for person in PEOPLE:
            actor = await school.actor(ids.id(person))
            async with fence.reading(school.engine, actor) as connection:
                shown = {r[0] for r in await connection.execute(
                    text("SELECT lesson_id FROM staff.lessons"))}  # fmt: skip
                open_to = {r[0] for r in await connection.execute(
                    text("SELECT lesson_id FROM staff.lesson_links"))}  # fmt: skip
            allowed = {k for k, thing in things.items() if may(actor, Right.SEE_LESSON, thing)}
            opened = {k for k, thing in things.items() if may(actor, Right.OPEN_LESSON, thing)}
            assert shown == allowed, (ids.school, person)
            assert open_to == opened, (ids.school, person)
            seen_by_somebody |= open_to
    assert seen_by_somebody == things.keys()


@pytest.mark.parametrize("minutes", [-1, 40])
async def test_outside_of_the_lesson_there_is_no_link_for_anybody(
    school: Timetable, minutes: int
) -> None:
    await school.register(lesson())
    await school.plan()
    await school.settle()
    await school.at(NINE + minutes * MINUTE)
    async with fence.reading(school.engine, await school.actor("alpha-chemist")) as connection:
        rows = await connection.execute(text("SELECT lesson_id FROM staff.lesson_links"))
        assert rows.all() == []


@pytest.mark.parametrize(
    "table",
    ["lesson_calls", "lesson_intents", "lesson_wishes", "fact_lessons", "dashboard.lessons"],
)
async def test_what_the_views_rest_on_is_not_granted(school: Timetable, table: str) -> None:
    actor = await school.actor("alpha-chemist")
    with pytest.raises(StoreError):
        async with fence.reading(school.engine, actor) as connection:
            await connection.execute(text(f"SELECT * FROM {table}"))
