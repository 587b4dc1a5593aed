"""What can go wrong with the console's servers.

``ConsoleError``
└── ``CannotListen``   the address or the port cannot be had: choose another

What goes wrong with a request is an answer, not an error of this hierarchy.
"""


class ConsoleError(Exception):
    """Anything that keeps the console from running."""


class CannotListen(ConsoleError):
    """The message names the address, the reason and the setting to change."""
