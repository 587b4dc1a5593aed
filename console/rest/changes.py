"""The addresses of the API that change a chat.

Guarantees: people and titles change once for each ``Idempotency-Key``; what takes no key is made
once by what it names (an act, a set of removals, a chat). As the pages' operations: a decision
of a person in the journal, by their rights at that moment; what somebody else decided meanwhile
about the same is not overridden unseen.
"""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request, Response

from console.entrance.doors import Door, Endpoint, Entry, Need
from console.entrance.visit import visitor
from console.problems import problem
from console.rest import held_models, models
from console.rest.answers import CONFLICT, answered, outcome
from console.rest.asked import ActNamed, Decided, InPath, Key, PeopleChosen, TitleChosen
from console.rest.lists import BASE
from domain.ids import ChatId
from domain.rights import Scope
from operations import candidates, chat_title, chats, plans, undoing
from operations.member_answers import Act, Seen
from operations.member_changes import act_on_members
from operations.plans import Decider, NotDecided, Terms
from operations.store import StaffStore


@dataclass(frozen=True, slots=True)
class ApiChanges:
    """The addresses over one store; ``terms`` are how long what is decided holds."""

    store: StaffStore
    terms: Terms

    def entries(self) -> list[Entry]:
        """The addresses."""
        door = Door(Need.STAFF, scope=Scope.CHATS_WRITE)
        chat = f"{BASE}/chats/{{chat_id}}"
        people: dict[str, Endpoint] = {
            "add": self.add,
            "remove": self.remove,
            "promote": self.promote,
            "demote": self.demote,
        }
        return [
            *(
                Entry(f"{chat}/members/{act}", method, door, "POST", answer=models.Done)
                for act, method in people.items()
            ),
            Entry(f"{chat}/title", self.title, door, "PUT", answer=models.Done),
            Entry(f"{chat}/undo", self.undo, door, "POST", answer=models.Undone),
            Entry(f"{chat}/removals", self.decide, door, "POST", answer=held_models.Decision),
            Entry(chat, self.delete, door, "DELETE", answer=models.Deletion),
        ]

    async def add(
        self, request: Request, chat_id: InPath, key: Key, asked: PeopleChosen
    ) -> Response:
        """Put people of the school into a chat."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        seen = Seen(key, asked.version)
        return outcome(await candidates.add(self.store, actor, which, asked.new, seen))

    async def remove(
        self, request: Request, chat_id: InPath, key: Key, asked: PeopleChosen
    ) -> Response:
        """Take people out of a chat; who is none of its people is passed over."""
        return await self._act(request, chat_id, Act.REMOVE, key, asked)

    async def promote(
        self, request: Request, chat_id: InPath, key: Key, asked: PeopleChosen
    ) -> Response:
        """Make people of a chat its administrators."""
        return await self._act(request, chat_id, Act.PROMOTE, key, asked)

    async def demote(
        self, request: Request, chat_id: InPath, key: Key, asked: PeopleChosen
    ) -> Response:
        """Make administrators of a chat ordinary members."""
        return await self._act(request, chat_id, Act.DEMOTE, key, asked)

    async def _act(
        self, request: Request, chat_id: InPath, act: Act, key: UUID, asked: PeopleChosen
    ) -> Response:
        actor, which = visitor(request).actor, ChatId(chat_id)
        seen = Seen(key, asked.version)
        return outcome(await act_on_members(self.store, actor, which, act, asked.choice, seen))

    async def title(
        self, request: Request, chat_id: InPath, key: Key, asked: TitleChosen
    ) -> Response:
        """Give a chat another title."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        seen = Seen(key, asked.version)
        return outcome(await chat_title.rename(self.store, actor, which, asked.title, seen))

    async def undo(self, request: Request, chat_id: InPath, asked: ActNamed) -> Response:
        """Take a change back; the act's own id makes it once."""
        actor, which = visitor(request).actor, ChatId(chat_id)
        return outcome(await undoing.undo(self.store, actor, which, asked.act_id))

    async def decide(self, request: Request, chat_id: InPath, asked: Decided) -> Response:
        """Allow or refuse removals that are held; the same about the same set is said once."""
        visit, which = visitor(request), ChatId(chat_id)
        decider = Decider(visit.actor, visit.author)
        said = await plans.decide(
            self.store.engine, decider, which, asked.hash, asked.choice, self.terms
        )
        if isinstance(said, NotDecided):
            title = "Такого решения никто не ждёт"
            return problem(CONFLICT, title, "Прочитайте удержанное заново.", "not_open")
        return answered(held_models.Decision(hash=asked.hash, choice=asked.choice.value))

    async def delete(self, request: Request, chat_id: InPath) -> Response:
        """Delete a chat, here and in the messenger: nothing takes it back."""
        visit, which = visitor(request), ChatId(chat_id)
        anew = await chats.delete(self.store.engine, visit.actor, visit.author, which)
        return answered(models.Deletion(chat_id=which, anew=anew))
