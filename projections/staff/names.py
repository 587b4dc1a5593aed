"""Names of people and of schools, read behind the fence alone."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import PersonId, SchoolId


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in its parts; the patronymic may be empty."""

    surname: str
    given_name: str
    patronymic: str = ""


async def name_of(connection: AsyncConnection, person_id: PersonId) -> PersonName | None:
    """The person's name; None where it is not known, or not for who asks."""
    found = await connection.execute(
        text("""SELECT surname, given_name, coalesce(patronymic, '') FROM fact_people
                 WHERE person_id = :person"""),
        {"person": person_id},
    )
    row = found.one_or_none()
    return None if row is None else PersonName(*row)


async def names_of_schools(
    connection: AsyncConnection, school_ids: list[SchoolId]
) -> dict[SchoolId, str]:
    """The names of these schools, as far as they are known."""
    rows = await connection.execute(
        text("SELECT school_id, name FROM fact_schools WHERE school_id = ANY(:schools)"),
        {"schools": school_ids},
    )
    return {SchoolId(row.school_id): row.name for row in rows}


@dataclass(frozen=True, slots=True)
class SchoolCommunity:
    """A school's name, and the id of its community in MAX where the register knows one."""

    school_id: SchoolId
    name: str
    community_id: str | None


async def community_of(connection: AsyncConnection, school_id: SchoolId) -> SchoolCommunity | None:
    """The school; None where it is not known, or not for who asks."""
    found = await connection.execute(
        text("SELECT name, community_id FROM fact_schools WHERE school_id = :school"),
        {"school": school_id},
    )
    row = found.one_or_none()
    return None if row is None else SchoolCommunity(school_id, row.name, row.community_id)
