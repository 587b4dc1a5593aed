"""The numbers of «Сводка школы»: whose groups of people, and who of them is linked, and outside.

Read behind the fence. Guarantees: the same people and the same reasons as in the lists
(``projections.staff.summary``), without making a row of each: a school's page costs its ids, and
nothing of other schools. Each statement is quick by itself: put together, how many rows they have
cannot be estimated.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ClassId, PersonId
from projections.staff.candidate_rows import Part
from projections.staff.summary import CHATS, LOOK, OF_EXTENT, Extent, asked_of

_GROUPS: Final = text(f"""
    SELECT w.class_id, w.part, min(w.class_name) AS class_name,
           array_agg(w.person_id) AS people, array_agg(w.max_user_id) AS accounts
      {OF_EXTENT} GROUP BY w.class_id, w.part""")

# A chat at a time, as in ``projections.staff.chat_search``.
_ROSTERS: Final = text(f"""
    SELECT c.class_id, r.people, r.accounts
      FROM ({CHATS}) c
      JOIN LATERAL (
           SELECT * FROM staff.rosters r WHERE r.chat_id = c.chat_id OFFSET 0) r ON true""")  # noqa: S608 - made of constants


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
    """Of the chats of one class who belongs in them, and who of those is missing from one."""

    belong: set[PersonId] = field(default_factory=set)
    missing: set[PersonId] = field(default_factory=set)


async def groups(connection: AsyncConnection, extent: Extent) -> list[Group]:
    """The groups of the extent, in no order; nobody of the staff who is to be in no chat."""
    await connection.execute(LOOK, {"school": extent.school_id})
    asked = asked_of(extent)
    rows = (await connection.execute(_GROUPS, asked)).all()
    accounts: dict[PersonId, int | None] = {
        PersonId(person): account
        for row in rows
        for person, account in zip(row.people, row.accounts, strict=True)
    }
    places = await _places(connection, asked, accounts)
    return [
        _group(
            None if row.class_id is None else ClassId(row.class_id),
            row.class_name,
            Part(row.part),
            {PersonId(each) for each in row.people},
            accounts,
            places.get(row.class_id, _Places()),
        )
        for row in rows
    ]


async def _places(
    connection: AsyncConnection,
    asked: Mapping[str, object],
    accounts: Mapping[PersonId, int | None],
) -> dict[str | None, _Places]:
    places: dict[str | None, _Places] = {}
    for row in await connection.execute(_ROSTERS, asked):
        of_class = places.setdefault(row.class_id, _Places())
        of_class.belong.update(row.people)
        there = frozenset(row.accounts)
        of_class.missing.update([each for each in row.people if accounts.get(each) not in there])
    return places


def _group(
    class_id: ClassId | None,
    class_name: str | None,
    part: Part,
    everybody: set[PersonId],
    accounts: Mapping[PersonId, int | None],
    places: _Places,
) -> Group:
    # Whoever of the staff is to be in no chat is nobody's to bring in.
    people = everybody & places.belong if part is Part.STAFF else everybody
    linked = {each for each in people if accounts[each] is not None}
    inside = (linked & places.belong) - places.missing
    return Group(class_id, class_name, part, people, linked, people - inside)
