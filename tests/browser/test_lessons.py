"""A distance lesson's whole life in a browser, by a clock that is set: each of a school in turn."""

import asyncio

import pytest

from tests.browser.browsers import needs_chromium
from tests.browser.test_linking import pictures
from tests.browser.test_pages import NOTHING_WRONG, visit
from tests.console.running import running
from tests.lessons.timetable import MINUTE, NINE, L, lesson, timetable


@pytest.mark.takes(40)
@needs_chromium
@pytest.mark.parametrize("width", [1366, 390])
async def test_a_lesson_is_made_opened_and_over(town_url: str, width: int) -> None:
    stop = asyncio.Event()
    async with timetable(town_url) as school, running(town_url, who=None) as console:
        await school.register(lesson())
        await school.register(lesson(NINE + 60 * MINUTE, lesson_id="alpha-next"))
        replaced = lesson(lesson_id="alpha-replaced", group="phys", teacher="other-leader")
        await school.register(replaced)
        of_its_teacher = lesson(
            NINE + 60 * MINUTE, lesson_id="alpha-own", group="phys", teacher="physicist"
        )
        await school.register(of_its_teacher)
        looping = asyncio.create_task(school.loop.run(stop))
        try:
            found = await visit(
                console.at.console, width, "visit_lessons", "--database", town_url, *pictures()
            )
        finally:
            stop.set()
            await looping
        assert (await school.calls()).keys() == {f"lesson:{L}", "lesson:alpha-replaced"}
    seen = found.pop("seen")
    assert found == NOTHING_WRONG
    assert seen == {
        "name": "Урок по предмету «Химия» от 24.11.2026 09:00",
        "teacher in": "https://max.ru/call/",
        "focus": "H1",
        "pupil before": 0,
        "pupil in": "https://max.ru/call/",
        "lessons of the one who replaces": 1,
        "who replaces in": "https://max.ru/call/",
        "guardian": [0, 1],
        "pupil of another group": 404,
        "foreign teacher": 404,
        "in the pages": [],
        "home": "/my",
    }
