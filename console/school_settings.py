"""«Настройки школы → Настройки коммуникативной среды»."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import Visit, visitor
from console.render import Renderer, shown
from domain.access import may
from domain.ids import SchoolId
from domain.rights import Right
from domain.things import TheSchool
from operations import school_settings
from operations.installation import Installation
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class SchoolSettingsPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        return [Entry("/settings", self.page, Door(Need.ADMINISTRATOR, elsewhere="/my"))]

    async def page(
        self, request: Request, school: Annotated[str, Query(max_length=64)] = ""
    ) -> Response:
        """The settings of the school that was named, else of the one that they look at."""
        visit = visitor(request)
        which = SchoolId(school) if school else _looked_at(visit)
        if which is None:
            return self.renderer.answer(request, "school_settings_none", {})
        found = await school_settings.communication(
            self.store, visit.actor, which, self.installation
        )
        return self.renderer.answer(request, "school_settings", shown(found))


def _looked_at(visit: Visit) -> SchoolId | None:
    """The chosen school, or another in which they may change settings."""
    at_work = [] if visit.school is None else [visit.school, *visit.schools]
    own = (each for each in at_work if may(visit.actor, Right.CHANGE_SETTINGS, TheSchool(each)))
    return next(own, None)
