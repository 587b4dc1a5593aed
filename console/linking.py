"""Linking one's study profile, and unlinking it: the ways of the guide, 2.1, as one small wizard.

One address shows whatever step the person is at, and asks by itself how it goes on while others
are at work; without scripts it is asked by a link. Guarantees: the link stands in this page of its
own person alone; a page that asks by itself keeps nobody signed in.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Annotated, assert_never

from fastapi import Query, Request, Response
from fastapi.responses import RedirectResponse

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.render import Renderer, wants_part
from operations import module, profile_links
from operations.errors import LinkedElsewhere
from operations.installation import Installation
from operations.profile_links import (
    Leaving,
    Linked,
    LinkState,
    Offered,
    Settling,
    Unlinked,
    Waiting,
)
from operations.store import StaffStore

_HERE = "/my/connect"


@dataclass(frozen=True, slots=True)
class LinkingPages:
    """The pages over one store."""

    store: StaffStore
    renderer: Renderer
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.PERSON, elsewhere="/")
        return [
            Entry(_HERE, self.step, door),
            Entry(_HERE, self.ask, door, "POST"),
            Entry("/my/disconnect", self.doubt, door),
            Entry("/my/disconnect", self.leave, door, "POST"),
        ]

    async def step(
        self, request: Request, seen: Annotated[str, Query(max_length=100)] = ""
    ) -> Response:
        """Where the person is; 204 where a page asks that shows it already (``seen``).

        Whoever is linked can unlink, also where the module is off.
        """
        visit = visitor(request)
        state = await profile_links.standing(self.store, visit.actor, visit.person_id)
        if not isinstance(state, Linked | Leaving):
            await module.require_on(self.store, visit.actor, visit.person_id, self.installation)
        if wants_part(request) and seen == _mark(state):
            return Response(status_code=204, headers={"Cache-Control": "no-store"})
        values = {
            "installation": self.installation,
            "state": state,
            "step": _name(state),
            "mark": _mark(state),
            "just_left": seen == _name(Leaving()) and isinstance(state, Unlinked),
        }
        return self.renderer.answer(request, "connect", values)

    async def ask(self, request: Request) -> Response:
        """«Перейти в MAX»: have a link made."""
        visit = visitor(request)
        return await self._on(
            profile_links.ask(self.store, visit.actor, visit.person_id, self.installation)
        )

    async def doubt(self, request: Request) -> Response:
        """«Отменить привязку»: what it means, and whether it is meant."""
        visit = visitor(request)
        state = await profile_links.standing(self.store, visit.actor, visit.person_id)
        values = {"installation": self.installation, "linked": isinstance(state, Linked)}
        return self.renderer.answer(request, "disconnect", values)

    async def leave(self, request: Request) -> Response:
        """It is meant."""
        visit = visitor(request)
        return await self._on(
            profile_links.leave(self.store, visit.actor, visit.person_id, self.installation)
        )

    async def _on(self, asked: Awaitable[bool]) -> Response:
        """To the step that follows, whichever it is by then."""
        try:
            await asked
        except LinkedElsewhere:
            return RedirectResponse("/my", 303)
        return RedirectResponse(_HERE, 303)


def _name(state: LinkState) -> str:
    match state:
        case Unlinked():
            return "start"
        case Waiting():
            return "waiting"
        case Offered():
            return "offered"
        case Settling():
            return "settling"
        case Linked():
            return "linked"
        case Leaving():
            return "leaving"
        case _:
            assert_never(state)


def _mark(state: LinkState) -> str:
    """What tells this state from another; of a link by its time, since the link is a secret."""
    match state:
        case Offered():
            return f"offered-{state.expires_at.timestamp()}"
        case Leaving() if state.trouble is not None:
            return f"leaving-{state.trouble.value}"
        case _:
            return _name(state)
