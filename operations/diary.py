"""«Дневник»: a day's lessons of a pupil, for the pupil and for whoever guards them (the guide, 4).

Guarantees: the lessons are asked for behind the fence and by ``domain.access.may``; a guardian
looks, and is told of no way in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.access import may
from domain.actors import Actor
from domain.days import midnight
from domain.ids import PersonId
from domain.rights import Right
from operations.lesson_shown import Moment, Shown, shown_at
from operations.store import StaffStore
from projections.staff import fence, lessons
from projections.staff.own_chats import Child, children

__all__ = ["Child", "Diary", "Moment", "Shown", "diary"]


@dataclass(frozen=True, slots=True)
class Diary:
    """A day of one of the family; ``who`` is one of ``children``, or oneself."""

    who: PersonId
    children: Sequence[Child]
    on: date
    lessons: Sequence[Shown]


async def diary(
    store: StaffStore, actor: Actor, person_id: PersonId, who: str, on: date | None
) -> Diary:
    """«Дневник»: the day's lessons of a pupil, for the pupil and for whoever guards them."""
    family = [*sorted(actor.children), person_id]
    whose = PersonId(who) if who in family else family[0]
    async with fence.reading(store.engine, actor) as connection:
        zone = await lessons.zone_of_person(connection, whose)
        now = await lessons.now(connection)
        day = on or now.astimezone(zone).date()
        start, end = midnight(zone, day), midnight(zone, day + timedelta(days=1))
        found = await lessons.of_person(connection, whose, start, end)
        guarded = await children(connection, actor.children)
    rows = [shown_at(each, now) for each in found if may(actor, Right.SEE_LESSON, each.thing)]
    return Diary(whose, guarded, day, rows)
