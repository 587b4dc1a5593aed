"""Whether a refusal is about the bot: asked of the messenger by a call of its own.

Only this parks a chat. What the messenger says to a call about somebody else proves nothing
about the bot, and neither does a list of members.
"""

from domain.ids import MaxChatId
from domain.lanes import Lane
from domain.plan import Action, Demote, Promote, Remove, Rename
from gateway.errors import BotLost, Forbidden
from gateway.ports import Messenger


async def must_be_able(
    messenger: Messenger,
    chat_id: MaxChatId,
    lane: Lane,
    refused: Forbidden,
    action: Action | None = None,
) -> None:
    """Return where the bot has what this call needs; so the refusal was about something else.

    ``action`` None is a read. Raises ``BotLost`` where the bot is out of the chat or lacks the
    right, and what else can go wrong in asking.
    """
    standing = await messenger.standing(chat_id, lane)
    if not standing.is_member or not standing.may(_needed(action)):
        raise BotLost(refused.call, refused.status, refused.code, "bot.rights")


def _needed(action: Action | None) -> str | None:
    match action:
        case Remove():
            return "add_remove_members"
        case Promote() | Demote():
            return "add_admins"
        case Rename():
            return "change_chat_info"
        case _:
            return None


__all__ = ["must_be_able"]
