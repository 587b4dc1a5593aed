"""What people do in MAX behind our back: they come, bring others and bots, go, and change roles."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.chats import FULL_RIGHTS, Chat
from tests.simulation.knowledge import BOTS, STRANGERS
from tests.simulation.register import ACCOUNTS
from tests.simulation.stage import Stage

LINKED = sorted(set(ACCOUNTS.values()))


@dataclass(slots=True)
class People:
    """Everybody who has a telephone."""

    stage: Stage

    def act(self) -> None:
        """Somebody does something in some chat, unless there is none."""
        chance, there = self.stage.scheduler.random, list(self.stage.max.world.chats)
        if not there:
            return
        chat = chance.choice(there)
        deeds = (
            self._joins_by_link, self._joins_by_link, self._brings_somebody, self._brings_a_bot,
            self._leaves, self._leaves, self._removes, self._promotes, self._demotes,
            self._renames,
        )  # fmt: skip
        self._tell(chat, chance.choice(deeds))

    def _tell(self, chat: Chat, deed: Callable[[Chat, str], None]) -> None:
        name = chat.external_id.rsplit("#", 1)[0]
        self.stage.known.disturbed[name] = self.stage.scheduler.steps
        self.stage.scheduler.note(f"somebody acts in {name}: {deed.__name__[1:]}")
        deed(chat, name)

    def _joins_by_link(self, chat: Chat, name: str) -> None:
        """A stranger, or somebody linked, whether they belong there or not."""
        some = self.stage.scheduler.random.choice((STRANGERS, LINKED))
        self._enter(chat, name, self.stage.scheduler.random.choice(some), None)

    def _brings_somebody(self, chat: Chat, name: str) -> None:
        chance = self.stage.scheduler.random
        self._enter(chat, name, chance.choice((*STRANGERS, *LINKED)), self._somebody(chat))

    def _brings_a_bot(self, chat: Chat, name: str) -> None:
        bot = self.stage.scheduler.random.choice(BOTS)
        self.stage.max.world.accounts.set_bot(bot, is_bot=True)
        self._enter(chat, name, bot, self._somebody(chat))

    def _enter(self, chat: Chat, name: str, account: int, by: int | None) -> None:
        self.stage.known.guests.add((name, account))
        self.stage.max.world.chats.enter(chat.chat_id, account, by)

    def _leaves(self, chat: Chat, name: str) -> None:
        self._go(chat, name, by_themselves=True)

    def _removes(self, chat: Chat, name: str) -> None:
        self._go(chat, name, by_themselves=False)

    def _go(self, chat: Chat, name: str, *, by_themselves: bool) -> None:
        if inside := _inside(chat):
            gone = self.stage.scheduler.random.choice(inside)
            by = None if by_themselves else self._somebody(chat)
            self.stage.known.left[name, gone] += 1
            self.stage.max.world.chats.remove(chat.chat_id, gone, None if by == gone else by)

    def _promotes(self, chat: Chat, _: str) -> None:
        if inside := _inside(chat):
            rights = {self.stage.scheduler.random.choice(inside): FULL_RIGHTS}
            self.stage.max.world.chats.set_admins(chat.chat_id, rights)

    def _demotes(self, chat: Chat, _: str) -> None:
        if chiefs := _chiefs(chat):
            chief = self.stage.scheduler.random.choice(chiefs)
            self.stage.max.world.chats.demote(chat.chat_id, chief)

    def _renames(self, chat: Chat, _: str) -> None:
        self.stage.max.world.chats.rename(chat.chat_id, "10 «Б»", 1)

    def _somebody(self, chat: Chat) -> int | None:
        """An administrator, where there is one; at times any member."""
        chance, chiefs, inside = self.stage.scheduler.random, _chiefs(chat), _inside(chat)
        able = chiefs if chiefs and chance.random() < 0.7 else inside
        return chance.choice(able) if able else None


def _inside(chat: Chat) -> list[int]:
    return [user for user in chat if user != chat.owner_id]


def _chiefs(chat: Chat) -> list[int]:
    return [user for user in chat.admins if user != chat.owner_id]
