"""All chats and what may be done to them: the state machine behind both APIs.

Guarantees, whatever is called in whatever order: no chat has more administrators beside its
owner than the limit, nobody takes the owner out but the owner, an administrator is a member,
and a refused operation changes nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence

from simulator.accounts import ALREADY_MEMBER, CHAT_FULL, Accounts, Failed
from simulator.changes import (
    AdminRemoved,
    AdminSet,
    ChatChange,
    ChatCreated,
    ChatDeleted,
    MemberRemoved,
    MembersAdded,
    OwnerSet,
    TitleChanged,
)
from simulator.chats import FULL_RIGHTS, Chat, Rights
from simulator.config import AddingPresent, NoRoom, SimulatorConfig
from simulator.errors import (
    AbsentError,
    ChatDeletedError,
    ChatFullError,
    ChatNotFoundError,
    NotPossibleError,
)

_REMEMBERED = 10_000


class ChatBook:
    """The chats; changes go through ``commit`` and come back by ``apply``."""

    def __init__(
        self,
        config: SimulatorConfig,
        accounts: Accounts,
        commit: Callable[[Sequence[ChatChange]], None],
        now: Callable[[], int],
    ) -> None:
        self._config = config
        self._accounts = accounts
        self._commit = commit
        self._now = now
        self._chats: dict[int, Chat] = {}
        self._by_external: dict[str, int] = {}
        self._before: OrderedDict[int, Chat | None] = OrderedDict()
        self._next_id = config.first_chat_id

    def __len__(self) -> int:
        return len(self._chats)

    def __iter__(self) -> Iterator[Chat]:
        """The chats from the newest back, safe against changes meanwhile."""
        return (self._chats[i] for i in sorted(self._chats) if i in self._chats)

    def get(self, chat_id: int) -> Chat:
        """The chat as it is. Raises ``ChatNotFoundError``."""
        chat = self._chats.get(chat_id)
        if chat is None:
            raise ChatNotFoundError("no such chat")
        return chat

    def get_stale(self, chat_id: int) -> Chat:
        """The chat as it was before its last change. Raises ``ChatNotFoundError``."""
        if chat_id not in self._before:
            return self.get(chat_id)
        chat = self._before[chat_id]
        if chat is None:
            raise ChatNotFoundError("no such chat")
        return chat

    def create(
        self, external_id: str, title: str, kind: str, people: Sequence[int], admins: Sequence[int]
    ) -> tuple[Chat, bool, Failed]:
        """Create the chat of this external id with its people, or find it.

        The second value says whether it is new. Raises ``ChatDeletedError`` if it was
        deleted, ``NotPossibleError`` past a limit.
        """
        known = self._by_external.get(external_id)
        if known is not None:
            if known not in self._chats:
                raise ChatDeletedError("the chat of this external_id was deleted")
            return self._chats[known], False, {}
        if len(admins) > self._config.max_admins:
            raise NotPossibleError(f"at most {self._config.max_admins} administrators")
        if not set(admins) <= set(people):
            raise NotPossibleError("admin_ids must be among user_ids")
        now, bot = self._now(), self._config.bot_id
        title = self._kept(title)
        failed = self._refusals(people)
        new = tuple(u for u in people if u not in failed and u != bot)
        failed |= dict.fromkeys(new[self._config.max_members :], CHAT_FULL)
        new = new[: self._config.max_members]
        rights = [u for u in admins if u in new]
        created = ChatCreated(self._next_id, external_id, title, kind, now)
        self._write(
            [
                created,
                *([MembersAdded(created.chat_id, new, bot, now)] if new else []),
                *(AdminSet(created.chat_id, u, FULL_RIGHTS.permissions, None, now) for u in rights),
            ]
        )
        return self._chats[created.chat_id], True, failed

    def delete(self, chat_id: int) -> None:
        """Delete for ever. Raises ``ChatNotFoundError``."""
        self.get(chat_id)
        self._write([ChatDeleted(chat_id, self._now())])

    def rename(self, chat_id: int, title: str, by: int) -> None:
        """Give a title; the one that it has is no change."""
        title = self._kept(title)
        if self.get(chat_id).title != title:
            self._write([TitleChanged(chat_id, title, by, self._now())])

    def add(self, chat_id: int, people: Sequence[int], by: int | None) -> Failed:
        """Add accounts, each by itself: a refusal does not stop the others.

        Raises ``ChatFullError`` if the chat cannot hold them all, where that refuses the call.
        """
        chat = self.get(chat_id)
        failed = self._refusals(people)
        present = [u for u in people if u not in failed and u in chat]
        if self._config.adding_present is AddingPresent.LISTED_AS_FAILED:
            failed |= dict.fromkeys(present, ALREADY_MEMBER)
        new = tuple(u for u in people if u not in failed and u not in chat)
        room = self._room(chat)
        if len(new) > room and self._config.no_room is NoRoom.REFUSED:
            raise self._full()
        failed |= dict.fromkeys(new[room:], CHAT_FULL)
        new = new[:room]
        if new:
            self._write([MembersAdded(chat_id, new, by, self._now())])
        return failed

    def enter(self, chat_id: int, user_id: int, by: int | None) -> None:
        """One account comes in, whatever its privacy says.

        Raises ``ChatFullError`` where there is no room.
        """
        chat = self.get(chat_id)
        if user_id in chat:
            return
        if user_id != self._config.bot_id and not self._room(chat):
            raise self._full()
        self._write([MembersAdded(chat_id, (user_id,), by, self._now())])

    def remove(self, chat_id: int, user_id: int, by: int | None) -> None:
        """Take one member out. ``by`` is None for one who leaves.

        Raises ``AbsentError`` for a stranger, ``NotPossibleError`` for the owner.
        """
        chat = self.get(chat_id)
        if user_id not in chat:
            raise AbsentError("not a member of the chat")
        if user_id == chat.owner_id and by is not None:
            raise NotPossibleError("the owner cannot be removed")
        self._write([MemberRemoved(chat_id, user_id, by, self._now())])

    def set_admins(self, chat_id: int, rights: Mapping[int, Rights]) -> None:
        """Give members these rights, replacing what they had.

        All or nothing: raises ``NotPossibleError`` for a stranger, or past the limit of
        administrators.
        """
        chat = self.get(chat_id)
        if any(user_id not in chat for user_id in rights):
            raise NotPossibleError("administrators must be members of the chat")
        beside_owner = (chat.admins.keys() | rights.keys()) - {chat.owner_id}
        if len(beside_owner) > self._config.max_admins:
            raise NotPossibleError(f"at most {self._config.max_admins} administrators")
        now = self._now()
        changes = [
            AdminSet(chat_id, user_id, given.permissions, given.alias, now)
            for user_id, given in rights.items()
            if chat.admins.get(user_id) != given
        ]
        if changes:
            self._write(changes)

    def hand_over(self, chat_id: int, user_id: int) -> None:
        """Make a member the owner. Raises ``AbsentError`` for a stranger."""
        if user_id not in self.get(chat_id):
            raise AbsentError("not a member of the chat")
        self._write([OwnerSet(chat_id, user_id, self._now())])

    def demote(self, chat_id: int, user_id: int) -> None:
        """Take an administrator's rights. Raises ``AbsentError`` where there are none."""
        if user_id not in self.get(chat_id).admins:
            raise AbsentError("not an administrator of the chat")
        self._write([AdminRemoved(chat_id, user_id, self._now())])

    def _kept(self, title: str) -> str:
        """The title as it is kept."""
        return " ".join(title.split()) if self._config.trims_titles else title

    def _room(self, chat: Chat) -> int:
        """For how many more people there is room; the bot takes none."""
        return max(0, self._config.max_members - len(chat) + (self._config.bot_id in chat))

    def _full(self) -> ChatFullError:
        return ChatFullError(f"a chat holds at most {self._config.max_members} people")

    def _refusals(self, people: Sequence[int]) -> Failed:
        found = {user_id: self._accounts.refusal(user_id) for user_id in people}
        return {user_id: why.error_code for user_id, why in found.items() if why is not None}

    def apply(self, change: ChatChange) -> None:
        """Make a committed change true."""
        if isinstance(change, ChatCreated):
            self._chats[change.chat_id] = self._new_chat(change)
            self._by_external[change.external_id] = change.chat_id
            self._next_id = min(self._next_id, change.chat_id - 1)
            return
        if isinstance(change, ChatDeleted):
            del self._chats[change.chat_id]
            return
        chat = self._chats[change.chat_id]
        chat.last_event_at = change.at
        chat.apply(change)

    def _new_chat(self, change: ChatCreated) -> Chat:
        bot = self._config.bot_id
        chat = Chat(change.chat_id, change.external_id, change.title, change.kind, bot, change.at)
        chat.put(bot, change.at)
        chat.admins[bot] = FULL_RIGHTS
        return chat

    def _write(self, changes: Sequence[ChatChange]) -> None:
        """Commit changes of one chat, and keep how it was, for stale reads."""
        chat_id = changes[0].chat_id
        chat = self._chats.get(chat_id)
        self._before[chat_id] = None if chat is None else chat.copy()
        self._before.move_to_end(chat_id)
        if len(self._before) > _REMEMBERED:
            self._before.popitem(last=False)
        self._commit(changes)
