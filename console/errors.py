"""What can go wrong with the console, of its servers and of the requests to it.

``ConsoleError``
├── ``CannotListen``      the address or the port cannot be had: choose another
├── ``NoPublicAddress``   others could reach it without TLS: say by which address they do
├── ``NotLocal``          the development sign-in is for this machine alone
├── ``RequestRefused``    a request that is not answered
│   ├── ``NotSignedIn``   nobody, or nobody any more
│   ├── ``NotAllowed``    somebody, but not for them
│   ├── ``ForNobody``     a program that does not say for whom it asks
│   └── ``Forged``        it may be another site's
└── ``IdentityError``     a sign-in came to nothing (``console.identity.errors``)

What else goes wrong with a request is an answer, not an error of this hierarchy.
"""


class ConsoleError(Exception):
    """Anything that keeps the console from running, or a request from being answered."""


class CannotListen(ConsoleError):
    """The message names the address, the reason and the setting to change."""


class NoPublicAddress(ConsoleError):
    """The message names the setting to change."""


class NotLocal(ConsoleError):
    """The message names the settings that do not go together."""


class RequestRefused(ConsoleError):
    """A request that is not answered."""


class NotSignedIn(RequestRefused):
    """There is no session, or it is over."""


class NotAllowed(RequestRefused):
    """Whoever is signed in may not; ``elsewhere`` is the page that is for them, if any."""

    def __init__(self, elsewhere: str | None = None) -> None:
        super().__init__("not allowed")
        self.elsewhere = elsewhere


class ForNobody(RequestRefused):
    """A program asks what only people may, and names nobody whom the register knows."""


class Forged(RequestRefused):
    """It does not show that it comes from a page of ours; the message says by what."""
