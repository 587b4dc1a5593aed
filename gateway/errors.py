"""Everything that can go wrong with the messenger, as types that say what to do next.

No exception of the HTTP library, of the JSON parser or of the operating system leaves the
client; callers choose by these classes alone::

    GatewayError
    ├── Misconfigured       the settings cannot work: fix them and start again
    ├── AddingUnavailable   this installation only invites: nothing was sent
    ├── Answered            the messenger understood us and said no
    │   ├── Unauthorized    the token is not valid (401): stop every change and alert
    │   ├── Forbidden       not allowed (403): the bot, or only the account that was named
    │   │   └── BotLost         proved: the bot may not act in this chat; park this one chat
    │   ├── NotFound        the chat, or what we named in it, is not there: read the chat
    │   ├── Gone            deleted for ever (410): the next create needs a new external_id
    │   └── Refused         any other no, with its code: never send the same call again
    ├── TooManyRequests     429: had no effect; the whole budget waits ``retry_after``
    ├── Unavailable         had no effect: it never reached the messenger, or it only read
    ├── OutcomeUnknown      a changing call may or may not have had its effect: settle it by
    │   │                   reading the chat, a create by repeating its external_id
    │   └── Unsuccessful    it was answered ``success: false``, which is not explained further
    └── BadAnswer           a read was answered with something that cannot be believed
        └── IncompleteRead  it lists nobody, though the bot itself must be there

Who was certain of what is the whole point: ``TooManyRequests``, ``Unavailable`` and the
``Answered`` branch promise that nothing changed; ``OutcomeUnknown`` promises nothing.

Only the messenger's own words are a verdict. An answer that is not its JSON, or has a status
that nobody documents, is no ``Answered``: it is ``Unavailable`` or ``OutcomeUnknown``, and passes.

Messages carry the method, the path (with its ids), the status and the messenger's error code.
They never carry a token, a query, a title, or text of the messenger that might be a name (see
``plain_words``). The exception of a library below is neither chained nor kept, since its text
may quote a header.
"""

import re

_LONGEST_DETAIL = 120
_LONGEST_CODE = 64
_PLAIN = re.compile(r"[a-z0-9_.,:;()/'\"-]+")
_NOT_IN_A_CODE = re.compile(r"[^A-Za-z0-9._-]")


def plain_words(text: str) -> str:
    """The part of the messenger's explanation that cannot be somebody's name, cut short.

    Words that are not plain lower-case ASCII become an ellipsis: names come capitalised or in
    Cyrillic, technical words do not need to.
    """
    words = [word if _PLAIN.fullmatch(word) else "…" for word in text[:1000].split()]
    return re.sub(r"…( …)+", "…", " ".join(words))[:_LONGEST_DETAIL]


def plain_code(code: str) -> str:
    """An error code that is safe to show: ``[A-Za-z0-9._-]``, at most 64 characters."""
    return _NOT_IN_A_CODE.sub("", code)[:_LONGEST_CODE]


class GatewayError(Exception):
    """The messenger could not do, or could not be asked, what we wanted."""

    def __init__(self, call: str, detail: str = "") -> None:
        super().__init__(f"{call}: {detail}" if detail else call)
        self.call = call
        self.detail = detail


class Misconfigured(GatewayError):
    """A setting (an address, a token, a CA bundle) that no call could ever work with."""


class AddingUnavailable(GatewayError):
    """Accounts cannot be added in this installation, only invited (``gateway.adding=invite``)."""


class Answered(GatewayError):
    """The messenger answered with an error, and the call had no effect.

    ``status`` is the HTTP status; 0 where we knew the answer and did not send the call.
    ``code`` is the messenger's own, empty where the answer had none.
    """

    def __init__(self, call: str, status: int, code: str = "", detail: str = "") -> None:
        self.status = status
        self.code = plain_code(code)
        words = (str(status) if status else "not sent", self.code, plain_words(detail))
        super().__init__(call, " ".join(word for word in words if word))


class Unauthorized(Answered):
    """The token is missing or not valid: no further call of anybody can work."""


class Forbidden(Answered):
    """Not allowed: whether to the bot in this chat, or about one account, a probe must tell."""


class BotLost(Forbidden):
    """The bot left, was removed, or lacks a right that it needs: the messenger said so of it."""


class NotFound(Answered):
    """The chat is not there, or the answer does not tell it from a person who is not."""


class Gone(Answered):
    """The chat was deleted, for ever; its ``external_id`` will not come back."""


class Refused(Answered):
    """A no that repeating cannot change: never send the same call again."""


class TooManyRequests(GatewayError):
    """The messenger's rate limit; ``retry_after`` is in seconds, between 1 and 900."""

    def __init__(self, call: str, retry_after: float) -> None:
        super().__init__(call, f"too many requests, again in {retry_after:.0f} s")
        self.retry_after = retry_after


class Unavailable(GatewayError):
    """Nothing changed and nothing was learnt; try again later.

    ``retry_after`` is the messenger's wish in seconds, None where it had none.
    """

    def __init__(self, call: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(call, detail)
        self.retry_after = retry_after


class OutcomeUnknown(GatewayError):
    """A changing call whose effect is not known.

    It was sent and not answered readably, or answered ``success: false`` under HTTP 200 with no
    code, which the API explains no further. ``answered``: some answer came, so the call is not
    on its way any more.
    """

    def __init__(self, call: str, detail: str = "", *, answered: bool = False) -> None:
        super().__init__(call, detail)
        self.answered = answered


class Unsuccessful(OutcomeUnknown):
    """HTTP 200 with ``success: false`` that names nobody and has no code."""


class BadAnswer(GatewayError):
    """A reading call got HTTP 200 and an answer that is not what the API describes."""


class IncompleteRead(BadAnswer):
    """A read that lists nobody."""


__all__ = [
    "AddingUnavailable",
    "Answered",
    "BadAnswer",
    "BotLost",
    "Forbidden",
    "GatewayError",
    "Gone",
    "IncompleteRead",
    "Misconfigured",
    "NotFound",
    "OutcomeUnknown",
    "Refused",
    "TooManyRequests",
    "Unauthorized",
    "Unavailable",
    "Unsuccessful",
    "plain_code",
    "plain_words",
]
