"""«Классный журнал» and what is done to a distance lesson from it (the guide, 4).

Every step is a form or a link and works without scripts; a page that looks by itself how things
stand keeps nobody signed in.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from console import lesson_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.pages import (
    EARLIEST,
    ID,
    LATEST,
    NO_NUL,
    MaybeDay,
    PageNumber,
    PageSize,
    askable,
    known_form,
)
from console.render import Renderer, address, shown
from domain.ids import LessonId
from operations import class_journal, lesson_acts
from operations.class_journal import Period, Wanted
from operations.lesson_acts import Answer, Refusal, Refused
from operations.lesson_shown import JournalRow, Shown
from operations.store import StaffStore

PATH: Final = "/journal"

Seen = Annotated[str, NO_NUL, Form(max_length=200)]


class Asked(BaseModel):
    """The journal as an address asks for it."""

    class_id: Annotated[str, Field(alias="class", pattern=f"^(~[0-9]{{1,2}}|{ID})?$")] = ""
    subject: Annotated[str, NO_NUL, Field(max_length=1000)] = ""
    period: Period = Period.WEEK
    on: MaybeDay = None
    page: PageNumber = 1
    size: PageSize = 50

    def query(self) -> dict[str, str]:
        """What of it makes the list, for the next page of it."""
        kept = self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"page", "size"}
        )
        return {name: str(value) for name, value in kept.items()}


@dataclass(frozen=True, slots=True)
class JournalPages:
    """The screens over one store."""

    store: StaffStore
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, elsewhere="/my")
        return [
            Entry(PATH, self.journal, door),
            Entry("/lessons/{lesson_id}/settings", self.settings, door),
            Entry("/lessons/{lesson_id}/settings", self.plan, door, "POST"),
            Entry("/lessons/{lesson_id}/deletion", self.doubt, door),
            Entry("/lessons/{lesson_id}/deletion", self.delete, door, "POST"),
        ]

    async def journal(self, request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """The lessons of a class in a subject."""
        visit = visitor(request)
        if visit.school is None:
            return self.renderer.answer(request, "no_school", {"section": "journal"})
        wanted = Wanted(
            asked.class_id, asked.subject, asked.period, asked.on, asked.page, asked.size
        )
        found = await class_journal.journal(self.store, visit.actor, visit.school, wanted)
        bounds = {"earliest": EARLIEST, "latest": LATEST}
        values = shown(found) | {"asked": asked, "query": asked.query(), **bounds, **_words()}
        return self.renderer.answer(request, "journal", values)

    async def settings(self, request: Request, lesson_id: str) -> Response:
        """«Настройки дистанционного урока»."""
        return await self._about(request, "lesson_settings", LessonId(known_form(lesson_id)))

    async def plan(
        self,
        request: Request,
        lesson_id: str,
        title: Annotated[str, NO_NUL, Form(max_length=2000)] = "",
        seen: Seen = "",
    ) -> Response:
        """«Создать», or another name."""
        which, visit = LessonId(known_form(lesson_id)), visitor(request)
        answer = await lesson_acts.plan(self.store, visit.actor, which, title, seen)
        if isinstance(answer, Refused):
            return await self._about(request, "lesson_settings", which, answer, title)
        return await self._back(request, which)

    async def doubt(self, request: Request, lesson_id: str) -> Response:
        """«Удалить»: what it means, and whether it is meant."""
        return await self._about(request, "lesson_deletion", LessonId(known_form(lesson_id)))

    async def delete(
        self,
        request: Request,
        lesson_id: str,
        seen: Seen = "",
        insists: Annotated[Literal["", "1"], Form()] = "",
    ) -> Response:
        """It is meant; of a call in which people are it has to be said."""
        which, visit = LessonId(known_form(lesson_id)), visitor(request)
        answer: Answer = await lesson_acts.delete(
            self.store, visit.actor, which, seen, insists=bool(insists)
        )
        if isinstance(answer, Refused):
            return await self._about(request, "lesson_deletion", which, answer)
        return await self._back(request, which)

    async def _about(
        self,
        request: Request,
        name: Literal["lesson_settings", "lesson_deletion"],
        lesson_id: LessonId,
        refused: Refused | None = None,
        title: str | None = None,
    ) -> Response:
        """The page of this name about the lesson, or why nothing was changed on it."""
        found = await class_journal.settings(self.store, visitor(request).actor, lesson_id)
        values = {
            "each": found.shown,
            "title": found.title if title is None else title,
            "refusal": None if refused is None else refused.why,
            "back": _back_to(found.shown),
            **_words(),
        }
        return self.renderer.answer(request, name, values, status=200 if refused is None else 409)

    async def _back(self, request: Request, lesson_id: LessonId) -> Response:
        found = await class_journal.settings(self.store, visitor(request).actor, lesson_id)
        return RedirectResponse(_back_to(found.shown), 303)


def _back_to(each: Shown) -> str:
    """The journal with this lesson in it."""
    lesson = each.lesson
    day = askable(lesson.starts_at.astimezone(lesson.zone).date())
    return address(PATH, **{"class": lesson.class_id, "subject": lesson.subject, "on": day})


def _words() -> dict[str, object]:
    return {"say": lesson_words, "rows": JournalRow, "refusals": Refusal}
