"""«Выбрать участников чата»: whom one may put into a chat (the guide, 3.1).

Works by plain forms, and bears its whole state in them (``console.chat_forms``).
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import uuid4

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from console import chat_words
from console.chat_forms import CandidatesForm
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.pages import known_form
from console.render import Renderer, full_name, shown, wants_part
from domain.ids import ChatId
from operations import candidates, undoing
from operations.candidates import CandidatesLook
from operations.member_answers import Answer, Done, Overtaken
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class CandidatesPage:
    """The page over one store."""

    store: StaffStore
    renderer: Renderer

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, elsewhere="/my")
        path = "/chats/{chat_id}/people"
        return [
            Entry(path, self.page, door),
            Entry(path, self.look, door, "POST"),
            Entry(f"{path}/add", self.add, door, "POST"),
        ]

    async def page(self, request: Request, chat_id: str) -> Response:
        """The people of the school."""
        return await self._show(request, ChatId(known_form(chat_id)), CandidatesLook())

    async def look(
        self, request: Request, chat_id: str, form: Annotated[CandidatesForm, Form()]
    ) -> Response:
        """Search, sort, turn the page, choose: nothing is changed."""
        return await self._show(request, ChatId(known_form(chat_id)), form.look)

    async def add(
        self, request: Request, chat_id: str, form: Annotated[CandidatesForm, Form()]
    ) -> Response:
        """«Добавить»."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        answer = await candidates.add(self.store, actor, which, form.look.choice, form.before)
        if isinstance(answer, Done):
            return RedirectResponse(f"/chats/{chat_id}?act={answer.act_id}", 303)
        return await self._show(request, which, form.look, answer)

    async def _show(
        self,
        request: Request,
        chat_id: ChatId,
        look: CandidatesLook,
        answer: Answer | None = None,
    ) -> Response:
        actor = visitor(request).actor
        found = await candidates.candidates(self.store, actor, chat_id, look)
        names: list[str] = []
        if isinstance(answer, Overtaken):
            authors = await undoing.authors(self.store, actor, answer.entries)
            names = [full_name(each) for each in authors]
        values = shown(found) | {
            "say": chat_words,
            "look": look,
            "choosable": [each.person_id for each in found.people.rows if not each.already],
            "ticked": [each.person_id for each in found.people.rows if each.ticked],
            "said": None if answer is None else chat_words.outcome(answer, names),
            "as_usual": "",
            "part": wants_part(request),
            "act_id": uuid4(),
            "path": f"/chats/{chat_id}/people",
        }
        status = 200 if answer is None else 409
        return self.renderer.answer(request, "chat_candidates", values, status=status)
