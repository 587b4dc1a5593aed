"""One action of a plan as one call of the messenger, and what the answer says of its effect."""

from collections.abc import Mapping
from typing import assert_never

from domain.ids import MaxChatId, MaxUserId
from domain.lanes import Lane
from domain.plan import Action, Add, Create, Delete, Demote, Promote, Remove, Rename
from domain.work import Applied, ChatMade, Effect, Work
from gateway.ports import AddFailure, Messenger


async def create(messenger: Messenger, work: Work, action: Create, lane: Lane) -> ChatMade:
    """Create the chat, or find it."""
    made = await messenger.create(
        work.external_id,
        action.title,
        work.kind.value,
        action.members,
        action.administrators,
        lane,
    )
    return ChatMade(made.chat_id, made.link, made.created, _reasons(made.failed))


async def change(messenger: Messenger, chat_id: MaxChatId, action: Action, lane: Lane) -> Effect:
    """Change a chat that exists."""
    match action:
        case Add(user_ids):
            return Applied(_reasons(await messenger.add(chat_id, user_ids, lane)))
        case Remove(user_id):
            await messenger.remove(chat_id, user_id, lane)
        case Promote(user_ids):
            await messenger.promote(chat_id, user_ids, lane)
        case Demote(user_id):
            await messenger.demote(chat_id, user_id, lane)
        case Rename(title):
            return Applied({}, await messenger.rename(chat_id, title, lane))
        case Delete():
            await messenger.delete(chat_id, lane)
        case Create():
            message = "a create has no chat yet"
            raise AssertionError(message)
        case _:
            assert_never(action)
    return Applied({})


def _reasons(failed: Mapping[MaxUserId, AddFailure]) -> dict[MaxUserId, str]:
    return {user_id: failure.value for user_id, failure in failed.items()}


__all__ = ["change", "create"]
