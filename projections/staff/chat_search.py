"""How a school's chats are filtered and ordered, as one statement that PostgreSQL is asked.

Guarantees: what a person typed is only ever a parameter; what every chat's members must be
counted for is counted only where the filter or the order needs it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.chat_standings import ChatStanding, StandingGroup, group_of
from domain.chats import ChatKind
from domain.ids import ClassId
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
# A chat at a time, behind an OFFSET that keeps it so. How many chats a school has is not estimated
# where schools differ much in size, and two lists of a thousand that are taken for short are
# compared each with each.
COUNTED: Final = """
    JOIN LATERAL (
         SELECT * FROM staff.chat_numbers n WHERE n.chat_id = c.chat_id OFFSET 0) n ON true"""
JUDGED: Final = """
    JOIN LATERAL (
         SELECT * FROM staff.chat_standings d WHERE d.chat_id = c.chat_id OFFSET 0) d ON true"""
_LED: Final = """
    JOIN LATERAL (
         SELECT ARRAY(
             SELECT m.person_id FROM expected_members m
              WHERE m.chat_id = c.chat_id AND m.role = 'administrator') AS people) a ON true"""
_FOUND: Final = """
    found AS (SELECT * FROM chosen),"""
# A few people lead all chats of a school; the fence asks of each whether who asks may know them.
_FOUND_BY_NAME: Final = """
    names AS MATERIALIZED (
        SELECT p.person_id,
               staff.sort_key(concat_ws(' ', p.surname, p.given_name, p.patronymic)) AS name
          FROM fact_people p
         WHERE p.person_id = ANY(ARRAY(SELECT DISTINCT unnest(key) FROM chosen))),
    first_names AS (
        SELECT c.chat_id, min(n.name) AS key
          FROM chosen c CROSS JOIN LATERAL unnest(c.key) u (person_id)
          JOIN names n USING (person_id) GROUP BY c.chat_id),
    found AS (
        SELECT c.chat_id, n.key, c.title FROM chosen c LEFT JOIN first_names n USING (chat_id)),"""

_KEYS: Final = {
    Column.TITLE: "(c.kind <> 'staff_room')::int",
    Column.KIND: f"array_position(ARRAY[{_KINDS}], c.kind)",
    Column.MEMBERS: "n.people",
    Column.YEAR: "k.school_year",
    Column.CLASS: "k.name_key",
    Column.ADMINISTRATOR: "a.people",
    Column.STATE: f"array_position(ARRAY[{_STANDINGS}], {STANDING})",
}

# Inside out: the people of all chats, each once; of them those of the surname; their chats. Arrays,
# so each is found by an index and nothing is compared with all of another list.
_SURNAME: Final = """
    c.chat_id = ANY(ARRAY(
        SELECT m.chat_id FROM expected_members m WHERE m.person_id = ANY(ARRAY(
            SELECT p.person_id FROM fact_people p
             WHERE starts_with(p.surname_folded, btrim(staff.folded(:surname)))
               AND p.person_id = ANY(ARRAY(
                   SELECT DISTINCT n.person_id FROM expected_members n WHERE n.chat_id = ANY(ARRAY(
                       SELECT chat_id FROM chats WHERE school_id = :school))))))))"""
_WORDS: Final = """
    NOT EXISTS (SELECT FROM string_to_table(staff.folded(:words), ' ') word
                 WHERE strpos(staff.folded(c.title), word) = 0 AND word <> '')"""
_IS_OVER: Final = "(c.deleted AND s.max_chat_id IS NULL AND s.due_at IS NULL)"


def question(wanted: ChatsWanted) -> str:
    """The ids of one page, and how many there are in all; a page past the end is the last."""
    down = "DESC" if wanted.descending else ""
    found = _FOUND_BY_NAME if wanted.column is Column.ADMINISTRATOR else _FOUND
    return f"""
    WITH chosen AS MATERIALIZED (
        SELECT c.chat_id, {_KEYS[wanted.column]} AS key, c.title_key AS title
          FROM chats c
          LEFT JOIN chat_sync s USING (chat_id)
          LEFT JOIN fact_classes k USING (class_id)
          {_joins(wanted)}
         WHERE {_conditions(wanted)}),
    {found}
    counted AS (
        SELECT count(*) AS total,
               least(CAST(:start AS bigint),
                     greatest(0, count(*) - 1) / CAST(:size AS bigint) * CAST(:size AS bigint))
                   AS start
          FROM found)
    SELECT total, start, ARRAY(
           SELECT chat_id FROM found
            ORDER BY key {down} NULLS LAST,
                     title {down}, chat_id
           LIMIT CAST(:size AS bigint) OFFSET (SELECT start FROM counted)) AS chats
      FROM counted"""  # noqa: S608 - made of constants


def _conditions(wanted: ChatsWanted) -> str:
    conditions = [
        "c.school_id = :school",
        f"NOT {_IS_OVER}" if wanted.group is None else f"{STANDING} = ANY(:standings)",
    ]
    if wanted.words:
        conditions.append(_WORDS)
    if wanted.surname:
        conditions.append(_SURNAME)
    if wanted.kind is not None:
        conditions.append("c.kind = :kind")
    if wanted.class_id is not None:
        conditions.append("c.class_id = :class")
    return " AND ".join(conditions)


def _joins(wanted: ChatsWanted) -> str:
    """What the filter and the order look at, and no more."""
    judged = wanted.column is Column.STATE or wanted.group is not None
    joins = [COUNTED] if judged or wanted.column is Column.MEMBERS else []
    joins += [JUDGED] if judged else []
    joins += [_LED] if wanted.column is Column.ADMINISTRATOR else []
    return "".join(joins)
