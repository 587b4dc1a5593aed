"""Hints: what the messenger's updates say happened in a chat. Never a proof.

An update comes with a static secret and no signature, late, twice, or not at all. So it makes
us go and read the chat, and tells at most who did what the read then shows.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import MaxChatId, MaxUserId


class HintKind(Enum):
    """The update types that we ask the messenger for; the value is its own word."""

    USER_ADDED = "user_added"
    USER_REMOVED = "user_removed"
    TITLE_CHANGED = "chat_title_changed"
    BOT_ADDED = "bot_added"
    BOT_REMOVED = "bot_removed"
    BOT_RIGHTS = "bot_admin_permissions_changed"
    """Of the bot itself; told by webhook only."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What an update said: who was touched, and by whom if it told. Never a proof."""

    kind: HintKind
    user_id: MaxUserId | None
    by: MaxUserId | None


@dataclass(frozen=True, slots=True)
class Update:
    """One update as it came in; all but its kind and its chat may be missing.

    ``at`` is by the messenger's clock. ``user_id`` is who was touched: nobody where the update is
    about the chat or the bot. ``by`` is who did it, where the update tells.
    """

    kind: HintKind
    max_chat_id: MaxChatId
    at: datetime | None
    user_id: MaxUserId | None = None
    by: MaxUserId | None = None
    title: str | None = None
