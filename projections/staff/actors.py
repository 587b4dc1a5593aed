"""Who somebody is at this moment, by the facts: asked anew at each request.

So a change of role acts at the next request. Guarantees: an employment that has ended takes
the class-teacher and subject-teacher roles of its school away too, a class leads nobody once it
is closed, and who is removed from the register has no role at all.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actors import Actor, OperatorRole
from domain.ids import ChatId, ClassId, GroupId, PersonId, SchoolId

_ACTOR = text("""
    WITH employment AS (
        SELECT school_id, roles, ended FROM fact_employments WHERE person_id = :person),
    led AS (
        SELECT c.class_id, c.school_id FROM fact_classes c
          LEFT JOIN fact_schools s USING (school_id)
         WHERE c.class_teacher_id = :person
           AND coalesce(least(c.closed_on, s.closed_on) > (
               clock_now() AT TIME ZONE coalesce(s.timezone, 'Europe/Moscow'))::date, true)),
    taught AS (
        SELECT g.group_id, g.school_id FROM fact_subject_groups g
          JOIN fact_classes c USING (class_id, school_id)
          LEFT JOIN fact_schools s USING (school_id)
         WHERE g.teacher_ids @> ARRAY[CAST(:person AS text)]
           AND coalesce(least(g.closed_on, c.closed_on, s.closed_on) > (
               clock_now() AT TIME ZONE coalesce(s.timezone, 'Europe/Moscow'))::date, true)),
    child AS (
        SELECT g.pupil_id FROM fact_guardianships g
          LEFT JOIN fact_people p ON p.person_id = g.pupil_id
         WHERE g.guardian_id = :person AND NOT g.ended AND NOT coalesce(p.removed, false)),
    place AS (
        SELECT m.chat_id, c.school_id, m.role FROM expected_members m JOIN chats c USING (chat_id)
         WHERE m.person_id = :person AND NOT c.deleted)
    SELECT ARRAY(SELECT school_id FROM employment
                  WHERE NOT ended AND 'administrator' = ANY(roles)) AS administers,
           ARRAY(SELECT school_id FROM employment WHERE NOT ended) AS employed,
           ARRAY(SELECT school_id FROM employment WHERE ended) AS left_schools,
           ARRAY(SELECT ARRAY[class_id, school_id] FROM led) AS leads,
           ARRAY(SELECT ARRAY[group_id, school_id] FROM taught) AS teaches,
           ARRAY(SELECT chat_id FROM place) AS chats,
           ARRAY(SELECT ARRAY[chat_id, school_id] FROM place
                  WHERE role = 'administrator') AS runs,
           ARRAY(SELECT pupil_id FROM child) AS children,
           ARRAY(SELECT DISTINCT m.chat_id FROM child
                   JOIN expected_members m ON m.person_id = child.pupil_id
                   JOIN chats c USING (chat_id)
                  WHERE NOT c.deleted) AS children_chats
     WHERE NOT EXISTS (SELECT FROM fact_people WHERE person_id = :person AND removed)""")


async def actor(
    connection: AsyncConnection, person_id: PersonId, operator: OperatorRole | None = None
) -> Actor | None:
    """The person with all their roles; None where the register has removed them."""
    row = (await connection.execute(_ACTOR, {"person": person_id})).one_or_none()
    if row is None:
        return None
    left = frozenset(map(SchoolId, row.left_schools))
    leads = {ClassId(each): SchoolId(at) for each, at in row.leads if at not in left}
    teaches = {GroupId(each): SchoolId(at) for each, at in row.teaches if at not in left}
    employed = frozenset(map(SchoolId, row.employed))
    return Actor(
        person_id=person_id,
        operator=operator,
        administers=frozenset(map(SchoolId, row.administers)),
        works_in=employed | frozenset(leads.values()) | frozenset(teaches.values()),
        leads=leads,
        teaches=teaches,
        chats=frozenset(map(ChatId, row.chats)),
        runs={ChatId(each): SchoolId(at) for each, at in row.runs},
        children=frozenset(map(PersonId, row.children)),
        children_chats=frozenset(map(ChatId, row.children_chats)),
    )
