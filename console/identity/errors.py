"""What can go wrong with a sign-in.

``IdentityError``
├── ``ProviderUnavailable``  the provider does not answer, or not as a provider does: try later
└── ``SignInRefused``        this sign-in came to nothing, for the reason it bears
"""

from enum import Enum

from console.errors import ConsoleError


class Refusal(Enum):
    """Why nobody was signed in."""

    DENIED = "denied"  # the person, or the provider, said no
    STALE = "stale"  # it was begun too long ago, in another browser, or not by us
    UNTRUSTED = "untrusted"  # what the provider said about the person does not bear checking
    NOBODY = "nobody"  # whom the provider named is neither a person of the register nor an operator


class IdentityError(ConsoleError):
    """Anything that keeps somebody from signing in."""


class ProviderUnavailable(IdentityError):
    """The message names the kind of trouble; never what the provider said."""


class SignInRefused(IdentityError):
    """Nobody is signed in; ``detail`` is for the log: the rule that was broken, never a value."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        super().__init__(f"{refusal.value} {detail}".strip())
        self.refusal = refusal
        self.detail = detail
