"""The chats of one school, filtered, ordered and cut into pages by PostgreSQL (the guide, 3).

Asked behind the fence: a surname finds only chats whose members who asks may see. A page costs
three small statements; what every chat's members must be counted for is counted only where the
filter or the order needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chat_standings import ChatStanding, StandingGroup, group_of, standings_of
from domain.chats import ChatKind
from domain.guard import GuardScope
from domain.ids import ChatId, ClassId, GroupId, SchoolId
from domain.things import TheChat
from projections.staff.names import PersonName
from projections.staff.standings import STANDING


class Column(Enum):
    """By what a list of chats may be ordered; the value is the word in addresses."""

    TITLE = "title"
    KIND = "kind"
    MEMBERS = "members"
    YEAR = "year"
    CLASS = "class"
    ADMINISTRATOR = "administrator"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class ChatsWanted:
    """Which chats, in which order. Empty: any. Of deleted chats only who asks for them hears."""

    words: str = ""
    surname: str = ""
    kind: ChatKind | None = None
    class_id: ClassId | None = None
    group: StandingGroup | None = None
    column: Column = Column.TITLE
    descending: bool = False


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
    ``held`` are the limits that what is undecided in it would pass.
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
    link: str | None


@dataclass(frozen=True, slots=True)
class ChatsFound:
    """A part of those found, ``start`` rows from the first, of ``total``."""

    rows: tuple[SchoolChat, ...]
    start: int
    total: int


_KINDS: Final = ", ".join(f"'{kind.value}'" for kind in ChatKind)
# Whoever must act on something first.
_URGENCY: Final = (
    StandingGroup.HELD, StandingGroup.HELP, StandingGroup.OUTSIDE, StandingGroup.WAITS,
    StandingGroup.DELETING, StandingGroup.NOT_CREATED, StandingGroup.REJECTED,
    StandingGroup.GOOD, StandingGroup.CLOSED, StandingGroup.DELETED,
)  # fmt: skip
_STANDINGS: Final = ", ".join(
    f"'{each.value}'"
    for each in sorted(ChatStanding, key=lambda each: _URGENCY.index(group_of(each)))
)
# The school is named in each view, so that it is looked up there and not among all schools.
_COUNTED: Final = """
    JOIN staff.school_numbers n ON n.chat_id = c.chat_id AND n.school_id = :school"""
_JUDGED: Final = """
    JOIN staff.chat_standings d ON d.chat_id = c.chat_id AND d.school_id = :school"""
_NAMED: Final = """
    LEFT JOIN LATERAL (
         SELECT min(staff.sort_key(concat_ws(' ', p.surname, p.given_name, p.patronymic))) AS first
           FROM expected_members m JOIN fact_people p USING (person_id)
          WHERE m.chat_id = c.chat_id AND m.role = 'administrator') a ON true"""

_KEYS: Final = {
    Column.TITLE: "(c.kind <> 'staff_room')::int",
    Column.KIND: f"array_position(ARRAY[{_KINDS}], c.kind)",
    Column.MEMBERS: "n.people",
    Column.YEAR: "k.school_year",
    Column.CLASS: "staff.sort_key(k.name)",
    Column.ADMINISTRATOR: "a.first",
    Column.STATE: f"array_position(ARRAY[{_STANDINGS}], {STANDING})",
}

_SURNAME: Final = """
    c.chat_id IN (
        SELECT m.chat_id FROM expected_members m JOIN fact_people p USING (person_id)
         WHERE m.chat_id IN (SELECT chat_id FROM chats WHERE school_id = :school)
           AND starts_with(staff.folded(p.surname), btrim(staff.folded(:surname))))"""
_WORDS: Final = """
    NOT EXISTS (SELECT FROM string_to_table(staff.folded(:words), ' ') word
                 WHERE strpos(staff.folded(c.title), word) = 0 AND word <> '')"""
_IS_OVER: Final = "(c.deleted AND s.max_chat_id IS NULL AND s.due_at IS NULL)"

_PAGE: Final = f"""
    SELECT c.chat_id, c.school_id, c.kind, c.class_id, c.group_id, c.title, k.name AS class_name,
           k.school_year, n.people, n.outside, d.undecided, {STANDING} AS standing, l.link,
           (SELECT count(*) FROM expected_members m
             WHERE m.chat_id = c.chat_id AND m.role = 'administrator') AS administrators,
           ARRAY(SELECT ARRAY[p.surname, p.given_name, coalesce(p.patronymic, '')]
                   FROM expected_members m JOIN fact_people p USING (person_id)
                  WHERE m.chat_id = c.chat_id AND m.role = 'administrator'
                  ORDER BY staff.sort_key(p.surname), staff.sort_key(p.given_name), p.person_id)
               AS names
      FROM unnest(CAST(:chats AS text[])) WITH ORDINALITY AS page (chat_id, place)
      JOIN chats c USING (chat_id)
      JOIN staff.chat_standings d ON d.chat_id = c.chat_id AND d.chat_id = ANY(:chats)
      JOIN staff.chat_numbers n ON n.chat_id = c.chat_id AND n.chat_id = ANY(:chats)
      LEFT JOIN fact_classes k ON k.class_id = c.class_id
      LEFT JOIN staff.chat_links l ON l.chat_id = c.chat_id AND l.chat_id = ANY(:chats)
     ORDER BY page.place"""  # noqa: S608 - made of constants

_CLASSES: Final = text("""
    SELECT k.class_id, k.name, k.school_year,
           k.school_year = max(k.school_year) OVER () AS latest
      FROM fact_classes k
     WHERE k.class_id IN (SELECT class_id FROM chats WHERE school_id = :school)
     ORDER BY k.school_year DESC, staff.sort_key(k.name), k.class_id""")


def _question(wanted: ChatsWanted) -> str:
    """The ids of one page, and how many there are in all; a page past the end is the last."""
    conditions = ["c.school_id = :school"]
    judged = wanted.column is Column.STATE or wanted.group is not None
    joins = [_COUNTED] if judged or wanted.column is Column.MEMBERS else []
    joins += [_JUDGED] if judged else []
    joins += [_NAMED] if wanted.column is Column.ADMINISTRATOR else []
    if wanted.group is None:
        conditions.append(f"NOT {_IS_OVER}")
    else:
        conditions.append(f"{STANDING} = ANY(:standings)")
    if wanted.words:
        conditions.append(_WORDS)
    if wanted.surname:
        conditions.append(_SURNAME)
    if wanted.kind is not None:
        conditions.append("c.kind = :kind")
    if wanted.class_id is not None:
        conditions.append("c.class_id = :class")
    return f"""
    WITH found AS MATERIALIZED (
        SELECT c.chat_id, {_KEYS[wanted.column]} AS key, staff.sort_key(c.title) AS title
          FROM chats c
          LEFT JOIN chat_sync s USING (chat_id)
          LEFT JOIN fact_classes k USING (class_id)
          {"".join(joins)}
         WHERE {" AND ".join(conditions)}),
    counted AS (
        SELECT count(*) AS total,
               least(CAST(:start AS bigint),
                     greatest(0, count(*) - 1) / CAST(:size AS bigint) * CAST(:size AS bigint))
                   AS start
          FROM found)
    SELECT total, start, ARRAY(
           SELECT chat_id FROM found
            ORDER BY key {"DESC" if wanted.descending else ""} NULLS LAST,
                     title {"DESC" if wanted.descending else ""}, chat_id
           LIMIT CAST(:size AS bigint) OFFSET (SELECT start FROM counted)) AS chats
      FROM counted"""  # noqa: S608 - made of constants


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
    statement = text(_question(wanted))
    given = {name: asked[name] for name in statement.compile().params}
    row = (await connection.execute(statement, given)).one()
    rows = await by_ids(connection, row.chats) if row.chats else ()
    return ChatsFound(rows, row.start, row.total)


async def by_ids(connection: AsyncConnection, chats: Sequence[str]) -> tuple[SchoolChat, ...]:
    """These chats in this order, without those that are not for who asks."""
    found = await connection.execute(text(_PAGE), {"chats": list(chats)})
    return tuple(
        SchoolChat(
            chat=TheChat(
                ChatId(row.chat_id),
                SchoolId(row.school_id),
                ChatKind(row.kind),
                None if row.class_id is None else ClassId(row.class_id),
                None if row.group_id is None else GroupId(row.group_id),
            ),
            title=row.title,
            class_name=row.class_name,
            school_year=row.school_year,
            members=row.people,
            outside=row.outside,
            administrators=row.administrators,
            names=tuple(PersonName(*name) for name in row.names),
            standing=ChatStanding(row.standing),
            held=tuple(GuardScope(scope) for scope in row.undecided),
            link=row.link,
        )
        for row in found
    )


async def classes(connection: AsyncConnection, school_id: SchoolId) -> list[SchoolClassName]:
    """The classes of which the school has chats, those of the latest year first."""
    rows = await connection.execute(_CLASSES, {"school": school_id})
    return [SchoolClassName(*row) for row in rows]
