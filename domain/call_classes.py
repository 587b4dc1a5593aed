"""The calls of the messenger by what fails, or is limited, together."""

from enum import Enum


class CallClass(Enum):
    """By host and by kind of work; the value is the word in tables and metrics."""

    READ = "read"
    """Chats, members, the bot itself and its webhooks."""
    CHANGE = "change"
    """Removals, administrators, titles: the Bot API's changing calls."""
    ADD = "add"
    """By whichever way this installation adds people."""
    PARTNER = "partner"
    """Creating and deleting chats."""
    CALL = "call"
    """Planning, changing and deleting the calls of distance lessons."""
