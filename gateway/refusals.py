"""What a failed *add* says: about one chat, about adding as such, or only about this moment.

The API restricts adding without saying how, so this reads what can be read: an answer that
the method is not there is certain; a plain no, in a chat in which the bot has its rights, is
counted by the store, and several in a row mean that nobody can be added at all.

That a chat is full the partner contract says of each account (``AddFailure.FULL``), or of the
call, under the same code. The Bot API documents no limit and no answer to it, so there plain
words count too. A whole call that was refused is halved until its people fit.
"""

import re
from dataclasses import dataclass

from domain.ids import MaxUserId
from domain.plan import Action, Add
from gateway import errors
from gateway.ports import AddFailure, ChatSnapshot

FULL = AddFailure.FULL.value
REFUSED = "adding.refused"

_METHOD_NOT_ALLOWED = 405
_FULL_IN_WORDS = re.compile(
    r"\bfull\b|\btoo many (?:participants|members|users)\b"
    r"|\b(?:participants|members|users)(?: count)? limit\b"
    r"|\bat most [0-9]+ (?:participants|members|users|people)\b"
)


@dataclass(frozen=True, slots=True)
class AddRefusal:
    """An add that failed for everybody in it; ``reason`` is how their state is called."""

    user_ids: tuple[MaxUserId, ...]
    reason: str
    certain: bool = False

    def left_out(self, snapshot: ChatSnapshot) -> tuple[MaxUserId, ...]:
        """Those who are not in the chat after all, and wait for their next try.

        Of several who found no room together the first half is tried again at once; new
        administrators come first in a call.
        """
        inside = {member.user_id for member in snapshot.members}
        outside = tuple(user_id for user_id in self.user_ids if user_id not in inside)
        return outside[len(outside) // 2 :] if self.reason == FULL else outside


def refusal_of(action: Action, error: errors.GatewayError, *, again: bool) -> AddRefusal | None:
    """What this error says about adding; None where it may pass by itself.

    ``again``: the pass before failed too, so a vague no is no accident any more.
    """
    if not isinstance(action, Add):
        return None
    if _is_full(error):
        return AddRefusal(action.user_ids, FULL)
    if isinstance(error, errors.AddingUnavailable):
        return AddRefusal(action.user_ids, REFUSED, certain=True)
    if isinstance(error, errors.Refused) and error.status == _METHOD_NOT_ALLOWED:
        return AddRefusal(action.user_ids, REFUSED, certain=True)
    vague = isinstance(error, errors.NotFound | errors.Unsuccessful) and again
    if isinstance(error, errors.Forbidden) or vague:
        return AddRefusal(action.user_ids, REFUSED)
    return None


def _is_full(error: errors.GatewayError) -> bool:
    if isinstance(error, errors.Refused) and error.code == FULL:
        return True
    said = isinstance(error, errors.Refused | errors.Unsuccessful)
    return said and _FULL_IN_WORDS.search(error.detail) is not None


def has_rights(snapshot: ChatSnapshot) -> bool:
    """Whether the bot that read the chat is an administrator of it."""
    return any(member.is_bot and member.is_admin for member in snapshot.members)


__all__ = ["FULL", "REFUSED", "AddRefusal", "has_rights", "refusal_of"]
