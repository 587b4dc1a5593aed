"""The one error that leaves this package, worded for the person at the terminal."""


class EmbeddedError(Exception):
    """An embedded server cannot be had; the message says what is wrong and what to do next."""
