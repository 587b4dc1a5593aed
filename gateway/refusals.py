"""What a refused call says: about an account, about adding as such, or only about this moment.

A refusal names no culprit. So the chat is read, and whoever the call did not serve is suspected:
alone where the call named nobody else, else they are tried in smaller groups
(``domain.refusals``). Whether it was about the bot instead, a probe has told by then.

Of adds: an answer that the method is not there is certain; plain noes to accounts alone, in
chats in which the bot has its rights, are counted by the store, and several in a row mean that
nobody can be added at all. That a chat is full the partner contract says of each account
(``AddFailure.FULL``), or of the call, under the same code. The Bot API documents no limit and no
answer to it, so there plain words count too. Of several who found no room together the first
half is tried again at once; new administrators come first in a call.
"""

import re
from dataclasses import dataclass

from domain.ids import MaxUserId
from domain.plan import Action, Add, Demote, Promote, Remove
from domain.refusals import AddFailure, Wish, unserved_of
from domain.states import Seen
from gateway import errors

_METHOD_NOT_ALLOWED = 405
_FULL_IN_WORDS = re.compile(
    r"\bfull\b|\btoo many (?:participants|members|users)\b"
    r"|\b(?:participants|members|users)(?: count)? limit\b"
    r"|\bat most [0-9]+ (?:participants|members|users|people)\b"
)
_KNOWN = {failure.value: failure for failure in AddFailure}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call about accounts that was refused as a whole.

    ``said`` is the code, or what there was instead. ``why`` is how the state of an account that
    is not added is called. ``certain``: nobody can be added at all. ``vague``: the messenger
    gave no code, so it is believed the second time.
    """

    wish: Wish
    user_ids: tuple[MaxUserId, ...]
    said: str
    why: AddFailure = AddFailure.UNKNOWN
    certain: bool = False
    vague: bool = False

    def suspects(self, seen: Seen) -> tuple[MaxUserId, ...]:
        """Those of the call whom the chat, read after it, shows unserved."""
        unserved = unserved_of(self.wish, self.user_ids, seen)
        if self.why is AddFailure.FULL:
            return unserved[len(unserved) // 2 :]
        return unserved


def refusal_of(action: Action, error: errors.GatewayError) -> Refusal | None:
    """What this error says about accounts; None where it is about something else."""
    vague = isinstance(error, errors.Unsuccessful)
    if not (vague or isinstance(error, errors.Answered | errors.AddingUnavailable)):
        return None
    said = said_by(error)
    match action:
        case Add(users):
            certain = _is_certain(error)
            why = AddFailure.INVITED if certain else _why(error)
            vague = vague and why is not AddFailure.FULL
            return Refusal(Wish.ADD, users, said, why, certain, vague)
        case Promote(users):
            return Refusal(Wish.PROMOTE, users, said, vague=vague)
        case Remove(user):
            return Refusal(Wish.REMOVE, (user,), said, vague=vague)
        case Demote(user):
            return Refusal(Wish.DEMOTE, (user,), said, vague=vague)
        case _:
            return None


def said_by(error: errors.GatewayError) -> str:
    """The code of a refusal, else its status; what there was instead where there is neither."""
    if isinstance(error, errors.Answered):
        return error.code or (str(error.status) if error.status else "not sent")
    return "success: false" if isinstance(error, errors.Unsuccessful) else "invited"


def _is_certain(error: errors.GatewayError) -> bool:
    if isinstance(error, errors.AddingUnavailable):
        return True
    return isinstance(error, errors.Refused) and error.status == _METHOD_NOT_ALLOWED


def _why(error: errors.GatewayError) -> AddFailure:
    if _is_full(error):
        return AddFailure.FULL
    if isinstance(error, errors.Answered) and error.code in _KNOWN:
        return _KNOWN[error.code]
    plain = isinstance(error, errors.Forbidden | errors.NotFound | errors.Unsuccessful)
    return AddFailure.INVITED if plain else AddFailure.UNKNOWN


def _is_full(error: errors.GatewayError) -> bool:
    if isinstance(error, errors.Refused) and error.code == AddFailure.FULL.value:
        return True
    said = isinstance(error, errors.Refused | errors.Unsuccessful)
    return said and _FULL_IN_WORDS.search(error.detail) is not None


__all__ = ["Refusal", "refusal_of", "said_by"]
