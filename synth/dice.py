"""Chance that repeats: the same seed rolls the same on every Python.

Only ``random.Random.random`` is promised to stay the same from version to version, so
everything here is made of it.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of chance that a seed's text determines."""

    def __init__(self, seed: str) -> None:
        self._roll = Random(seed).random  # noqa: S311 - made-up people need no secrecy

    def below(self, limit: int) -> int:
        """A number from 0 up to, not including, ``limit``."""
        return int(self._roll() * limit)

    def between(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""
        return low + int(self._roll() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        """True in this share of rolls."""
        return self._roll() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self._roll() * len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in some other order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self._roll() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
