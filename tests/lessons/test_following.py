"""Whatever the register and people do, and however the messenger fails, the calls come right."""

import random
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from consumers.decisions import decision_of
from domain.decisions import LessonDecision
from domain.facts import Lesson
from operations.lesson_acts import Decided
from projections.by_hand import lesson_decisions
from projections.database import transaction
from projections.queue import lesson_doubts
from schemas.decode import Decoded, decode_as
from schemas.outgoing import DECISIONS
from tests.lessons.timetable import MINUTE, NINE, L, Timetable, lesson

LESSONS = 8
CHANGES = 200
FAULTS = (
    ("POST", "/partner/v1/calls"), ("PATCH", "/partner/v1/calls/{call_id}"),
    ("DELETE", "/partner/v1/calls/{call_id}"),
)  # fmt: skip
KINDS = ("drop_after_effect", "status_after_effect", "status", "html", "truncated")


@dataclass
class Model:
    """One lesson as the register and people have it; a call is (group, title, start, end)."""

    fact: Lesson
    title: str | None = None

    @property
    def call(self) -> tuple[str, str, datetime, datetime] | None:
        if self.title is None or self.fact.cancelled:
            return None
        return self.fact.group_id, self.title, self.fact.starts_at, self.fact.ends_at


def fewest(before: object, after: object) -> int:
    """Calls of the messenger that lead from one to the other."""
    if before == after:
        return 0
    if isinstance(before, tuple) and isinstance(after, tuple):
        return 1 if before[0] == after[0] else 2
    return 1


async def change(school: Timetable, model: Model, dice: random.Random) -> None:
    """One thing that the register or the teacher does."""
    fact = model.fact
    what = dice.choice(["move", "move", "cancel", "teacher", "group", "name", "delete"])
    if what == "name":
        if not fact.cancelled:
            model.title = dice.choice(["Урок", "Другой урок", "Третий урок"])
            assert await school.plan(model.title, lesson_id=fact.lesson_id) == Decided()
        return
    if what == "delete":
        model.title = None
        assert await school.delete(lesson_id=fact.lesson_id) == Decided()
        return
    start = NINE + dice.randrange(10, 600) * MINUTE
    other = lesson(
        start if what == "move" else fact.starts_at,
        dice.choice([40, 45]),
        lesson_id=fact.lesson_id,
        group=dice.choice(["chem", "phys"]) if what == "group" else fact.group_id[6:],
        teacher="chemist" if what != "teacher" else fact.teacher_id[6:],
        cancelled=(not fact.cancelled) if what == "cancel" else fact.cancelled,
    )
    model.fact = other if what != "teacher" else replace(other, ends_at=fact.ends_at)
    await school.register(model.fact)


async def there(school: Timetable) -> dict[str, tuple[str, str, datetime, datetime]]:
    """The messenger's calls as the model has them."""
    groups = {
        row[0]: row[1]
        for row in await school.rows(
            "SELECT s.max_chat_id, c.group_id FROM chat_sync s JOIN chats c USING (chat_id)"
        )
    }
    return {
        key.removeprefix("lesson:"): (
            str(groups[call["chat_id"]]),
            call["title"],
            datetime.fromisoformat(call["starts_at"]),
            datetime.fromisoformat(call["ends_at"]),
        )
        for key, call in (await school.calls()).items()
    }


async def begin(school: Timetable) -> list[Model]:
    models = [Model(lesson(lesson_id=f"alpha-{number}")) for number in range(LESSONS)]
    for model in models:
        await school.register(model.fact)
    return models


def wanted(models: list[Model]) -> dict[str, object]:
    return {str(each.fact.lesson_id): each.call for each in models if each.call is not None}


async def never_unanswered(school: Timetable) -> set[str]:
    """Which kinds of calls have had their answer every time so far."""
    rows = await school.rows("SELECT DISTINCT action FROM lesson_intents WHERE outcome ~ 'unknown'")
    return {"make", "change", "delete"} - {str(action) for (action,) in rows}


