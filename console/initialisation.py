"""«Настройки создания/синхронизации чатов» (the guide, 3.4): a school's chats are initialised.

One address in three steps: which kinds and what of those added by hand, then what that comes to,
then how far it is and what became of it. Guarantees: nothing begins without the hash of what was
shown; where it would come to something else by now, that is shown, and nothing has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Final

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from console import initialisation_words, removals_words, school_chats_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import Visit, visitor
from console.pages import known_form
from console.render import Renderer, address, shown
from console.school_chats import PATH as CHATS
from domain.chats import ChatKind
from domain.ids import SchoolId
from operations import initialising, initialising_standing, initialising_start
from operations.initialising import InitialisingWish
from operations.initialising_start import Begun, Changed
from operations.installation import Installation
from operations.plans import Decider
from operations.store import StaffStore

PATH: Final = "/initialisation/{school_id}"


class ByHand(Enum):
    """What becomes of those who were added by hand."""

    KEEP = "keep"
    DROP = "drop"


class Asked(BaseModel):
    """The choice as an address has it; ``hand`` is there once it was made."""

    kind: Sequence[ChatKind] = ()
    hand: ByHand | None = None


@dataclass(frozen=True, slots=True)
class InitialisationPage:
    """The steps over one store."""

    store: StaffStore
    renderer: Renderer
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.ADMINISTRATOR, elsewhere="/my")
        return [Entry(PATH, self.page, door), Entry(PATH, self.begin, door, "POST")]

    async def page(
        self, request: Request, school_id: str, asked: Annotated[Asked, Query()]
    ) -> Response:
        """How far it is; else what was chosen comes to; else the choice."""
        school = SchoolId(known_form(school_id))
        if asked.hand is not None and asked.kind:
            return await self._plan(request, _wish(school, asked.kind, asked.hand))
        return await self._standing(request, school, nothing_chosen=asked.hand is not None)

    async def begin(
        self,
        request: Request,
        school_id: str,
        kind: Annotated[list[ChatKind], Form()],
        hand: Annotated[ByHand, Form()],
        plan: Annotated[str, Form(max_length=64)],
    ) -> Response:
        """«Начать»: what was shown is confirmed by its hash."""
        school = SchoolId(known_form(school_id))
        visit, wish = visitor(request), _wish(school, kind, hand)
        decider = Decider(visit.actor, visit.author_id)
        outcome = await initialising_start.begin(self.store, decider, wish, plan, self.installation)
        if isinstance(outcome, Changed):
            return await self._plan(request, wish, status=409)
        if isinstance(outcome, Begun):
            return RedirectResponse(request.url.path, 303)
        return await self._standing(request, school, status=409)

    async def _plan(self, request: Request, wish: InitialisingWish, status: int = 200) -> Response:
        visit = visitor(request)
        standing = await self._found(visit, wish.school_id)
        if standing.is_under_way:
            return RedirectResponse(request.url.path, 303)
        found = await initialising.plan(self.store, visit.actor, wish, self.installation)
        values = shown(found) | {
            "plan": found,
            "troubles": standing.troubles,
            "step": "plan",
            "stale": status == 409,
            "hand": ByHand.DROP if wish.drops_by_hand else ByHand.KEEP,
        }
        return self._answer(request, wish.school_id, values, status)

    async def _standing(
        self,
        request: Request,
        school: SchoolId,
        status: int = 200,
        *,
        nothing_chosen: bool = False,
    ) -> Response:
        found = await self._found(visitor(request), school)
        values = shown(found) | {
            "step": "progress" if found.is_under_way else "choice",
            "refused": status == 409,
            "nothing_chosen": nothing_chosen,
        }
        return self._answer(request, school, values, 422 if nothing_chosen else status)

    async def _found(
        self, visit: Visit, school: SchoolId
    ) -> initialising_standing.SchoolInitialisation:
        return await initialising_standing.standing(
            self.store, visit.actor, school, self.installation
        )

    def _answer(
        self, request: Request, school: SchoolId, values: dict[str, object], status: int
    ) -> Response:
        more = {
            "say": initialisation_words,
            "own": school_chats_words,
            "told": removals_words,
            "path": request.url.path,
            "back": address(CHATS, school="" if school == visitor(request).school else school),
        }
        return self.renderer.answer(request, "initialisation", values | more, status=status)


def _wish(school: SchoolId, kinds: Sequence[ChatKind], hand: ByHand) -> InitialisingWish:
    return InitialisingWish(school, frozenset(kinds), hand is ByHand.DROP)
