"""A person decides about a distance lesson, as the page has it done."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.actors import Actor
from domain.ids import LessonId
from operations import lesson_acts
from operations.lesson_acts import Answer
from projections.database import transaction
from projections.staff.store import StaffStore

_LAST = text("SELECT decision_id FROM lesson_wishes WHERE lesson_id = :lesson")


async def last_decision(engine: AsyncEngine, lesson: LessonId) -> str:
    """The last one about the lesson, as a page shows it; '' where there is none."""
    async with transaction(engine) as connection:
        return (await connection.execute(_LAST, {"lesson": lesson})).scalar_one_or_none() or ""


async def decide(
    engine: AsyncEngine,
    who: Actor,
    lesson: LessonId,
    title: str | None,
    seen: str,
    *,
    insists: bool = False,
) -> Answer:
    """«Создать», another name, or «Удалить» where there is no ``title``; raises as they do."""
    store = StaffStore(engine)
    if title is not None:
        return await lesson_acts.plan(store, who, lesson, title, seen)
    return await lesson_acts.delete(store, who, lesson, seen, insists=insists)
