"""The operators' pages: one method per address, each ending in one template.

Addresses answer with a whole page, or to htmx with its list alone, so every page works
without scripts too. Ids that nobody knows are 404, values that cannot be are 422.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from console.entrance.doors import Door, Endpoint, Entry, Need
from console.listing import PAGE_SIZES, Page, matches, order_key, page_of, start_of
from console.render import Renderer
from console.words import CHAT_KINDS
from projections.reports.open_drift import What
from projections.reports.overview import Overview
from projections.reports.overview_rows import ChatRow, SchoolName

# What an id of ours may look like; anything else is known to nobody, so is not asked for.
_ID = re.compile(r"[A-Za-z0-9._:-]{1,200}")
_SIZES = ", ".join(str(size) for size in PAGE_SIZES)


def _page_size(size: int) -> int:
    if size not in PAGE_SIZES:
        raise ValueError(f"one of {_SIZES}")
    return size


Text = Annotated[str, Query(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000_000)]
PageSize = Annotated[int, AfterValidator(_page_size)]
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
            "/chats/{chat_id}": self.chat,
            "/drift": self.drift,
            "/quarantine": self.quarantine,
        }
        return [Entry(path, page, door) for path, page in pages.items()]

    async def overview(
        self, request: Request, q: Text = "", page: PageNumber = 1, size: PageSize = 25
    ) -> HTMLResponse:
        """How everything stands, and the schools."""
        standing = await self.store.standing()
        found = [
            school
            for school in await self.store.schools()
            if matches(q, school.name, school.school_id)
        ]
        schools = page_of(sorted(found, key=_school_order), page, size)
        states = await self.store.states_of([school.school_id for school in schools.rows])
        values = {"standing": standing, "schools": schools, "states": states, "q": q}
        return self.renderer.answer(request, "overview", values)

    async def state(self, request: Request) -> HTMLResponse:
        """How everything stands, for the overview to show anew."""
        return self.renderer.answer(request, "state", {"standing": await self.store.standing()})

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
        school = await self.store.school(_known_form(school_id))
        if school is None:
            raise HTTPException(404)
        chats = await self.store.chats(school_id)
        found = [
            chat
            for chat in chats
            if matches(q, chat.title) and kind in {"", chat.kind} and state in {"", chat.state}
        ]
        values = {
            "school": school,
            "chats": page_of(sorted(found, key=_chat_order), page, size),
            "all_chats": len(chats),
            "drifted": await self.store.drifted("", school_id),
            "states": _counted(chat.state for chat in chats),
            "q": q,
            "kind": kind,
            "state": state,
        }
        return self.renderer.answer(request, "school", values)

    async def chat(
        self, request: Request, chat_id: str, page: PageNumber = 1, size: PageSize = 50
    ) -> HTMLResponse:
        """The people of a chat, by their ids."""
        chat = await self.store.chat(_known_form(chat_id))
        if chat is None:
            raise HTTPException(404)
        members = await self.store.members(chat_id)
        values = {
            "chat": chat,
            "school": await self.store.school(chat.school_id),
            "members": page_of(members, page, size),
            "states": _counted(member.state for member in members),
        }
        return self.renderer.answer(request, "chat", values)

    async def drift(
        self,
        request: Request,
        what: What = "",
        school: Text = "",
        page: PageNumber = 1,
        size: PageSize = 25,
    ) -> HTMLResponse:
        """What people changed in the messenger by themselves, and what becomes of it."""
        of = None if not school else await self.store.school(_known_form(school))
        if school and of is None:
            raise HTTPException(404)
        total = await self.store.drifted(what, school)
        within, start = start_of(page, size, total)
        rows = await self.store.changes(what, school, start, size)
        values = {"changes": Page(rows, within, size, total), "what": what, "school": of}
        return self.renderer.answer(request, "drift", values)

    async def quarantine(
        self, request: Request, page: PageNumber = 1, size: PageSize = 25
    ) -> HTMLResponse:
        """The records that could not be read: where they stand, and why they are here."""
        total = await self.store.quarantined()
        within, start = start_of(page, size, total)
        records = Page(await self.store.quarantine(start, size), within, size, total)
        return self.renderer.answer(request, "quarantine", {"records": records})


def _known_form(given: str) -> str:
    if _ID.fullmatch(given) is None:
        raise HTTPException(404)
    return given


def _school_order(school: SchoolName) -> tuple[object, ...]:
    """Schools of which only chats are known come last."""
    return (school.name is None, order_key(school.name or ""), school.school_id)


def _chat_order(chat: ChatRow) -> tuple[object, ...]:
    return (list(CHAT_KINDS).index(chat.kind), order_key(chat.title), chat.chat_id)


def _counted(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts
