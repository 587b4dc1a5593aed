"""Names of people, of schools and of chats, read behind the fence alone."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, SchoolId


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name in its parts; the patronymic may be empty."""

    surname: str
    given_name: str
    patronymic: str = ""


def as_name(
    surname: str | None, given_name: str | None, patronymic: str | None
) -> PersonName | None:
    """The columns of a row as a name; None where the row has none."""
    return None if surname is None else PersonName(surname, given_name or "", patronymic or "")


async def names_of(connection: AsyncConnection, people: Collection[str]) -> dict[str, PersonName]:
    """The names of these people, as far as they are known, and who asks may know them."""
    rows = await connection.execute(
        text("""SELECT person_id, surname, given_name, coalesce(patronymic, '') FROM fact_people
                 WHERE person_id = ANY(:people)"""),
        {"people": list(people)},
    )
    return {row[0]: PersonName(*row[1:]) for row in rows}


async def names_of_schools(
    connection: AsyncConnection, school_ids: list[SchoolId]
) -> dict[SchoolId, str]:
    """The names of these schools, as far as they are known."""
    rows = await connection.execute(
        text("SELECT school_id, name FROM fact_schools WHERE school_id = ANY(:schools)"),
        {"schools": school_ids},
    )
    return {SchoolId(row.school_id): row.name for row in rows}


async def titles_of(connection: AsyncConnection, chat_ids: list[ChatId]) -> dict[ChatId, str]:
    """The titles of those of these chats that are there, and for who asks."""
    rows = await connection.execute(
        text("SELECT chat_id, title FROM chats WHERE chat_id = ANY(:chats)"), {"chats": chat_ids}
    )
    return {ChatId(row.chat_id): row.title for row in rows}


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
