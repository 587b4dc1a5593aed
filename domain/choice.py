"""Whom somebody has chosen in a list: a filter, who is chosen besides, and who is not.

Thousands are chosen by their filter and not by their ids, and a few can be taken out again or
put in besides. A choice says nothing of how it is kept: a page carries it in its form, so turning
the pages loses nothing, with a script or without.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domain.ids import PersonId

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Choice(Generic[F]):
    """Everybody whom the filter ``everybody`` takes (None: nobody) but ``without``, and ``also``.

    Nobody is in both sets.
    """

    everybody: F | None = None
    also: frozenset[PersonId] = field(default_factory=frozenset)
    without: frozenset[PersonId] = field(default_factory=frozenset)

    def takes(self, person_id: PersonId, *, matches: bool) -> bool:
        """Whether somebody is chosen; ``matches`` says that the filter ``everybody`` takes them."""
        by_filter = self.everybody is not None and matches and person_id not in self.without
        return by_filter or person_id in self.also

    def turned(self, before: AbstractSet[PersonId], after: AbstractSet[PersonId]) -> "Choice[F]":
        """The choice after a page on which those in ``before`` were ticked, and now ``after``."""
        ticked, unticked = after - before, before - after
        return Choice(
            self.everybody, (self.also - unticked) | ticked, (self.without - ticked) | unticked
        )

    def all_of(self, shown: F) -> "Choice[F]":
        """Everybody whom ``shown`` takes, and those who were chosen one by one."""
        return Choice(shown, self.also)

    def among(self, people: AbstractSet[PersonId]) -> "Choice[F]":
        """The same, without anybody who is not there any more."""
        return Choice(self.everybody, self.also & people, self.without & people)
