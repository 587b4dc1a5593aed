"""«Редактировать чат»: a chat, its people, and what is changed about them (the guide, 3.1).

Everything works by plain forms; with a script the list alone is put in anew. Whatever was done
can be sent again without being done again, so going back or reloading harms nothing.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal
from uuid import UUID, uuid4

from fastapi import Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console import chat_words, timeline_words
from console.chat_forms import MembersForm, TitleForm
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.pages import PageNumber, Pages, PageSize, known_form
from console.render import Renderer, full_name, shown, wants_part
from domain.access import may
from domain.ids import ChatId, MaxUserId
from domain.rights import Right
from domain.things import TheInstallation
from operations import chat_title, outsiders, timeline, undoing
from operations.chat_people import ChatPeople, Look, chat_people, works_there
from operations.member_answers import Act, Answer, Done, ListChanged, Overtaken, Refused
from operations.member_changes import act_on_members
from operations.outsiders import Keeping
from operations.store import StaffStore

_MOVING: Final = frozenset({"to_add", "to_remove", "adding"})
_ACTS: Final = {"remove": Act.REMOVE, "promote": Act.PROMOTE, "demote": Act.DEMOTE}


@dataclass(frozen=True, slots=True)
class ChatPage:
    """The page over one store; ``operators`` shows operators the page that is theirs."""

    store: StaffStore
    renderer: Renderer
    operators: Pages

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, elsewhere="/my")
        path = "/chats/{chat_id}"
        return [
            Entry(path, self.page, door),
            Entry(path, self.look, door, "POST"),
            Entry(f"{path}/members/{{act}}", self.act, door, "POST"),
            Entry(f"{path}/timeline", self.timeline, door),
            Entry(f"{path}/title", self.title, door, "POST"),
            Entry(f"{path}/undo", self.undo, door, "POST"),
            Entry(f"{path}/outsiders", self.outsiders, door, "POST"),
        ]

    async def page(
        self,
        request: Request,
        chat_id: str,
        page: PageNumber = 1,
        size: PageSize | None = None,
        act: UUID | None = None,
        made: Literal["", "1"] = "",
    ) -> Response:
        """The chat; ``act`` is what was just done on another screen, ``made`` that it was made."""
        actor = visitor(request).actor
        which = ChatId(known_form(chat_id))
        operates = may(actor, Right.OPERATE, TheInstallation())
        if operates and not await works_there(self.store, actor, which):
            return await self.operators.chat(request, chat_id, page, size or 50)
        done = None if act is None else await undoing.act_of(self.store, actor, which, act)
        return await self._show(
            request, which, Look(page=page, size=size or 10), done, made=bool(made)
        )

    async def look(
        self, request: Request, chat_id: str, form: Annotated[MembersForm, Form()]
    ) -> Response:
        """Search, turn the page, choose: nothing is changed, and what was done is told again."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        done = None
        if form.told is not None:
            done = await undoing.act_of(self.store, actor, which, form.told)
        return await self._show(request, which, form.look, done, beat=form.next_beat)

    async def act(
        self, request: Request, chat_id: str, act: str, form: Annotated[MembersForm, Form()]
    ) -> Response:
        """Remove those who are chosen, make them administrators, or no administrators."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        what, look = _ACTS.get(act), form.look
        if what is None:
            raise HTTPException(404)
        answer = await act_on_members(self.store, actor, which, what, look.choice, form.before)
        if isinstance(answer, Done):
            look = Look(look.wanted, look.page, look.size)
        return await self._show(request, which, look, answer)

    async def title(
        self, request: Request, chat_id: str, form: Annotated[TitleForm, Form()]
    ) -> Response:
        """«Сохранить»."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        answer = await chat_title.rename(self.store, actor, which, form.title, form.before)
        if isinstance(answer, Done):
            return RedirectResponse(f"/chats/{chat_id}?act={answer.act_id}", 303)
        return await self._show(request, which, Look(), answer, title=form.title)

    async def timeline(
        self, request: Request, chat_id: str, page: PageNumber = 1, size: PageSize = 25
    ) -> Response:
        """«История чата»."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        found = await timeline.timeline(self.store, actor, which, page, size)
        return self.renderer.answer(
            request, "chat_timeline", shown(found) | {"say": timeline_words}
        )

    async def undo(
        self, request: Request, chat_id: str, form: Annotated[MembersForm, Form()]
    ) -> Response:
        """«Отменить»."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        act_id = form.undo or form.act_id
        answer = await undoing.undo(self.store, actor, which, act_id)
        return await self._show(request, which, form.look, answer)

    async def outsiders(
        self, request: Request, chat_id: str, form: Annotated[MembersForm, Form()]
    ) -> Response:
        """«Оставить», «Убрать»: about one whom somebody brought in inside MAX."""
        which, actor = ChatId(known_form(chat_id)), visitor(request).actor
        answer: Answer | Keeping | None = None
        if form.keep is not None:
            account = MaxUserId(form.keep)
            answer = await outsiders.keep(self.store, actor, which, account, form.before)
        elif form.out is not None:
            account = MaxUserId(form.out)
            answer = await outsiders.take_out(self.store, actor, which, account, form.before)
        return await self._show(request, which, form.look, answer)

    async def _show(
        self,
        request: Request,
        chat_id: ChatId,
        look: Look,
        answer: Answer | Keeping | None = None,
        *,
        title: str | None = None,
        beat: int | None = 0,
        made: bool = False,
    ) -> Response:
        actor = visitor(request).actor
        found = await chat_people(self.store, actor, chat_id, look)
        said = await self._said(request, answer) if answer else chat_words.MADE if made else None
        values = shown(found) | {
            "say": chat_words,
            "look": look,
            "choosable": [
                each.person_id
                for each in found.members.rows
                if each.is_expected and each.person_id not in found.coming
            ],
            "said": said,
            "undoable": answer.act_id if isinstance(answer, Done) else None,
            "title": found.card.title if title is None else title,
            "beat": beat if _is_under_way(found) else None,
            "is_new": beat == 0,
            "part": wants_part(request),
            "act_id": uuid4(),
            "path": f"/chats/{chat_id}",
        }
        refused = isinstance(answer, Overtaken | ListChanged | Refused)
        return self.renderer.answer(request, "chat_edit", values, status=409 if refused else 200)

    async def _said(self, request: Request, answer: Answer | Keeping) -> object:
        if isinstance(answer, Keeping):
            return chat_words.keeping(answer)
        if not isinstance(answer, Overtaken):
            return chat_words.outcome(answer)
        names = await undoing.authors(self.store, visitor(request).actor, answer.entries)
        return chat_words.outcome(answer, [full_name(each) for each in names])


def _is_under_way(found: ChatPeople) -> bool:
    """Whether something of what is shown is going to change by itself in a moment."""
    return bool(found.coming) or any(each.state in _MOVING for each in found.members.rows)
