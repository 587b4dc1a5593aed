"""Facts into PostgreSQL: a batch is folded by entity and written with bulk statements.

Guarantees, for facts in any order, repeated, and split into batches anyhow: of each entity
the fact of the highest rank counts, every other version is in ``fact_history`` once, and the
answer names the entities whose chats may be affected by what was really written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from domain.facts import Fact
from projections.database import Driver, Record
from projections.facts.fact_table import FactTable
from projections.facts.statements import STATEMENTS, Statements
from projections.queue.marks import MarkKey
from projections.text_arrays import text_array


class Arrival(NamedTuple):
    """A fact and where it was read."""

    fact: Fact
    topic: str
    part: int
    off: int


Key = object
"""An entity's id, or the tuple of its two ids."""


@dataclass(slots=True)
class Written:
    """What a batch did: the affected entities, each with the latest event's time."""

    touched: dict[MarkKey, datetime] = field(default_factory=dict)
    applied: int = 0

    def touch(self, key: MarkKey, at: datetime) -> None:
        """Note an affected entity."""
        known = self.touched.get(key)
        if known is None or known < at:
            self.touched[key] = at


async def write(driver: Driver, arrivals: Iterable[Arrival], now: datetime) -> Written:
    """Write facts in the transaction that ``driver`` is in; ``now`` is when we know them."""
    by_type: dict[type[Fact], list[Arrival]] = {}
    for arrival in arrivals:
        by_type.setdefault(type(arrival.fact), []).append(arrival)
    written = Written()
    for type_, statements in STATEMENTS.items():
        of_type = by_type.get(type_)
        if of_type:
            await _write_table(driver, statements, of_type, now, written)
    return written


async def _write_table(
    driver: Driver,
    statements: Statements,
    arrivals: Sequence[Arrival],
    now: datetime,
    written: Written,
) -> None:
    table = statements.table
    latest, outranked = _fold(arrivals, attrgetter(*table.keys))
    ordered = [latest[key] for key in sorted(latest)]  # type: ignore[type-var]  # ids or pairs of ids
    rows = await driver.fetch(statements.apply, **_arrays(statements, ordered), now=now)
    count: int = rows[0][0]
    written.applied += count
    told = {_key(table, row): row for row in rows if row[1] is not None}
    if count < len(ordered):
        outranked += [latest[key] for key in latest if key not in told]
        _touch(table, [latest[key] for key in told], told, written)
    else:
        _touch(table, ordered, told, written)
    if outranked:
        await driver.execute(statements.keep, **_arrays(statements, outranked), now=now)


def _fold(
    arrivals: Sequence[Arrival], key_of: "attrgetter[Key]"
) -> tuple[dict[Key, Arrival], list[Arrival]]:
    """The arrival that counts for each entity, and those of other ranks."""
    latest: dict[Key, Arrival] = {}
    outranked: list[Arrival] = []
    for arrival in arrivals:
        fact = arrival[0]
        key = key_of(fact)
        known = latest.get(key)
        if known is None:
            latest[key] = arrival
        elif known[0].rank < fact.rank:
            latest[key] = arrival
            outranked.append(known)
        elif fact.rank < known[0].rank:
            outranked.append(arrival)
    return latest, outranked


def _arrays(statements: Statements, arrivals: Sequence[Arrival]) -> dict[str, object]:
    facts = [arrival[0] for arrival in arrivals]
    return {
        **{column.name: column.sent(facts) for column in statements.columns},
        "topic": text_array([arrival[1] for arrival in arrivals]),
        "part": [arrival[2] for arrival in arrivals],
        "off": [arrival[3] for arrival in arrivals],
    }


def _key(table: FactTable[Any], row: Record) -> Key:
    return row[1] if len(table.keys) == 1 else (row[1], row[2])


def _touch(
    table: FactTable[Any], applied: Sequence[Arrival], told: Mapping[Key, Record], written: Written
) -> None:
    """``told`` has at least those that replaced something."""
    replaced = 1 + len(table.keys)
    watched = range(replaced + 1, replaced + 1 + len(table.watched))
    key_of = attrgetter(*table.keys)
    for arrival in applied:
        fact = arrival[0]
        row = told.get(key_of(fact)) if told else None
        old = tuple(row[place] for place in watched) if row is not None and row[replaced] else None
        for key in table.touches(fact, old):
            written.touch(key, fact.rank.at)