@pytest.mark.takes(30)
async def test_calls_follow_random_changes_with_the_fewest_calls(
    school: Timetable, seed: int
) -> None:
    dice = random.Random(seed)
    models = await begin(school)
    least = 0
    for _ in range(CHANGES // 4):
        before = {each.fact.lesson_id: each.call for each in models}
        for _ in range(4):
            await change(school, dice.choice(models), dice)
        await school.settle()
        least += sum(fewest(before[each.fact.lesson_id], each.call) for each in models)
        assert await there(school) == wanted(models)
    assert sum((await school.made()).values()) == least


@pytest.mark.takes(30)
async def test_calls_follow_random_changes_through_faults(school: Timetable, seed: int) -> None:
    dice = random.Random(seed + 1)
    models = await begin(school)
    rounds = 0
    while rounds < CHANGES // 4 or (rounds < CHANGES and await never_unanswered(school)):
        rounds += 1
        for method, path in FAULTS:
            await school.fault(
                method=method, path=path, kind=dice.choice(KINDS), status=503, probability=0.5,
                count=dice.randrange(1, 4),
            )  # fmt: skip
        for _ in range(4):
            await change(school, dice.choice(models), dice)
            if dice.random() < 0.7:
                await school.hurry()
                await school.loop.once()
        await school.http.delete("/sim/faults") if dice.random() < 0.3 else None
    await school.http.delete("/sim/faults")
    await school.settle()
    assert await there(school) == wanted(models)
    assert not await never_unanswered(school)
    states = {str(state) for (state,) in await school.rows("SELECT state FROM dashboard.lessons")}
    assert states <= {"converged", "none"}


async def read_back(school: Timetable) -> int:
    """The decisions that were published are read from Kafka, as after a restore."""
    rows = await school.rows(
        "SELECT value::text FROM outbox WHERE value->>'type' = 'rollcall.lesson.decided.v1'"
        " ORDER BY entry"
    )
    kept = 0
    for (value,) in rows:
        event = decode_as(DECISIONS, (), None, str(value).encode())
        assert isinstance(event, Decoded), event
        decision = decision_of(event.data)
        assert isinstance(decision, LessonDecision)
        async with transaction(school.engine) as connection:
            kept += await lesson_decisions.record(connection, decision, publish=False)
    return kept


async def test_decisions_are_published_and_what_is_here_already_changes_nothing(
    school: Timetable,
) -> None:
    await school.register(lesson())
    await school.plan("Урок о материках")
    await school.delete()
    await school.settle()
    assert await school.rows(
        """SELECT topic, key, value->'data'->>'title', value->'data'->>'author', refused
             FROM outbox WHERE value->>'type' LIKE 'rollcall.lesson%' ORDER BY entry"""
    ) == [
        ("rollcall.decisions", L, "Урок о материках", "alpha-chemist", None),
        ("rollcall.decisions", L, None, "alpha-chemist", None),
    ]
    assert await read_back(school) == 0
    await school.forget_calls()
    await school.settle()
    assert await school.made() == {}


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_restored_database_finds_the_call_and_puts_it_right(
    school: Timetable, *, deleted: bool
) -> None:
    """The copy is from before the lesson was made; since then it was also moved, or deleted."""
    await school.register(lesson())
    await school.plan()
    await school.settle()
    before = (await school.calls())[f"lesson:{L}"]["call_id"]
    await school.plan("Другое название")
    await school.settle()
    if deleted:  # published, and lost before the messenger heard of it
        await school.delete()
    await school.sql("DELETE FROM lesson_intents")
    await school.sql("DELETE FROM lesson_calls")
    await school.sql("DELETE FROM decisions WHERE lesson_id IS NOT NULL")
    async with transaction(school.engine) as connection:
        await lesson_doubts.doubt_all(connection)
    assert await read_back(school) == 2 + deleted
    await school.settle()
    calls = await school.calls()
    if deleted:
        assert calls == {}
    else:
        assert calls[f"lesson:{L}"]["call_id"] == before
        assert calls[f"lesson:{L}"]["title"] == "Другое название"


async def test_a_restored_database_does_not_take_a_call_that_it_finds_for_as_it_should_be(
    school: Timetable,
) -> None:
    """It was made in the lost time, and the register has moved its lesson since."""
    await school.register(lesson())
    await school.plan()
    await school.settle()
    await school.sql("DELETE FROM lesson_intents")
    await school.sql("DELETE FROM lesson_calls")
    await school.sql("DELETE FROM decisions WHERE lesson_id IS NOT NULL")
    await school.register(lesson(NINE + 60 * MINUTE))
    assert await read_back(school) == 1
    await school.settle()
    (call,) = (await school.calls()).values()
    assert datetime.fromisoformat(call["starts_at"]) == NINE + 60 * MINUTE


async def test_what_an_older_copy_knows_of_a_call_is_not_believed(school: Timetable) -> None:
    await school.register(lesson())
    await school.plan()
    await school.settle()
    (call,) = (await school.calls()).values()
    token = {"Authorization": "token-of-the-lessons"}
    await school.http.delete(f"/partner/v1/calls/{call['call_id']}", headers=token)
    async with transaction(school.engine) as connection:
        await lesson_doubts.doubt_all(connection)
    await school.settle()
    (again,) = (await school.calls()).values()
    assert again["external_id"] == f"lesson:{L}"
