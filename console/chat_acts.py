"""What is done to one chat from «Управление чатами»: removals are decided about, it is deleted.

Each is a page that says what will happen and a form that does it. What has changed meanwhile is
said, and nothing is done by halves.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from console import removals_words, school_chats_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import Visit, visitor
from console.pages import known_form
from console.render import Renderer, address, shown
from console.school_chats import PATH
from domain.ids import ChatId, SchoolId
from operations import chats, plans, removals
from operations.plans import Choice, Decider, NotDecided, Terms
from operations.store import StaffStore

CONFIRMATION: Final = "удалить"


@dataclass(frozen=True, slots=True)
class ChatActs:
    """The pages over one store; ``terms`` are how long what is decided holds."""

    store: StaffStore
    renderer: Renderer
    terms: Terms

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, elsewhere="/my")
        return [
            Entry("/chats/{chat_id}/removals", self.removals, door),
            Entry("/chats/{chat_id}/removals", self.decide, door, "POST"),
            Entry("/chats/{chat_id}/deletion", self.deletion, door),
            Entry("/chats/{chat_id}/deletion", self.delete, door, "POST"),
        ]

    async def removals(self, request: Request, chat_id: str) -> Response:
        """Whom the guard keeps from being removed."""
        return await self._removals(request, ChatId(known_form(chat_id)))

    async def decide(
        self,
        request: Request,
        chat_id: str,
        plan: Annotated[str, Form(max_length=64)],
        choice: Annotated[Choice, Form()],
    ) -> Response:
        """«Разрешить», «Отклонить»."""
        which, visit = ChatId(known_form(chat_id)), visitor(request)
        decider = Decider(visit.actor, visit.author)
        outcome = await plans.decide(self.store.engine, decider, which, plan, choice, self.terms)
        if isinstance(outcome, NotDecided):
            return await self._removals(request, which, status=409)
        return RedirectResponse(request.url.path, 303)

    async def _removals(self, request: Request, chat_id: ChatId, status: int = 200) -> Response:
        visit = visitor(request)
        found = await removals.removals_of(self.store, visit.actor, chat_id)
        school = found.row.chat.school_id
        values = shown(found) | {
            "own": school_chats_words,
            "told": removals_words,
            "back": _back(visit, school),
            "waiting": _back(visit, school, state="held"),
            "stale": status == 409,
        }
        return self.renderer.answer(request, "removals", values, status=status)

    async def deletion(self, request: Request, chat_id: str) -> Response:
        """«Удалить»: what it means, and a word to type."""
        return await self._deletion(request, ChatId(known_form(chat_id)))

    async def delete(
        self,
        request: Request,
        chat_id: str,
        confirmation: Annotated[str, Form(max_length=100)] = "",
    ) -> Response:
        """Delete it, if the word was typed."""
        which, visit = ChatId(known_form(chat_id)), visitor(request)
        if confirmation.strip().casefold() != CONFIRMATION:
            return await self._deletion(request, which, status=422)
        row = await chats.to_delete(self.store, visit.actor, which)
        await chats.delete(self.store.engine, visit.actor, visit.author, which)
        return RedirectResponse(_back(visit, row.chat.school_id, deleted="1"), 303)

    async def _deletion(self, request: Request, chat_id: ChatId, status: int = 200) -> Response:
        row = await chats.to_delete(self.store, visitor(request).actor, chat_id)
        values = {
            "row": row,
            "own": school_chats_words,
            "word": CONFIRMATION,
            "mistyped": status == 422,
            "back": _back(visitor(request), row.chat.school_id),
        }
        return self.renderer.answer(request, "deletion", values, status=status)


def _back(visit: Visit, school: SchoolId, **query: str) -> str:
    """The list of the chat's school, which need not be the one that the visitor looks at."""
    return address(PATH, school="" if school == visit.school else school, **query)
