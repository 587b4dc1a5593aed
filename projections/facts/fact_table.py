"""A table of facts: how one kind of fact is written into its columns and read back from them.

Guarantees: what is read back of a row is the fact that was written, whatever it is, so nobody
else says how a fact is made of a row.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar, cast

from domain.facts import Fact, Rank
from projections.database import Record
from projections.queue.marks import MarkKey
from projections.text_arrays import array_of, text_array

F = TypeVar("F", bound=Fact)

Old = tuple[object, ...] | None
"""The values of ``FactTable.watched`` in the fact that was replaced; None where none was."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its PostgreSQL type, how one fact's value is read off, and made again.

    The value of an array is the text of its own literal, which is cast in its row: ``unnest``
    would flatten an array of arrays. ``made`` is None where the field holds what is stored.
    """

    name: str
    type: str
    read: Callable[[Fact], object]
    made: Callable[[Any], object] | None = None

    @property
    def item(self) -> str:
        """The type of what is sent of one fact."""
        return "text" if self.type == "text[]" else self.type

    @property
    def parameter(self) -> str:
        """What a statement says for what ``sent`` makes: a parameter called as the column."""
        return array_of(self.item, self.name)

    def sent(self, facts: Sequence[Fact]) -> object:
        """The values of these facts, as one parameter."""
        values = list(map(self.read, facts))
        return text_array(cast("list[str | None]", values)) if self.item == "text" else values


def plain(type_: str, name: str, path: str | None = None) -> Column:
    """A field that is stored as it is."""
    return Column(name, type_, attrgetter(path or name))


def texts(*names: str) -> tuple[Column, ...]:
    """Such fields of text."""
    return tuple(plain("text", name) for name in names)


def word(name: str, words: type[Enum]) -> Column:
    """A field that is one of these words."""
    return Column(name, "text", attrgetter(f"{name}.value"), words)


def array(
    name: str, read: Callable[[Fact], Iterable[str] | None], made: Callable[[list[str]], object]
) -> Column:
    """A field of several texts; ``made`` makes it of them again, None stays None."""

    def literal(fact: Fact) -> str | None:
        values = read(fact)
        return None if values is None else text_array(list(values))

    def again(stored: list[str] | None) -> object:
        return None if stored is None else made(stored)

    return Column(name, "text[]", literal, again)


RANK: Final = (
    plain("bigint", "version", "rank.version"),
    plain("timestamptz", "at", "rank.at"),
    plain("text", "source", "rank.source"),
    plain("text", "event_id", "rank.event_id"),
)
"""What decides between two versions, in every table of facts, in the order of ``Rank``."""


@dataclass(frozen=True, slots=True)
class FactTable(Generic[F]):
    """The table of one kind of fact.

    ``columns`` are the fields after ``rank``, in their order; ``keys`` are the first of them.
    ``touches`` are the entities whose chats a fact that was written may affect. ``generated`` are
    the columns that PostgreSQL makes of the others, so no part of the fact.
    """

    type: type[F]
    name: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    watched: tuple[str, ...]
    touches: Callable[[F, Old], Iterable[MarkKey]]
    generated: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """How ``fact_history`` calls it."""
        return self.name.removeprefix("fact_")

    def selected(self, of: str) -> str:
        """What a SELECT begins with whose rows are for ``facts``; ``of`` is the table's alias."""
        return ", ".join(f"{of}.{column.name}" for column in (*RANK, *self.columns))

    def facts(self, rows: Iterable[Record]) -> list[F]:
        """The facts of these rows, in their order; what follows ``selected`` in a row is left."""
        first, end = len(RANK), len(RANK) + len(self.columns)
        made = [(place, each.made) for place, each in enumerate(self.columns) if each.made]
        found = []
        for row in rows:
            values = list(row[first:end])
            for place, make in made:
                values[place] = make(values[place])
            found.append(self.type(Rank(*row[:first]), *values))
        return found
