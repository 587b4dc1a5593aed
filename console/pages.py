"""The operators' pages: one method per address, each ending in one template.

Addresses answer with a whole page, or to htmx with its list alone, so every page works
without scripts too. Ids that nobody knows are 404, values that cannot be are 422.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator, BeforeValidator, Field

from console import quarantine_words
from console.entrance.doors import Door, Endpoint, Entry, Need
from console.render import Renderer, shown
from domain.ids import ChatId, SchoolId
from operations import arrivals, drift, schools, status
from operations.drift import What
from operations.listing import PAGE_SIZES
from operations.store import Overview

# What an id of ours may look like; anything else is known to nobody, so is not asked for.
ID = r"[A-Za-z0-9._:-]{1,200}"
_SIZES = ", ".join(str(size) for size in PAGE_SIZES)


def _page_size(size: int) -> int:
    if size not in PAGE_SIZES:
        raise ValueError(f"one of {_SIZES}")
    return size


Text = Annotated[str, Query(max_length=200)]
GREATEST_ACCOUNT: Final = 2**63 - 1
Account = Annotated[int, Field(ge=1, le=GREATEST_ACCOUNT)]
"""Of the messenger."""

PageNumber = Annotated[int, Query(ge=1, le=1_000_000_000)]
PageSize = Annotated[int, AfterValidator(_page_size)]

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
MaybeId = Annotated[str, Field(pattern=f"^({ID})?$")]
NO_NUL: Final = BeforeValidator(lambda given: str(given).replace("\0", ""))
"""Of a text: PostgreSQL keeps no NUL."""

OR_NONE: Final = BeforeValidator(lambda given: given or None)
"""Of a field that a form sends empty where nothing is chosen."""

MaybeDay = Annotated[Annotated[date, Field(ge=EARLIEST, le=LATEST)] | None, OR_NONE]
"""A day whose lessons are asked for: weeks and months around it are dates too."""

Kind = Literal["", "staff_room", "class", "parents", "subject"]
State = Literal[
    "", "converged", "pending", "held", "rejected", "parked", "not_created", "frozen", "deleted"
]


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages over one store."""

    store: Overview
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.OPERATOR, elsewhere="/my")
        pages: dict[str, Endpoint] = {
            "/": self.overview,
            "/state": self.state,
            "/schools/{school_id}": self.school,
            "/drift": self.drift,
            "/quarantine": self.quarantine,
        }
        return [Entry(path, page, door) for path, page in pages.items()]

    async def overview(
        self, request: Request, q: Text = "", page: PageNumber = 1, size: PageSize = 25
    ) -> HTMLResponse:
        """How everything stands, and the schools."""
        standing = (await status.status(self.store)).standing
        found = shown(await schools.find(self.store, q, page, size))
        return self.renderer.answer(request, "overview", found | {"standing": standing, "q": q})

    async def state(self, request: Request) -> HTMLResponse:
        """How everything stands, for the overview to show anew."""
        standing = (await status.status(self.store)).standing
        return self.renderer.answer(request, "state", {"standing": standing})

    async def school(
        self,
        request: Request,
        school_id: str,
        q: Text = "",
        kind: Kind = "",
        state: State = "",
        page: PageNumber = 1,
        size: PageSize = 25,
    ) -> HTMLResponse:
        """The chats of a school."""
        which, wanted = SchoolId(known_form(school_id)), schools.ChatFilter(q, kind, state)
        found = shown(await schools.school(self.store, which, wanted, page, size))
        asked = {"q": q, "kind": kind, "state": state}
        return self.renderer.answer(request, "school", found | asked)

    async def chat(
        self, request: Request, chat_id: str, page: PageNumber = 1, size: PageSize = 50
    ) -> HTMLResponse:
        """The people of a chat, by their ids; its address is ``console.chat_page``'s."""
        which = ChatId(known_form(chat_id))
        found = await schools.chat(self.store, which, page, size)
        return self.renderer.answer(request, "chat", shown(found))

    async def drift(
        self,
        request: Request,
        what: What = "",
        school: Text = "",
        page: PageNumber = 1,
        size: PageSize = 25,
    ) -> HTMLResponse:
        """What people changed in the messenger by themselves, and what becomes of it."""
        which = SchoolId(known_form(school)) if school else None
        found = shown(await drift.open_changes(self.store, what, which, page, size))
        return self.renderer.answer(request, "drift", found | {"what": what})

    async def quarantine(
        self, request: Request, page: PageNumber = 1, size: PageSize = 25
    ) -> HTMLResponse:
        """The records that could not be read: where they stand, and why they are here."""
        records = await arrivals.quarantine_page(self.store, page, size)
        values = {"records": records, "own": quarantine_words}
        return self.renderer.answer(request, "quarantine", values)


def known_form(given: str) -> str:
    """What may be an id of ours.

    Raises:
        HTTPException: 404, since it can be nobody's.
    """
    if re.fullmatch(ID, given) is None:
        raise HTTPException(404)
    return given


def askable(day: date) -> date:
    """The day, or the nearest one that may be asked for."""
    return min(max(day, EARLIEST), LATEST)
