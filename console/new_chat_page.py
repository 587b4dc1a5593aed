"""«Добавить новый чат»: a member of staff makes a chat by hand (the guide, 3.3).

Works by plain forms, and bears its whole state in them (``console.chat_forms``); with a script
what depends on a choice is put in anew at once.
"""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import uuid4

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from console import chat_words, new_chat_words
from console.chat_forms import CandidatesForm, Plain
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.pages import OR_NONE, MaybeId
from console.render import Renderer, address, shown, wants_part
from console.school_chats import PATH as LIST
from domain.ids import ChatId, ClassId, GroupId, SchoolId
from operations import founding
from operations.errors import NotPermitted
from operations.founding import Made, MakingAnswer, Wanted
from operations.installation import Installation
from operations.new_chat import ChatKind, Filling, NewChatLook, new_chat
from operations.store import StaffStore

PATH: Final = "/chats/new"


class NewChatForm(CandidatesForm):
    """The screen as a browser sends it.

    ``shown_for`` and ``preset`` are what the page was for, and what it proposed as the title.
    ``known``: the chats for the same, ticked by whoever wants one more.
    """

    school: MaybeId = ""
    kind: Annotated[ChatKind | None, OR_NONE] = None
    class_of: Annotated[Plain, Field(max_length=64)] = ""
    group: Annotated[Plain, Field(max_length=64)] = ""
    filling: Annotated[Filling | None, OR_NONE] = None
    title: Annotated[Plain, Field(max_length=2_000)] = ""
    preset: Annotated[Plain, Field(max_length=2_000)] = ""
    shown_for: Annotated[Plain, Field(max_length=300)] = ""
    known: Annotated[Plain, Field(max_length=20_000)] = ""

    @property
    def new_chat(self) -> NewChatLook:
        """What is filled in."""
        return NewChatLook(
            self.kind,
            ClassId(self.class_of) if self.class_of else None,
            GroupId(self.group) if self.group else None,
            self.filling,
            self.look,
            self.shown_for,
        )

    @property
    def wanted(self) -> Wanted:
        """The chat that is to be made."""
        known = frozenset(map(ChatId, self.known.split()))
        return Wanted(self.act_id, self.new_chat, self.title, self.seen, known)


@dataclass(frozen=True, slots=True)
class NewChatPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer
    installation: Installation

    def entries(self) -> list[Entry]:
        """The addresses; they come before those of chats, whose ids may be any word."""
        door = Door(Need.STAFF, elsewhere="/my")
        return [
            Entry(PATH, self.page, door),
            Entry(PATH, self.look, door, "POST"),
            Entry(f"{PATH}/add", self.add, door, "POST"),
        ]

    async def page(self, request: Request, school: MaybeId = "") -> Response:
        """Nothing is filled in yet."""
        return await self._show(request, NewChatForm(school=school))

    async def look(self, request: Request, form: Annotated[NewChatForm, Form()]) -> Response:
        """Choose what it is for and who is in it: nothing is changed."""
        return await self._show(request, form)

    async def add(self, request: Request, form: Annotated[NewChatForm, Form()]) -> Response:
        """«Добавить»."""
        school = self._school(request, form)
        answer = await founding.make(self.store, visitor(request).actor, school, form.wanted)
        if isinstance(answer, Made):
            return RedirectResponse(f"/chats/{answer.chat_id}?made=1", 303)
        return await self._show(request, form, answer)

    def _school(self, request: Request, form: NewChatForm) -> SchoolId:
        """The school that they look at.

        Raises:
            NotPermitted: they work in none.
            ModuleOff: it has no chats.
        """
        school = SchoolId(form.school) if form.school else visitor(request).school
        if school is None:
            raise NotPermitted
        self.installation.require_on([school])
        return school

    async def _show(
        self, request: Request, form: NewChatForm, answer: MakingAnswer | None = None
    ) -> Response:
        visit, school = visitor(request), self._school(request, form)
        found = await new_chat(self.store, visit.actor, school, form.new_chat)
        rows = found.people.rows if found.people else ()
        preset = new_chat_words.preset(found.offer)
        values = shown(found) | {
            "screen": found,
            "form": form,
            "say": chat_words,
            "own": new_chat_words,
            "preset": preset,
            "title": preset if form.title in {"", form.preset} else form.title,
            "agreed": bool(found.twins) and form.known == new_chat_words.told(found.twins),
            "choosable": [each.person_id for each in rows],
            "ticked": [each.person_id for each in rows if each.ticked],
            "said": None if answer is None else new_chat_words.said(answer, found.offer),
            "part": wants_part(request),
            "act_id": form.act_id if answer is not None else uuid4(),
            "position": 0,
            "as_usual": new_chat_words.usual(found),
            "path": PATH,
            "back": address(LIST, school="" if school == visit.school else school),
        }
        status = 200 if answer is None else 409
        return self.renderer.answer(request, "new_chat", values, status=status)
