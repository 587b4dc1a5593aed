"""What chats of a school may be for: its open classes and their subject groups, and what is there.

Guarantees: a class or group that has closed by the school's own day is none; asked behind the
fence a list holds only what who asks may see, asked by the owner it is what is so at that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.founding import Purpose
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId
from projections.staff.names import PersonName, as_name

_OPEN = """coalesce(least({}) > (
               clock_now() AT TIME ZONE coalesce(s.timezone, 'Europe/Moscow'))::date, true)"""

_CLASSES = text(f"""
    SELECT c.class_id, c.name, c.school_year
      FROM fact_classes c LEFT JOIN fact_schools s USING (school_id)
     WHERE c.school_id = :school AND {_OPEN.format("c.closed_on, s.closed_on")}
     ORDER BY c.school_year DESC, c.name_key, c.class_id""")  # noqa: S608 - constants

_GROUPS = text(f"""
    SELECT g.group_id, g.class_id, g.subject, g.name
      FROM fact_subject_groups g
      JOIN fact_classes c ON c.class_id = g.class_id AND c.school_id = g.school_id
      LEFT JOIN fact_schools s ON s.school_id = g.school_id
     WHERE g.school_id = :school
       AND {_OPEN.format("g.closed_on, c.closed_on, s.closed_on")}
     ORDER BY staff.sort_key(coalesce(g.name, g.subject)), g.group_id""")  # noqa: S608 - constants

_TWINS = text("""
    SELECT c.chat_id, c.title, c.made_by, p.surname, p.given_name,
           coalesce(p.patronymic, '') AS patronymic
      FROM chats c LEFT JOIN fact_people p ON p.person_id = c.made_by
     WHERE c.school_id = :school AND c.kind = :kind AND NOT c.deleted AND NOT c.frozen
       AND CASE WHEN CAST(:group AS text) IS NULL
                THEN c.class_id IS NOT DISTINCT FROM CAST(:class AS text)
                ELSE c.group_id = CAST(:group AS text) END
     ORDER BY c.made_by IS NOT NULL, c.chat_id""")

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('found ' || :what, 0))")

_LEARNS = text("""
    SELECT w.person_id, array_agg(g.group_id) AS groups
      FROM staff.people_of_schools w
      JOIN fact_subject_groups g ON g.group_id = ANY(CAST(:learning_in AS text[]))
                                AND g.school_id = w.school_id AND g.class_id = w.class_id
                                AND (g.pupil_ids IS NULL OR w.person_id = ANY(g.pupil_ids))
     WHERE w.school_id = :school AND w.part = 'pupil' AND w.person_id = ANY(:people)
     GROUP BY w.person_id""")

_EMPLOYED = text("""
    SELECT EXISTS (SELECT FROM fact_employments
                    WHERE person_id = :person AND school_id = :school AND NOT ended)""")


@dataclass(frozen=True, slots=True)
class OpenClass:
    """A class of which a chat can be made."""

    class_id: ClassId
    name: str
    school_year: str


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """A subject group of which a chat can be made; ``name`` as the register has it, if it has."""

    group_id: GroupId
    class_id: ClassId
    subject: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Twin:
    """A chat of the same kind for the same class or group; ``by``: who made it by hand."""

    chat_id: ChatId
    title: str
    made_by: PersonId | None
    by: PersonName | None


async def classes(connection: AsyncConnection, school_id: SchoolId) -> list[OpenClass]:
    """The open classes, those of the latest year first."""
    rows = await connection.execute(_CLASSES, {"school": school_id})
    return [OpenClass(ClassId(row.class_id), row.name, row.school_year) for row in rows]


async def groups(connection: AsyncConnection, school_id: SchoolId) -> list[OpenGroup]:
    """The open subject groups."""
    rows = await connection.execute(_GROUPS, {"school": school_id})
    return [
        OpenGroup(GroupId(row.group_id), ClassId(row.class_id), row.subject, row.name)
        for row in rows
    ]


async def twins(connection: AsyncConnection, purpose: Purpose) -> list[Twin]:
    """The chats that there are for the same; the one of the rules first."""
    asked = {
        "school": purpose.school_id,
        "kind": purpose.kind.value,
        "class": purpose.class_id,
        "group": purpose.group_id,
    }
    return [
        Twin(
            ChatId(row.chat_id),
            row.title,
            None if row.made_by is None else PersonId(row.made_by),
            as_name(row.surname, row.given_name, row.patronymic),
        )
        for row in await connection.execute(_TWINS, asked)
    ]


async def lock(connection: AsyncConnection, purpose: Purpose) -> None:
    """Wait until nobody else makes a chat for the same."""
    what = (purpose.kind.value, purpose.school_id, purpose.class_id or "", purpose.group_id or "")
    await connection.execute(_LOCK, {"what": " ".join(what)})


async def learning(
    connection: AsyncConnection,
    school_id: SchoolId,
    group_ids: frozenset[GroupId],
    people: Sequence[PersonId],
) -> dict[PersonId, frozenset[GroupId]]:
    """In which of these groups each of these people learns; ``connection`` is behind the fence."""
    asked = {"school": school_id, "learning_in": sorted(group_ids), "people": list(people)}
    rows = await connection.execute(_LEARNS, asked)
    return {PersonId(row.person_id): frozenset(map(GroupId, row.groups)) for row in rows}


async def is_employed(
    connection: AsyncConnection, person_id: PersonId, school_id: SchoolId
) -> bool:
    """Whether somebody works in the school by an employment of the register."""
    asked = {"person": person_id, "school": school_id}
    return bool((await connection.execute(_EMPLOYED, asked)).scalar_one())
