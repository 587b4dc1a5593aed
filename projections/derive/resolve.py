"""From marks to chats: which chats a changed entity can matter to.

Guarantees: the statement's snapshot begins after the claim has committed, so it sees every
fact that was committed with these marks. The answer may name too many chats (they are
derived and found unchanged), never too few.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.chats import class_chat_id, parents_chat_id, staff_room_id, subject_chat_id
from domain.ids import ChatId, ClassId, GroupId, SchoolId
from domain.lanes import Lane
from projections.database import Driver, Record
from projections.queue.marks import Cause, Mark, by_chat


@dataclass(frozen=True, slots=True)
class Targets:
    """Chats by what has to be done for them.

    ``derive``: to be derived anew; they may not exist yet. ``due``: only the messenger must be
    looked at, for an account behind an expected person changed, or the fact is about somebody
    who is in the chat without being expected there.
    """

    derive: dict[ChatId, Cause]
    due: dict[ChatId, Cause]


# ``present``: a fact about somebody reaches every chat that they are in, expected or not.
# An order's pupil and class; a person's own placements and those of the pupils they guard;
# whoever was added by hand belongs to the school by an employment, a placement or a pupil.
# Chats that were made by hand, and those of which something was decided, are found by what was
# decided and not by their rows, which another worker may be just about to write.
RESOLVE = """
WITH mark AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS text[]), CAST(:scopes AS text[]),
                         CAST(:lanes AS smallint[]), CAST(:times AS timestamptz[]),
                         CAST(:marked AS timestamptz[]))
                  AS m (kind, id, scope, lane, cause_at, marked_at)),
ordered AS (
    SELECT o.pupil_id, o.class_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_orders o ON o.order_id = m.id WHERE m.kind = 'order'),
pupil AS (
    SELECT id, lane, cause_at, marked_at FROM mark WHERE kind IN ('pupil', 'person')
    UNION ALL SELECT pupil_id, lane, cause_at, marked_at FROM ordered
    UNION ALL SELECT g.pupil_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_guardianships g ON g.guardian_id = m.id WHERE m.kind = 'person'),
class AS (
    SELECT id, lane, cause_at, marked_at FROM mark WHERE kind = 'class'
    UNION ALL SELECT class_id, lane, cause_at, marked_at FROM ordered
    UNION ALL SELECT o.class_id, p.lane, p.cause_at, p.marked_at
      FROM pupil p JOIN fact_orders o ON o.pupil_id = p.id
    UNION ALL SELECT c.class_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_classes c ON c.school_id = m.id WHERE m.kind = 'school'),
taught_class AS (
    SELECT c.class_id AS id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_classes c ON c.class_teacher_id = m.id
     WHERE m.kind = 'person' OR m.kind = 'employment' AND c.school_id = m.scope),
subject_group AS (
    SELECT id, lane, cause_at, marked_at FROM mark WHERE kind = 'group'
    UNION ALL SELECT g.group_id, c.lane, c.cause_at, c.marked_at
      FROM class c JOIN fact_subject_groups g ON g.class_id = c.id
    UNION ALL SELECT g.group_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_subject_groups g ON g.school_id = m.id WHERE m.kind = 'school'
    UNION ALL SELECT g.group_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_subject_groups g ON g.teacher_ids @> ARRAY[m.id]
     WHERE m.kind = 'person' OR m.kind = 'employment' AND g.school_id = m.scope),
school AS (
    SELECT id, lane, cause_at, marked_at FROM mark WHERE kind = 'school'
    UNION ALL SELECT scope, lane, cause_at, marked_at FROM mark WHERE kind = 'employment'
    UNION ALL SELECT e.school_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_employments e ON e.person_id = m.id WHERE m.kind = 'person'),
chat AS (
    SELECT id, lane, cause_at, marked_at FROM mark WHERE kind = 'chat'
    UNION ALL SELECT c.chat_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN chats c ON c.school_id = m.id WHERE m.kind = 'school'
    UNION ALL SELECT f.chat_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN founded_chats f ON f.school_id = m.id WHERE m.kind = 'school'
    UNION ALL SELECT f.chat_id, s.lane, s.cause_at, s.marked_at
      FROM school s JOIN founded_chats f ON f.school_id = s.id WHERE f.kind = 'staff_room'
    UNION ALL SELECT f.chat_id, c.lane, c.cause_at, c.marked_at
      FROM class c JOIN founded_chats f ON f.class_id = c.id
    UNION ALL SELECT f.chat_id, c.lane, c.cause_at, c.marked_at
      FROM taught_class c JOIN founded_chats f ON f.class_id = c.id
    UNION ALL SELECT f.chat_id, g.lane, g.cause_at, g.marked_at
      FROM subject_group g JOIN founded_chats f ON f.group_id = g.id
    UNION ALL SELECT e.chat_id, p.lane, p.cause_at, p.marked_at
      FROM pupil p JOIN expected_members e ON e.person_id = p.id
    UNION ALL SELECT d.chat_id, p.lane, p.cause_at, p.marked_at
      FROM pupil p JOIN decisions d ON d.person_id = p.id
    UNION ALL SELECT d.chat_id, p.lane, p.cause_at, p.marked_at
      FROM pupil p JOIN fact_guardianships g ON g.pupil_id = p.id
      JOIN decisions d ON d.person_id = g.guardian_id
    UNION ALL SELECT d.chat_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN decisions d ON d.person_id = m.id WHERE m.kind = 'employment'),
