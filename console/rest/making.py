"""The address of the API by which a chat is made by hand: one for each ``Idempotency-Key``."""

from dataclasses import dataclass
from typing import assert_never

from fastapi import Request, Response

from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.problems import problem
from console.rest import models
from console.rest.answers import CONFLICT, answered, outcome
from console.rest.asked import InPath, Key, NewChatAsked
from console.rest.lists import BASE
from domain.ids import SchoolId
from domain.rights import Scope
from operations import founding
from operations.founding import Made, MakingAnswer, NothingChosen, ShownForAnother, TwinsThere
from operations.member_answers import ListChanged, Refused
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class ApiMaking:
    """The address over one store."""

    store: StaffStore

    def entries(self) -> list[Entry]:
        """The address."""
        door = Door(Need.STAFF, scope=Scope.CHATS_WRITE)
        path = f"{BASE}/schools/{{school_id}}/chats"
        return [Entry(path, self.make, door, "POST", answer=models.Made)]

    async def make(
        self, request: Request, school_id: InPath, key: Key, asked: NewChatAsked
    ) -> Response:
        """Make a chat by hand; people are chosen by their ids, unless it is filled by the rule."""
        actor, which = visitor(request).actor, SchoolId(school_id)
        return _told(await founding.make(self.store, actor, which, asked.wanted(which, key)))


def _told(answer: MakingAnswer) -> Response:
    match answer:
        case Made(chat_id=chat_id):
            return answered(models.Made(chat_id=chat_id))
        case NothingChosen() | ShownForAnother():
            detail = "Назовите класс, а для предмета и группу: из тех, что ещё не закрыты."
            return problem(CONFLICT, "Чат не добавлен", detail, "no_purpose")
        case TwinsThere():
            detail = "Посмотрите их в списке чатов и назовите в known, если нужен ещё один."
            return problem(CONFLICT, "Такой чат уже есть", detail, "twins")
        case ListChanged() | Refused():
            return outcome(answer)
        case _:
            assert_never(answer)
