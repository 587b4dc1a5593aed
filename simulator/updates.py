"""What the bot is told: an update for each change, by webhook or by long polling.

Bodies are those of the official ``Update`` schemas, ``profile_linked`` that of the partner
contract. MAX has no update for a change of administrators but one of the bot's own rights, so
none is sent for others. Of people coming and going the bot hears only where it is an
administrator that may read messages. While a webhook is
subscribed, long polling gets nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from simulator.changes import (
    AdminRemoved,
    AdminSet,
    Change,
    ChatCreated,
    LinkConfirmed,
    MemberRemoved,
    MembersAdded,
    TitleChanged,
)
from simulator.config import Era, SimulatorConfig
from simulator.errors import ChatNotFoundError
from simulator.objects import Objects
from simulator.wire import JsonObject
from simulator.world import World

_KEPT = 10_000

BY_WEBHOOK_ONLY = frozenset({"bot_admin_permissions_changed"})
"""Update types that long polling does not have."""


class UpdateWriter:
    """Turns changes into the updates that the bot gets about them."""

    def __init__(self, config: SimulatorConfig, world: World, objects: Objects) -> None:
        self._bot = config.bot_id
        self._now = config.era is Era.NOW
        self._own_too = config.report_own_changes
        self._own_additions = config.report_own_additions
        self._world = world
        self._objects = objects

    def updates(self, change: Change) -> Iterator[JsonObject]:
        """The updates of one change, which must have been applied already."""
        match change:
            case AdminSet(chat_id, user_id, permissions, _, at) if user_id == self._bot:
                yield from self._rights(chat_id, at, permissions)
            case AdminRemoved(chat_id, user_id, at) if user_id == self._bot:
                yield from self._rights(chat_id, at, None)
            case LinkConfirmed(_, external_id, user_id, at):
                yield {
                    "update_type": "profile_linked",
                    "timestamp": at,
                    "external_id": external_id,
                    "user_id": user_id,
                }
            case _:
                yield from self._moves(change)

    def _moves(self, change: Change) -> Iterator[JsonObject]:
        """Who came and went, the bot among them, and titles."""
        match change:
            case ChatCreated(chat_id, at=at) if self._own_too:
                yield self._bot_added(chat_id, at, self._bot)
            case MembersAdded(_, _, by) if by == self._bot and not self._own_additions:
                return
            case MembersAdded(chat_id, user_ids, by, at) if self._heard(chat_id, by):
                for user_id in user_ids:
                    yield self._update("user_added", chat_id, at, user_id) | {"inviter_id": by}
            case MembersAdded(chat_id, user_ids, by, at) if self._bot in user_ids:
                yield self._bot_added(chat_id, at, by or self._bot)
            case MemberRemoved(chat_id, user_id, by, at) if user_id == self._bot:
                yield self._update("bot_removed", chat_id, at, by or self._bot)
            case MemberRemoved(chat_id, user_id, by, at) if self._heard(chat_id, by):
                update = self._update("user_removed", chat_id, at, user_id)
                yield update if by is None else update | {"admin_id": by}
            case TitleChanged(chat_id, title, by, at) if self._heard(chat_id, by):
                update = self._update("chat_title_changed", chat_id, at, by)
                del update["is_channel"]
                yield update | {"title": title}
            case _:
                return

    def _heard(self, chat_id: int, by: int | None) -> bool:
        if by == self._bot and not self._own_too:
            return False
        try:
            rights = self._world.chats.get(chat_id).admins.get(self._bot)
        except ChatNotFoundError:
            return False
        return rights is not None and "read_all_messages" in rights.permissions

    def _bot_added(self, chat_id: int, at: int, by: int) -> JsonObject:
        update = self._update("bot_added", chat_id, at, by)
        if self._now:
            del update["user"]
        return update

    def _rights(
        self, chat_id: int, at: int, permissions: tuple[str, ...] | None
    ) -> Iterator[JsonObject]:
        """The bot's own rights are others now; who gave them is not kept."""
        if not self._now:
            return
        yield {
            "update_type": "bot_admin_permissions_changed",
            "timestamp": at,
            "chat_id": chat_id,
            "user_id": self._world.chats.get(chat_id).owner_id,
            "bot_id": self._bot,
            "is_channel": False,
            "is_admin": permissions is not None,
            "permissions": list(permissions or ()),
        }

    def _update(self, update_type: str, chat_id: int, at: int, user_id: int) -> JsonObject:
        return {
            "update_type": update_type,
            "timestamp": at,
            "chat_id": chat_id,
            "user": self._objects.user(user_id, at),
            "is_channel": False,
        }


@dataclass(frozen=True, slots=True)
class Batch:
    """Updates in order, and the marker from which to go on."""

    updates: list[JsonObject]
    marker: int


class UpdateLog:
    """The latest updates, numbered; a marker is the number of the next one wanted."""

    def __init__(self, first: int) -> None:
        self._entries: deque[tuple[int, JsonObject]] = deque(maxlen=_KEPT)
        self._next = first
        self._news = asyncio.Event()
        self._ended = False

    def append(self, update: JsonObject) -> None:
        """Keep an update and wake whoever waits for one."""
        self._entries.append((self._next, update))
        self._next += 1
        self._wake()

    def end(self) -> None:
        """Let every poll, now and later, return at once."""
        self._ended = True
        self._wake()

    def read(self, marker: int | None, limit: int, types: Collection[str] | None) -> Batch:
        """Updates from a marker on; without one, the latest that nobody has marked as read."""
        while marker is not None and self._entries and self._entries[0][0] < marker:
            self._entries.popleft()
        wanted = [e for e in self._entries if types is None or e[1]["update_type"] in types]
        chosen = wanted[-1:] if marker is None else wanted[:limit]
        following = chosen[-1][0] + 1 if chosen else self._next
        return Batch([update for _, update in chosen], following)

    async def poll(
        self,
        read: Callable[[], Batch],
        seconds: float,
        gone: "asyncio.Future[bool]",
    ) -> Batch:
        """Read until something is there, the time is over, or the client has hung up."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            batch = read()
            left = deadline - asyncio.get_running_loop().time()
            if batch.updates or left <= 0 or self._ended or gone.done():
                return batch
            # The event of this moment: by the time the wait begins it may have been set.
            news: asyncio.Future[bool] = asyncio.ensure_future(self._news.wait())
            try:
                await asyncio.wait({news, gone}, timeout=left, return_when="FIRST_COMPLETED")
            finally:
                news.cancel()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
