"""«Настройки школы → Настройки коммуникативной среды»."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import Visit, visitor
from console.pages import ID, MaybeId
from console.render import Renderer, address, shown
from domain.access import may
from domain.ids import SchoolId
from domain.rights import Right
from domain.things import TheSchool
from operations import school_settings
from operations.installation import Installation
from operations.school_kinds import ChatKind, KindSwitch, switch_kind
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class SchoolSettingsPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.ADMINISTRATOR, elsewhere="/my")
        return [
            Entry("/settings", self.page, door),
            Entry("/settings/kinds", self.switch, door, "POST"),
        ]

    async def page(
        self,
        request: Request,
        school: Annotated[MaybeId, Query(max_length=64)] = "",
        switched: ChatKind | None = None,
    ) -> Response:
        """The settings of the school that was named, else of the one that they look at."""
        visit = visitor(request)
        which = SchoolId(school) if school else _looked_at(visit)
        if which is None:
            return self.renderer.answer(request, "school_settings_none", {})
        found = await school_settings.communication(
            self.store, visit.actor, which, self.installation
        )
        return self.renderer.answer(
            request, "school_settings", shown(found) | {"switched": switched and switched.value}
        )

    async def switch(
        self,
        request: Request,
        school: Annotated[str, Form(pattern=f"^{ID}$")],
        kind: Annotated[ChatKind, Form()],
        created: Annotated[KindSwitch, Form()],
    ) -> Response:
        """«Включить», «Выключить»: whether such chats make themselves; then the settings again."""
        visit, which = visitor(request), SchoolId(school)
        await switch_kind(
            self.store, visit.actor, visit.author_id, which, kind, created, self.installation
        )
        query = {"school": "" if which == visit.school else which, "switched": kind.value}
        return RedirectResponse(f"{address('/settings', **query)}#kind-{kind.value}", 303)


def _looked_at(visit: Visit) -> SchoolId | None:
    """The chosen school, or another in which they may change settings."""
    at_work = [] if visit.school is None else [visit.school, *visit.schools]
    own = (each for each in at_work if may(visit.actor, Right.CHANGE_SETTINGS, TheSchool(each)))
    return next(own, None)
