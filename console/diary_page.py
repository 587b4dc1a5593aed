"""«Дневник»: a pupil's lessons of a day, and the way into those that run (the guide, 4)."""

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request, Response

from console import lesson_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.pages import MaybeDay, MaybeId, askable
from console.render import Renderer, shown
from operations import diary
from operations.diary import Moment
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class DiaryPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        return [Entry("/diary", self.page, Door(Need.PERSON, elsewhere="/"))]

    async def page(self, request: Request, who: MaybeId = "", on: MaybeDay = None) -> Response:
        """The day of one of the family."""
        visit = visitor(request)
        found = await diary.diary(self.store, visit.actor, visit.person_id, who, on)
        values = shown(found) | {
            "before": askable(found.on - timedelta(days=1)),
            "after": askable(found.on + timedelta(days=1)),
            "say": lesson_words,
            "moments": Moment,
        }
        return self.renderer.answer(request, "diary", values)
