"""Whether an error says "that person is not there", which is what a removal wanted anyway.

The API lists no error codes, and says neither whether removing an absent member fails nor
how. So this reads what the messenger says, and believes it only where it is plain: the code,
and if that is silent the message, must put absence to a *person*. "Chat not found" is no
success of a removal, and neither is "the bot is not a member"; "not a member of the chat" is
one, for the call names one account, and a bot without rights gets 403. Where the words do not
tell the two apart ("not found"), the verdict is ``UNCLEAR``, and the caller reads the chat.
"""

import re
from enum import Enum

from gateway.replies import Problem, Reply

_ABSENT = re.compile(
    r"(?<![a-z])not[._ ]"
    r"(?:in[._ ]chat|found|exists?|(?:an?[._ ])?(?P<role>participant|member|admin))"
    r"|(?<![a-z])absent(?![a-z])"
)
_NOUN = re.compile(r"chat|bot|you|token|participant|member|user|admin")

_PEOPLE = frozenset({"participant", "member", "user"})


class Verb(Enum):
    """What was asked, by the nouns whose absence means that it is done already."""

    REMOVE = _PEOPLE
    DEMOTE = _PEOPLE | {"admin"}


class Absence(Enum):
    """What an error says about who or what is not there."""

    PERSON = "the person is not there, or has not the role"
    UNCLEAR = "something is not there, and it may be the chat"
    NONE = "the error is about something else"


def absence(reply: Reply, problem: Problem | None, verb: Verb) -> Absence:
    """Read a 404, or a 200 with ``success: false``, as an answer to ``verb``."""
    refused = reply.is_success and problem is not None and problem.success is False
    if not refused and reply.status != 404:
        return Absence.NONE
    texts = (problem.code or "", problem.message or "") if problem is not None else ()
    for text in texts:
        if (subject := _subject(text)) is not None:
            return Absence.PERSON if subject in verb.value else Absence.UNCLEAR
    said = reply.status == 404 or any(_ABSENT.search(text.lower()) for text in texts)
    return Absence.UNCLEAR if said else Absence.NONE


def _subject(text: str) -> str | None:
    """Who or what is said not to be there: the last noun before that, in the role denied it."""
    lowered = text[:1000].lower()
    missing = _ABSENT.search(lowered)
    if missing is None:
        return None
    nouns: list[str] = _NOUN.findall(lowered[: missing.start()])
    if nouns and nouns[-1] not in Verb.DEMOTE.value:
        return nouns[-1]
    last = nouns[-1] if nouns else None
    return missing["role"] or last


__all__ = ["Absence", "Verb", "absence"]
