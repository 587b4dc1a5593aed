"""The screen «Управление чатами»: a school's chats, for whoever works in it (the guide, 3).

A surname never stands readable in an address: the filters are posted, and lead on to an address
in which it is sealed.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from console import school_chats_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.sealed import seal, unseal
from console.entrance.visit import Visit, visitor
from console.pages import NO_NUL, MaybeId, PageNumber, PageSize
from console.render import Renderer, address, shown, wants_part
from domain.ids import ClassId, SchoolId
from operations import school_chats
from operations.school_chats import ChatKind, ChatsWanted, Column, StandingGroup
from operations.store import StaffStore

PATH: Final = "/chats"
_FILTERS: Final = ("q", "kind", "class", "state", "sort", "down", "size")
_LONGEST: Final = 200

Words = Annotated[str, NO_NUL, Field(max_length=_LONGEST)]


class Asked(BaseModel):
    """The list as an address asks for it."""

    q: Words = ""
    member: Annotated[str, Field(max_length=2000)] = ""
    kind: ChatKind | None = None
    class_id: Annotated[MaybeId, Field(alias="class")] = ""
    state: StandingGroup | None = None
    sort: Column = Column.TITLE
    down: bool = False
    page: PageNumber = 1
    size: PageSize = 50
    school: MaybeId = ""
    chosen: MaybeId = ""
    deleted: bool = False

    def query(self) -> dict[str, str]:
        """What of it makes the list; what is as usual is left out."""
        kept = self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True,
            exclude={"page", "chosen", "deleted"},
        )  # fmt: skip
        return {name: "1" if value is True else str(value) for name, value in kept.items()}


@dataclass(frozen=True, slots=True)
class SchoolChatsPage:
    """The screen over one store."""

    store: StaffStore
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, elsewhere="/my")
        return [Entry(PATH, self.page, door), Entry(PATH, self.find, door, "POST")]

    async def page(self, request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """A page of the list."""
        visit = visitor(request)
        if asked.chosen:
            return RedirectResponse(f"{PATH}/{asked.chosen}/deletion", 303)
        school = SchoolId(asked.school) if asked.school else visit.school
        if school is None:
            return self.renderer.answer(request, "no_school", {"section": "manage"})
        surname = unseal(visit.form_token, asked.member) if asked.member else ""
        wanted = _wanted(asked, surname or "")
        found = await school_chats.school_chats(
            self.store, visit.actor, school, wanted, asked.page, asked.size
        )
        answer = self.renderer.answer(
            request,
            "school_chats",
            shown(found) | {"list": found, **_values(asked, wanted, forgotten=surname is None)},
        )
        if wants_part(request):
            query = asked.query() | ({"page": str(found.chats.number)} if asked.page > 1 else {})
            answer.headers["HX-Push-Url"] = address(PATH, **query)
        return answer

    async def find(
        self,
        request: Request,
        surname: Annotated[Words, Form()] = "",
        school: Annotated[MaybeId, Form()] = "",
    ) -> RedirectResponse:
        """The filters, and on to the list that they make."""
        member = _sealed(visitor(request), surname)
        form = await request.form()
        query = {name: str(form.get(name, ""))[:_LONGEST] for name in _FILTERS}
        return RedirectResponse(address(PATH, **query, school=school, member=member), 303)


def _sealed(visit: Visit, surname: str) -> str:
    return seal(visit.form_token, surname.strip()) if surname.strip() else ""


def _wanted(asked: Asked, surname: str) -> ChatsWanted:
    return ChatsWanted(
        words=asked.q.strip(),
        surname=surname,
        kind=asked.kind,
        class_id=ClassId(asked.class_id) if asked.class_id else None,
        group=asked.state,
        column=asked.sort,
        descending=asked.down,
    )


def _values(asked: Asked, wanted: ChatsWanted, *, forgotten: bool) -> dict[str, object]:
    """What the templates look at besides the list itself."""
    query = asked.query()
    given = [wanted.words, wanted.surname, wanted.kind, wanted.class_id, wanted.group]
    return {
        "asked": asked,
        "wanted": wanted,
        "query": query,
        "filters": sum(each not in {"", None} for each in given),
        "forgotten": forgotten,
        "own": school_chats_words,
        "columns": Column,
    }
