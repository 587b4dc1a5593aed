"""What a read of a chat shows, in the words of the plan."""

from domain.expected import Role
from domain.ids import MaxUserId
from domain.plan import Seen
from gateway.ports import ChatSnapshot


def seen(snapshot: ChatSnapshot, bot: MaxUserId | None = None) -> Seen:
    """Accounts with their roles, ours left out; other bots and owners are accounts as any.

    While nobody knows which account is ours, every bot counts as it.
    """
    members = {
        member.user_id: Role.ADMINISTRATOR if member.is_admin else Role.MEMBER
        for member in snapshot.members
        if not (member.user_id == bot if bot is not None else member.is_bot)
    }
    return Seen(members, snapshot.title)


__all__ = ["seen"]
