"""The chats of one school, filtered, ordered and cut into pages by PostgreSQL (the guide, 3).

Asked behind the fence: a surname finds only chats whose members who asks may see. A page costs
three small statements (``projections.staff.chat_search`` makes the first).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chat_standings import ChatStanding, standings_of
from domain.guard import GuardScope
from domain.ids import ClassId, SchoolId
from domain.things import TheChat
from projections.staff.chat_search import COUNTED, JUDGED, ChatsWanted, question
from projections.staff.names import PersonName
from projections.staff.standings import STANDING
from projections.staff.things import as_chat


@dataclass(frozen=True, slots=True)
class SchoolClassName:
    """A class of which there are chats; ``latest`` says that it is of the latest school year."""

    class_id: ClassId
    name: str
    school_year: str
    latest: bool


@dataclass(frozen=True, slots=True)
class SchoolChat:
    """One row. ``members``: who belong in it; of them ``outside`` are linked and not inside.

    ``administrators`` counts those without a name for who asks too; ``names`` leaves them out.
    ``held`` are the limits that what is undecided in it would pass, ``takings`` how many it is of.
    """

    chat: TheChat
    title: str
    class_name: str | None
    school_year: str | None
    members: int
    outside: int
    administrators: int
    names: tuple[PersonName, ...]
    standing: ChatStanding
    held: tuple[GuardScope, ...]
    takings: int
    link: str | None


@dataclass(frozen=True, slots=True)
class ChatsFound:
    """A part of those found, ``start`` rows from the first, of ``total``."""

    rows: tuple[SchoolChat, ...]
    start: int
    total: int


_PAGE: Final = f"""
    SELECT c.chat_id, c.school_id, c.kind, c.class_id, c.group_id, c.made_by, c.title,
           k.name AS class_name, k.school_year, n.people, n.outside, d.undecided, d.takings,
           {STANDING} AS standing, l.link,
           (SELECT count(*) FROM expected_members m
             WHERE m.chat_id = c.chat_id AND m.role = 'administrator') AS administrators,
           ARRAY(SELECT ARRAY[p.surname, p.given_name, coalesce(p.patronymic, '')]
                   FROM expected_members m JOIN fact_people p USING (person_id)
                  WHERE m.chat_id = c.chat_id AND m.role = 'administrator'
                  ORDER BY staff.sort_key(p.surname), staff.sort_key(p.given_name), p.person_id)
               AS names
      FROM unnest(CAST(:chats AS text[])) WITH ORDINALITY AS page (chat_id, place)
      JOIN chats c USING (chat_id)
      {JUDGED}
      {COUNTED}
      LEFT JOIN fact_classes k ON k.class_id = c.class_id
      LEFT JOIN LATERAL (
           SELECT link FROM staff.chat_links l WHERE l.chat_id = c.chat_id OFFSET 0) l ON true
     ORDER BY page.place"""  # noqa: S608 - made of constants

_CLASSES: Final = text("""
    SELECT k.class_id, k.name, k.school_year,
           k.school_year = max(k.school_year) OVER () AS latest
      FROM fact_classes k
     WHERE k.class_id IN (SELECT class_id FROM chats WHERE school_id = :school)
     ORDER BY k.school_year DESC, k.name_key, k.class_id""")


async def find(
    connection: AsyncConnection, school_id: SchoolId, wanted: ChatsWanted, start: int, size: int
) -> ChatsFound:
    """``size`` chats from ``start`` on; ``connection`` is behind the fence."""
    asked = {
        "school": school_id,
        "words": wanted.words,
        "surname": wanted.surname,
        "kind": wanted.kind and wanted.kind.value,
        "class": wanted.class_id,
        "standings": [each.value for each in standings_of(wanted.group)] if wanted.group else [],
        "start": start,
        "size": size,
    }
    statement = text(question(wanted))
    given = {name: asked[name] for name in statement.compile().params}
    row = (await connection.execute(statement, given)).one()
    rows = await by_ids(connection, row.chats) if row.chats else ()
    return ChatsFound(rows, row.start, row.total)


async def by_ids(connection: AsyncConnection, chats: Sequence[str]) -> tuple[SchoolChat, ...]:
    """These chats in this order, without those that are not for who asks."""
    found = await connection.execute(text(_PAGE), {"chats": list(chats)})
    return tuple(
        SchoolChat(
            chat=as_chat(row),
            title=row.title,
            class_name=row.class_name,
            school_year=row.school_year,
            members=row.people,
            outside=row.outside,
            administrators=row.administrators,
            names=tuple(PersonName(*name) for name in row.names),
            standing=ChatStanding(row.standing),
            held=tuple(GuardScope(scope) for scope in row.undecided),
            takings=row.takings,
            link=row.link,
        )
        for row in found
    )


async def classes(connection: AsyncConnection, school_id: SchoolId) -> list[SchoolClassName]:
    """The classes of which the school has chats, those of the latest year first."""
    rows = await connection.execute(_CLASSES, {"school": school_id})
    return [SchoolClassName(*row) for row in rows]
