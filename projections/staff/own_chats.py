"""The chats of one person, as the screen «Чаты» shows them (the guide, 2.2)."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import PersonId
from projections.staff.names import PersonName

# The person's own rows and the chats' administrators are what the fence lets through.
_OWN = text("""
    SELECT c.chat_id, c.school_id, s.name AS school, c.kind, c.title, c.expected,
           c.state,
           ARRAY(SELECT ARRAY[p.surname, p.given_name, coalesce(p.patronymic, '')]
                   FROM expected_members m JOIN fact_people p USING (person_id)
                  WHERE m.chat_id = c.chat_id AND m.role = 'administrator'
                  ORDER BY p.surname, p.given_name, p.person_id) AS administrators
      FROM expected_members own
      JOIN staff.chats c USING (chat_id)
      LEFT JOIN fact_schools s USING (school_id)
     WHERE own.person_id = :person AND c.state <> 'deleted'""")

_LINKED = text("""
    SELECT EXISTS (SELECT FROM fact_profiles
                    WHERE person_id = :person AND max_user_id IS NOT NULL)""")


@dataclass(frozen=True, slots=True)
class OwnChat:
    """One chat; ``members`` counts the people who belong in it."""

    chat_id: str
    school_id: str
    school: str | None
    kind: str
    title: str
    members: int
    state: str
    administrators: tuple[PersonName, ...]


async def own_chats(connection: AsyncConnection, person_id: PersonId) -> list[OwnChat]:
    """The person's chats, in no order; ``connection`` is behind the fence."""
    rows = await connection.execute(_OWN, {"person": person_id})
    return [
        OwnChat(
            row.chat_id,
            row.school_id,
            row.school,
            row.kind,
            row.title,
            row.expected,
            row.state,
            tuple(PersonName(*name) for name in row.administrators),
        )
        for row in rows
    ]


async def is_linked(connection: AsyncConnection, person_id: PersonId) -> bool:
    """Whether the person's study profile is linked."""
    return bool((await connection.execute(_LINKED, {"person": person_id})).scalar_one())
