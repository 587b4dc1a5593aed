"""The numbers of «Сводка школы»: whose groups of people, and who of them is linked, and outside.

Read behind the fence. Guarantees: the same people and the same reasons as in the lists
(``projections.staff.summary``), without making a row of each: a school's page costs its ids, and
nothing of other schools. Each statement is quick by itself: put together, how many rows they have
cannot be estimated.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ClassId, PersonId
from projections.staff.candidate_rows import Part
from projections.staff.summary import LOOK, OF_CHATS, OF_EXTENT, WITH_CLASS, Extent, asked_of

# A class is asked about once a group, and not once a person.
_GROUPS: Final = text(f"""
    SELECT w.class_id, w.part, k.name AS class_name, w.people, w.accounts
      FROM (SELECT w.class_id, w.part, array_agg(w.person_id) AS people,
                   array_agg(w.max_user_id) AS accounts
              FROM staff.summary_people w WHERE {OF_EXTENT} GROUP BY w.class_id, w.part) w
      {WITH_CLASS}""")  # noqa: S608 - made of constants

_ROSTERS: Final = text(f"""
    SELECT CASE WHEN c.kind <> 'staff_room' THEN c.class_id END AS class_id, c.people, c.accounts
      FROM staff.rosters c WHERE {OF_CHATS}""")  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Group:
    """The people of one part in one class; the staff are of none.

    ``outside`` are those who are not in all their chats of the class, or have none.
    """

    class_id: ClassId | None
    class_name: str | None
    part: Part
    people: AbstractSet[PersonId]
    linked: AbstractSet[PersonId]
    outside: AbstractSet[PersonId]


@dataclass(slots=True)
class _Places:
    """Of the chats of one class who belongs in them, and who of the linked is missing from one."""

    belong: set[PersonId] = field(default_factory=set)
    missing: set[PersonId] = field(default_factory=set)


async def groups(connection: AsyncConnection, extent: Extent) -> list[Group]:
    """The groups of the extent, in no order; nobody of the staff who is to be in no chat."""
    await connection.execute(LOOK, {"school": extent.school_id})
    asked = asked_of(extent)
    rows = (await connection.execute(_GROUPS, asked)).all()
    accounts: dict[PersonId, int | None] = {}
    for row in rows:
        accounts.update(zip(row.people, row.accounts, strict=True))
    places = await _places(connection, asked, accounts)
    return [_group(row, accounts, places.get(row.class_id, _Places())) for row in rows]


async def _places(
    connection: AsyncConnection,
    asked: Mapping[str, object],
    accounts: Mapping[PersonId, int | None],
) -> Mapping[str | None, _Places]:
    places: dict[str | None, _Places] = defaultdict(_Places)
    account_of = accounts.get
    for class_id, people, inside in await connection.execute(_ROSTERS, asked):
        of_class = places[class_id]
        of_class.belong.update(people)
        there = {None, *inside}  # who is not linked is outside anyway
        of_class.missing.update([each for each in people if account_of(each) not in there])
    return places


def _group(row: Row[Any], accounts: Mapping[PersonId, int | None], places: _Places) -> Group:
    part, people = Part(row.part), set[PersonId](row.people)
    if part is Part.STAFF:  # Whoever is to be in no chat is nobody's to bring in.
        people &= places.belong
    linked = {each for each in people if accounts[each] is not None}
    inside = (linked & places.belong) - places.missing
    class_id = None if row.class_id is None else ClassId(row.class_id)
    return Group(class_id, row.class_name, part, people, linked, people - inside)
