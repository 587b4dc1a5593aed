"""Whose call is next: what begins soon first, and else the schools take turns."""

from datetime import timedelta

import pytest

from domain.decisions import LessonDecision
from domain.ids import LessonId, SchoolId
from operations.lesson_acts import Decided
from projections.by_hand import lesson_decisions
from projections.database import transaction
from tests.lessons.timetable import MINUTE, NINE, L, Timetable, lesson
from tests.projections.builders import ingest
from tests.staff.town import ALPHA, BETA, SchoolIds

TOMORROW = NINE + timedelta(days=1)
MANY = 200


async def decided(school: Timetable, names: list[str], ids: SchoolIds) -> None:
    """Their teachers have just made all of them, for tomorrow."""
    facts = [lesson(TOMORROW, lesson_id=each, ids=ids) for each in names]
    await ingest(school.engine, *facts)
    async with transaction(school.engine) as connection:
        for fact in facts:
            decision = LessonDecision(
                f"of-{fact.lesson_id}", fact.lesson_id, SchoolId(ids.school), "x",
                fact.starts_at, "Урок",
            )  # fmt: skip
            assert await lesson_decisions.record(connection, decision)


async def claimed(school: Timetable, count: int) -> list[str]:
    leases = [await school.store.claim() for _ in range(count)]
    return [lease.lesson_id for lease in leases if lease is not None]


def of_alpha() -> list[str]:
    return [f"alpha-{number}" for number in range(MANY)]


async def test_another_schools_lesson_is_served_among_the_first(school: Timetable) -> None:
    await decided(school, of_alpha(), ALPHA)
    await school.at(NINE - 25 * MINUTE)
    await decided(school, ["beta"], BETA)
    assert "beta" in await claimed(school, 2)
    assert len(await claimed(school, MANY)) == MANY - 1


@pytest.mark.parametrize("moved_away", [False, True])
async def test_what_begins_soon_or_would_goes_before_what_has_time(
    school: Timetable, *, moved_away: bool
) -> None:
    """Also where its own school has much to do, and where a call stands that is to go."""
    await school.register(lesson())
    assert await school.plan() == Decided()
    if moved_away:
        await school.settle()
    await decided(school, of_alpha(), ALPHA)
    await school.sql(
        "UPDATE lesson_calls SET due_at = due_at - interval '1 hour' WHERE lesson_id <> :it", it=L
    )
    await school.at(NINE - 10 * MINUTE)
    if moved_away:
        await school.register(lesson(TOMORROW))
    await school.store.sweep(everything=False)
    assert await claimed(school, 1) == [L]


async def test_what_the_register_says_of_later_days_waits_for_what_people_decide(
    school: Timetable,
) -> None:
    await school.register(lesson(TOMORROW))
    assert await school.plan() == Decided()
    await school.settle()
    await school.register(lesson(TOMORROW + timedelta(days=1)))
    await school.store.sweep(everything=False)
    await school.at(NINE - 25 * MINUTE)
    await decided(school, ["alpha-0"], ALPHA)
    assert await claimed(school, 2) == [LessonId("alpha-0"), L]
