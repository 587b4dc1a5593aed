"""A place in the one budget of calls, as the store gives it and the client uses it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """A slot of the budget, to be used in ``wait`` seconds; not above nought: now."""

    slot: int
    wait: float
