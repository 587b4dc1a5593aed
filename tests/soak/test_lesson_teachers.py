"""A teacher who is refused in the soak: when that is the register's doing, and when a fault."""

from random import Random

from sqlalchemy import text

from projections.database import transaction
from tests.lessons.timetable import CHEMIST, L, Timetable, lesson, timetable
from tests.soak.lessons import NOT_READ_YET, Teachers
from tests.staff.fixtures import town_url, towns
from tests.staff.town import ALPHA

__all__ = ["town_url", "towns"]

_NOBODYS = """
    CREATE OR REPLACE VIEW staff.lesson_parts WITH (security_barrier) AS
    SELECT lesson_id, true AS gives, true AS opens FROM fact_lessons WHERE false"""


def _teachers(school: Timetable, teacher: str) -> Teachers:
    published = {str(L): {"data": {"teacher_id": teacher}}}
    return Teachers(school.engine, Random(7), published)


async def test_who_gives_the_lesson_decides(town_url: str) -> None:
    async with timetable(town_url) as school:
        await school.register(lesson())
        teachers = _teachers(school, CHEMIST)
        await teachers.decide(L)
    assert (dict(teachers.counted), teachers.faults) == ({"decided": 1}, [])


async def test_that_a_change_was_not_read_yet_is_no_fault(town_url: str) -> None:
    """The register has given the lesson to somebody else; we know the former teacher."""
    async with timetable(town_url) as school:
        await school.register(lesson())
        teachers = _teachers(school, ALPHA.id("physicist"))
        await teachers.decide(L)
    assert (dict(teachers.counted), teachers.faults) == ({NOT_READ_YET: 1}, [])


async def test_that_a_teacher_is_not_shown_a_lesson_of_theirs_is_one(town_url: str) -> None:
    async with timetable(town_url) as school:
        await school.register(lesson())
        async with transaction(school.engine) as connection:
            await connection.execute(text(_NOBODYS))
        teachers = _teachers(school, CHEMIST)
        await teachers.decide(L)
    assert (dict(teachers.counted), len(teachers.faults)) == ({}, 1)
    assert teachers.said == []
