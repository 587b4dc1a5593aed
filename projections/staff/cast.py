"""Whom one can sign in as on a machine of one's own: some people of each role.

Asked before anybody is signed in, so outside of the fence: only the development sign-in asks,
which is refused anywhere but on the machine itself.
"""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from projections.staff.names import PersonName

_OF_EACH_ROLE = 5
_FOUND = 30


class Part(Enum):
    """The roles, in the order in which they are offered."""

    ADMINISTRATOR = "administrator"
    CLASS_TEACHER = "class_teacher"
    TEACHER = "teacher"
    STAFF = "staff"
    PARENT = "parent"
    PUPIL = "pupil"


@dataclass(frozen=True, slots=True)
class CastMember:
    """A person in one role; ``of`` is the school or class that it is of."""

    part: Part
    person_id: str
    name: PersonName
    of: str


# By a search each role in whole, else the first few of it.
_CAST = text("""
    WITH role AS (
        SELECT 1 AS place, 'administrator' AS part, e.person_id, coalesce(s.name, e.school_id) AS of
          FROM fact_employments e LEFT JOIN fact_schools s USING (school_id)
         WHERE NOT e.ended AND 'administrator' = ANY(e.roles)
        UNION ALL
        SELECT 2, 'class_teacher', c.class_teacher_id, c.name FROM fact_classes c
         WHERE c.class_teacher_id IS NOT NULL AND c.closed_on IS NULL
        UNION ALL
        SELECT 3, 'teacher', e.person_id, coalesce(s.name, e.school_id)
          FROM fact_employments e LEFT JOIN fact_schools s USING (school_id)
         WHERE NOT e.ended AND 'teacher' = ANY(e.roles)
        UNION ALL
        SELECT 4, 'staff', e.person_id, coalesce(s.name, e.school_id)
          FROM fact_employments e LEFT JOIN fact_schools s USING (school_id)
         WHERE NOT e.ended AND e.roles = ARRAY['staff']
        UNION ALL
        SELECT CASE c.kind WHEN 'parents' THEN 5 ELSE 6 END,
               CASE c.kind WHEN 'parents' THEN 'parent' ELSE 'pupil' END, m.person_id, c.title
          FROM expected_members m JOIN chats c USING (chat_id)
         WHERE c.kind IN ('class', 'parents') AND m.role = 'member' AND NOT c.frozen),
    found AS (
        SELECT DISTINCT ON (r.place, r.person_id) r.*, p.surname, p.given_name,
               coalesce(p.patronymic, '') AS patronymic
          FROM role r JOIN fact_people p USING (person_id)
         WHERE NOT p.removed
           AND starts_with(replace(lower(p.surname), 'ё', 'е'),
                           replace(lower(:surname), 'ё', 'е'))),
    numbered AS (
        SELECT *, row_number() OVER (
               PARTITION BY place ORDER BY surname, given_name, person_id) AS number FROM found)
    SELECT part, person_id, surname, given_name, patronymic, of FROM numbered
     WHERE number <= :limit ORDER BY place, number""")


async def cast(connection: AsyncConnection, surname: str) -> list[CastMember]:
    """A few people of each role, or more of those whose surname begins so."""
    limit = _FOUND if surname else _OF_EACH_ROLE
    rows = await connection.execute(_CAST, {"surname": surname, "limit": limit})
    return [
        CastMember(
            Part(row.part),
            row.person_id,
            PersonName(row.surname, row.given_name, row.patronymic),
            row.of,
        )
        for row in rows
    ]
