"""What a failed *add* says: about one chat, about adding as such, or only about this moment.

The API restricts adding without saying how, so this reads what can be read: an answer that
the method is not there is certain; a plain no, in a chat in which the bot has its rights, is
counted by the store, and several in a row mean that nobody can be added at all.
"""

from dataclasses import dataclass

from domain.ids import MaxUserId
from domain.plan import Action, Add
from gateway import errors
from gateway.ports import ChatSnapshot

FULL = "chat.full"
REFUSED = "adding.refused"

_METHOD_NOT_ALLOWED = 405


@dataclass(frozen=True, slots=True)
class AddRefusal:
    """An add that failed for everybody in it; ``reason`` is how their state is called."""

    user_ids: tuple[MaxUserId, ...]
    reason: str
    certain: bool = False

    def outside(self, snapshot: ChatSnapshot) -> tuple[MaxUserId, ...]:
        """Those who are not in the chat after all."""
        inside = {member.user_id for member in snapshot.members}
        return tuple(user_id for user_id in self.user_ids if user_id not in inside)


def refusal_of(action: Action, error: errors.GatewayError, *, again: bool) -> AddRefusal | None:
    """What this error says about adding; None where it may pass by itself.

    ``again``: the pass before failed too, so a vague no is no accident any more.
    """
    if not isinstance(action, Add):
        return None
    if isinstance(error, errors.Unsuccessful | errors.Refused) and "full" in error.detail:
        return AddRefusal(action.user_ids, FULL)
    if isinstance(error, errors.AddingUnavailable):
        return AddRefusal(action.user_ids, REFUSED, certain=True)
    if isinstance(error, errors.Refused) and error.status == _METHOD_NOT_ALLOWED:
        return AddRefusal(action.user_ids, REFUSED, certain=True)
    vague = isinstance(error, errors.NotFound | errors.Unsuccessful) and again
    if isinstance(error, errors.Forbidden) or vague:
        return AddRefusal(action.user_ids, REFUSED)
    return None


def has_rights(snapshot: ChatSnapshot) -> bool:
    """Whether the bot that read the chat is an administrator of it."""
    return any(member.is_bot and member.is_admin for member in snapshot.members)


__all__ = ["FULL", "REFUSED", "AddRefusal", "has_rights", "refusal_of"]