bystander AS (
    SELECT id AS person_id, lane, cause_at, marked_at FROM pupil
    UNION ALL SELECT id, lane, cause_at, marked_at FROM mark WHERE kind = 'employment'),
present AS (
    SELECT o.chat_id AS id, b.lane, b.cause_at, b.marked_at
      FROM bystander b JOIN fact_profiles f USING (person_id)
      JOIN observed_members o ON o.max_user_id = f.max_user_id
     WHERE NOT EXISTS (SELECT FROM expected_members e
                        WHERE e.chat_id = o.chat_id AND e.person_id = b.person_id))
SELECT what, id, min(lane) AS lane, max(cause_at) AS cause_at,
       min(marked_at) AS marked_at
  FROM (SELECT 'class' AS what, * FROM class
        UNION ALL SELECT 'class', * FROM taught_class
        UNION ALL SELECT 'group', * FROM subject_group
        UNION ALL SELECT 'school', * FROM school
        UNION ALL SELECT 'chat', * FROM chat
        UNION ALL SELECT 'present', * FROM present) AS found
 GROUP BY what, id"""

# A changed account shows where the person is expected, and where the account they have or
# had is a member (a stranger there, or one whose observation is ahead of us).
RESOLVE_PROFILES = """
WITH mark AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:lanes AS smallint[]),
                         CAST(:times AS timestamptz[]), CAST(:marked AS timestamptz[]))
                  AS m (id, lane, cause_at, marked_at)),
account AS (
    SELECT p.max_user_id, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_profiles p ON p.person_id = m.id WHERE p.max_user_id IS NOT NULL
    UNION ALL SELECT (h.body ->> 'max_user_id')::bigint, m.lane, m.cause_at, m.marked_at
      FROM mark m JOIN fact_history h ON h.kind = 'profiles' AND h.key = m.id
     WHERE h.body ->> 'max_user_id' IS NOT NULL)
SELECT id, min(lane) AS lane, max(cause_at) AS cause_at,
       min(marked_at) AS marked_at
  FROM (SELECT e.chat_id AS id, m.lane, m.cause_at, m.marked_at
          FROM mark m JOIN expected_members e ON e.person_id = m.id
        UNION ALL SELECT o.chat_id, a.lane, a.cause_at, a.marked_at
          FROM account a JOIN observed_members o ON o.max_user_id = a.max_user_id) AS found
 GROUP BY id"""


async def resolve(driver: Driver, marks: Sequence[Mark]) -> Targets:
    """The chats that these marks can matter to."""
    await plan_by_index(driver)
    profiles = [mark for mark in marks if mark.kind.value == "profile"]
    others = [mark for mark in marks if mark.kind.value != "profile"]
    targets = await _derived(driver, others) if others else Targets({}, {})
    due = await _due(driver, profiles) if profiles else {}
    return Targets(targets.derive, by_chat([*targets.due.items(), *due.items()]))


async def plan_by_index(driver: Driver) -> None:
    """For this transaction: look rows up, never scan tables, never compile.

    Every statement here asks for a few rows of large tables. Right after a first load the
    planner has no statistics and would read those tables whole, for one mark.
    """
    await driver.execute("""
        SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
               set_config('enable_hashjoin', 'off', true),
               set_config('enable_mergejoin', 'off', true)""")


async def _derived(driver: Driver, marks: Sequence[Mark]) -> Targets:
    rows = await driver.fetch(
        RESOLVE,
        kinds=[mark.kind.value for mark in marks],
        ids=[mark.id for mark in marks],
        scopes=[mark.scope for mark in marks],
        lanes=[int(mark.cause.lane) for mark in marks],
        times=[mark.cause.at for mark in marks],
        marked=[mark.cause.marked_at for mark in marks],
    )
    present = {ChatId(row["id"]): _cause(row) for row in rows if row["what"] == "present"}
    derive = by_chat(
        (chat_id, _cause(row))
        for row in rows
        if row["what"] != "present"
        for chat_id in chats_about(row["what"], row["id"])
    )
    return Targets(derive, present)


async def _due(driver: Driver, marks: Sequence[Mark]) -> dict[ChatId, Cause]:
    rows = await driver.fetch(
        RESOLVE_PROFILES,
        ids=[mark.id for mark in marks],
        lanes=[int(mark.cause.lane) for mark in marks],
        times=[mark.cause.at for mark in marks],
        marked=[mark.cause.marked_at for mark in marks],
    )
    return {ChatId(row["id"]): _cause(row) for row in rows}


def _cause(row: Record) -> Cause:
    return Cause(Lane(row["lane"]), row["cause_at"], row["marked_at"])


def chats_about(what: str, entity: str) -> tuple[ChatId, ...]:
    """The ids of the chats of a class, a group or a school, or of the chat itself."""
    match what:
        case "class":
            return class_chat_id(ClassId(entity)), parents_chat_id(ClassId(entity))
        case "group":
            return (subject_chat_id(GroupId(entity)),)
        case "school":
            return (staff_room_id(SchoolId(entity)),)
        case _:
            return (ChatId(entity),)
