"""The addresses of the API about whom somebody brought into a chat inside MAX: keep, let go.

Guarantees: as ``operations.outsiders``; an account that no act can be about is told so, not done.
"""

from dataclasses import dataclass

from fastapi import Request, Response

from console import chat_words
from console.entrance.doors import Door, Entry, Need
from console.entrance.visit import visitor
from console.problems import problem
from console.rest import models
from console.rest.answers import CONFLICT, answered, outcome
from console.rest.asked import AccountNamed, InPath, Key
from console.rest.lists import BASE
from domain.ids import ChatId, MaxUserId
from domain.rights import Scope
from operations import outsiders, undoing
from operations.member_answers import Done, Leaving, Seen
from operations.outsiders import Keeping
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class ApiOutsiders:
    """The addresses over one store."""

    store: StaffStore

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, scope=Scope.CHATS_WRITE)
        path = f"{BASE}/chats/{{chat_id}}/outsiders"
        answer = models.Outsider
        return [
            Entry(f"{path}/keep", self.keep, door, "POST", answer=answer),
            Entry(f"{path}/remove", self.take_out, door, "POST", answer=answer),
        ]

    async def keep(
        self, request: Request, chat_id: InPath, key: Key, asked: AccountNamed
    ) -> Response:
        """Let an account stay in a chat in which the register expects nobody behind it."""
        actor, which, account = visitor(request).actor, ChatId(chat_id), MaxUserId(asked.account)
        seen = Seen(key, asked.version)
        said = await outsiders.keep(self.store, actor, which, account, seen)
        if isinstance(said, Keeping) and said is not Keeping.ALREADY:
            return _not_done(said)
        act_id = said.act_id if isinstance(said, Done) else None
        return answered(models.Outsider(account=account, stays=True, act_id=act_id))

    async def take_out(
        self, request: Request, chat_id: InPath, key: Key, asked: AccountNamed
    ) -> Response:
        """Let it stay no longer: it leaves, and a person whom the school knows is excluded."""
        actor, which, account = visitor(request).actor, ChatId(chat_id), MaxUserId(asked.account)
        seen = Seen(key, asked.version)
        said = await outsiders.take_out(self.store, actor, which, account, seen)
        match said:
            case Keeping():
                return _not_done(said)
            case Done():
                return answered(models.Outsider(account=account, stays=False, act_id=said.act_id))
            case Leaving():
                done = await undoing.act_of(self.store, actor, which, key)
                act_id = None if done is None else done.act_id
                return answered(models.Outsider(account=account, stays=False, act_id=act_id))
            case _:
                return outcome(said)


def _not_done(why: Keeping) -> Response:
    word = chat_words.keeping(why)
    return problem(CONFLICT, word.text, word.hint, why.value)
