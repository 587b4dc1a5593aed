"""A place in the one budget of calls, as the store gives it and the client uses it."""

from dataclasses import dataclass

from domain.call_classes import CallClass


@dataclass(frozen=True, slots=True)
class Grant:
    """A slot of the budget, to be used in ``wait`` seconds; not above nought: now.

    Where the messenger takes fewer calls of a class than of all, ``of_class`` is the class and
    the slot among its own.
    """

    slot: int
    wait: float
    of_class: tuple[CallClass, int] | None = None
