"""The messenger's objects as JSON, with every member that the official schemas require.

The people have no names of their own here: a simulated account is called by its number.
"""

from collections.abc import Callable, Sequence

from simulator.changes import Subscribed
from simulator.chats import Chat
from simulator.config import Era, SimulatorConfig
from simulator.wire import JsonObject


class Objects:
    """Builds ``User``, ``BotInfo``, ``Chat``, ``ChatMember`` and ``Subscription``."""

    def __init__(self, config: SimulatorConfig, is_bot: Callable[[int], bool]) -> None:
        """``is_bot`` knows the bots of others."""
        self._config = config
        self._is_bot = is_bot

    def user(self, user_id: int, active_at: int) -> JsonObject:
        """``User``: a person, our bot, or another."""
        is_ours = user_id == self._config.bot_id
        name = self._config.bot_name if is_ours else f"Участник {user_id}"
        found: JsonObject = {
            "user_id": user_id,
            "first_name": name,
            "is_bot": is_ours or self._is_bot(user_id),
        }
        username = self._config.bot_username if is_ours else None
        if self._config.era is Era.SUMMER_2026:
            return found | {
                "last_name": None,
                "name": name,
                "username": username,
                "last_activity_time": active_at,
            }
        # What a person did not give, or hides, is not there at all.
        return found if username is None else found | {"username": username}

    def bot_info(self, now: int) -> JsonObject:
        """``BotInfo``, the answer of ``GET /me``."""
        return self.user(self._config.bot_id, now) | {"description": None, "commands": []}

    def member(self, chat: Chat, user_id: int) -> JsonObject:
        """``ChatMember``; ``permissions`` is null for who is no administrator."""
        joined = chat.joined_at(user_id)
        rights = chat.admins.get(user_id)
        found = self.user(user_id, joined) | {
            "description": None,
            "last_access_time": joined,
            "is_owner": user_id == chat.owner_id,
            "is_admin": rights is not None,
            "join_time": joined,
        }
        if rights is not None:
            found["permissions"] = list(rights.permissions)
        elif self._config.era is Era.SUMMER_2026:
            found["permissions"] = None
        if rights is not None and rights.alias is not None:
            found["alias"] = rights.alias
        return found

    def members(self, chat: Chat, user_ids: Sequence[int]) -> list[JsonObject]:
        """``ChatMember`` for each of these members."""
        return [self.member(chat, user_id) for user_id in user_ids]

    def chat(self, chat: Chat) -> JsonObject:
        """``Chat`` as the bot inside it sees it."""
        return {
            "chat_id": chat.chat_id,
            "type": "chat",
            "status": "active",
            "title": chat.title,
            "icon": None,
            "last_event_time": chat.last_event_at,
            "participants_count": len(chat),
            "owner_id": chat.owner_id,
            "participants": None,
            "is_public": False,
            "link": chat.link,
            "description": None,
            "dialog_with_user": None,
            "messages_count": 0,
            "pinned_message": None,
        }

    def subscription(self, subscription: Subscribed) -> JsonObject:
        """``Subscription``; the secret is never shown."""
        types = subscription.update_types
        return {
            "url": subscription.url,
            "time": subscription.at,
            "update_types": None if types is None else list(types),
        }
