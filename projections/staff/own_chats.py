"""The chats of one person and of their children, as the screen «Чаты» shows them (the guide, 2.2).

Guarantees: a chat's link is told of chats in which one, or one's child, belongs, and is in the
representation of nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, PersonId, SchoolId
from projections.staff.names import PersonName, as_name

# Rows of the family and the chats' administrators are what the fence lets through. The chats are
# named too, so that their counts are made of them and not of all chats of a school; a link is
# looked up a chat at a time (projections.staff.chat_search).
_OWN = text("""
    SELECT own.person_id, c.chat_id, c.school_id, s.name AS school, c.kind, c.title, c.expected,
           c.state, l.link, o.state AS obstacle,
           ARRAY(SELECT ARRAY[p.surname, p.given_name, coalesce(p.patronymic, '')]
                   FROM expected_members m JOIN fact_people p USING (person_id)
                  WHERE m.chat_id = c.chat_id AND m.role = 'administrator'
                  ORDER BY p.surname, p.given_name, p.person_id) AS administrators
      FROM expected_members own
      JOIN staff.chats c USING (chat_id)
      LEFT JOIN fact_schools s USING (school_id)
      LEFT JOIN LATERAL (
           SELECT link FROM staff.chat_links l WHERE l.chat_id = c.chat_id OFFSET 0) l ON true
      LEFT JOIN staff.family_obstacles o
             ON o.chat_id = own.chat_id AND o.person_id = own.person_id
     WHERE own.person_id = ANY(:people) AND c.chat_id = ANY(:chats) AND c.state <> 'deleted'""")

_CHILDREN = text("""
    SELECT c.person_id, p.surname, p.given_name, coalesce(p.patronymic, '') AS patronymic,
           coalesce(f.max_user_id IS NOT NULL, false) AS linked
      FROM unnest(CAST(:people AS text[])) AS c (person_id)
      LEFT JOIN fact_people p USING (person_id)
      LEFT JOIN fact_profiles f USING (person_id)""")

_SCHOOLS = text("""
    SELECT school_id FROM fact_employments WHERE person_id = :person AND NOT ended
    UNION SELECT school_id FROM fact_orders WHERE pupil_id = ANY(:family)""")


@dataclass(frozen=True, slots=True)
class OwnChat:
    """One chat; ``members`` counts the people who belong in it.

    ``obstacle`` is why the person is not in it (``dashboard.blocked``), where there is a reason.
    """

    chat_id: str
    school_id: str
    school: str | None
    kind: str
    title: str
    members: int
    state: str
    administrators: tuple[PersonName, ...]
    link: str | None = field(default=None, repr=False)
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A pupil whom the person guards; ``name`` is None where the register has not told it."""

    person_id: PersonId
    name: PersonName | None
    linked: bool


async def own_chats(
    connection: AsyncConnection, people: Collection[PersonId], chats: Collection[ChatId]
) -> dict[PersonId, list[OwnChat]]:
    """Of these chats those of each person, in no order; ``connection`` is behind the fence."""
    found: dict[PersonId, list[OwnChat]] = {person: [] for person in people}
    for row in await connection.execute(_OWN, {"people": list(people), "chats": list(chats)}):
        chat = OwnChat(
            row.chat_id,
            row.school_id,
            row.school,
            row.kind,
            row.title,
            row.expected,
            row.state,
            tuple(PersonName(*name) for name in row.administrators),
            row.link,
            row.obstacle,
        )
        found[PersonId(row.person_id)].append(chat)
    return found


async def children(connection: AsyncConnection, people: Collection[PersonId]) -> list[Child]:
    """These children, in no order."""
    rows = await connection.execute(_CHILDREN, {"people": list(people)})
    return [
        Child(
            PersonId(row.person_id),
            as_name(row.surname, row.given_name, row.patronymic),
            row.linked,
        )
        for row in rows
    ]


async def schools_of(
    connection: AsyncConnection, person_id: PersonId, pupils: Collection[PersonId]
) -> frozenset[SchoolId]:
    """The schools that have to do with the person: as an employee, a pupil, or a parent."""
    values = {"person": person_id, "family": [person_id, *pupils]}
    rows = await connection.execute(_SCHOOLS, values)
    return frozenset(SchoolId(row.school_id) for row in rows)
