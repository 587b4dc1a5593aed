"""What happened to a chat, the latest first: decisions, the register, held removals, and calls.

Read behind the fence. One act of a person, one call, and what the register changed at one moment
are one row each, however many people they are about.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from projections.staff.names import PersonName, as_name


class Sort(Enum):
    """Where a row comes from."""

    DECISION = "decision"
    REGISTER = "register"
    PLAN = "plan"
    CALL = "call"


# ``what`` is of an act its name, of a single decision what was decided; of a call its action.
_EVENTS = """
    WITH event AS (
        SELECT max(d.at) AS at, 'decision' AS sort,
               CASE WHEN strpos(max(d.decision_id), ':') > 0
                    THEN split_part(max(d.decision_id), ':', 2)
                    ELSE max(d.subject || ' ' || d.choice) FILTER (WHERE d.subject <> 'title')
                    END AS what,
               count(DISTINCT d.person_id) AS people, min(d.person_id) AS person_id,
               max(d.author) AS author,
               max(d.choice) FILTER (WHERE d.subject = 'title') AS said, NULL AS order_id
          FROM decisions d WHERE d.chat_id = :chat
         GROUP BY split_part(d.decision_id, ':', 1)
        UNION ALL
        SELECT h.known_from, 'register', CASE WHEN h.role IS NULL THEN 'left' ELSE 'in' END,
               count(*), min(h.person_id), NULL, NULL,
               min(h.reasons->0->>'order') FILTER (WHERE h.role IS NOT NULL)
          FROM membership_history h WHERE h.chat_id = :chat
         GROUP BY h.known_from, h.role IS NULL
        UNION ALL
        SELECT p.held_at, 'plan', p.state, p.removals, NULL, p.decided_by, NULL, NULL
          FROM held_plans p WHERE p.chat_id = :chat
        UNION ALL
        SELECT i.committed_at, 'call', i.action,
               coalesce(CASE jsonb_typeof(i.body->'user_ids')
                             WHEN 'array' THEN jsonb_array_length(i.body->'user_ids') END,
                        CASE jsonb_typeof(i.body->'members')
                             WHEN 'array' THEN jsonb_array_length(i.body->'members') END,
                        CASE WHEN i.body ? 'user_id' THEN 1 END, 0),
               NULL, NULL, coalesce(i.outcome, ''), NULL
          FROM intents i WHERE i.chat_id = :chat)"""

_PAGE = text(f"""{_EVENTS}
    SELECT e.at, e.sort, e.what, e.people, e.author, e.said, p.surname, p.given_name,
           coalesce(p.patronymic, '') AS patronymic, a.surname AS by_surname,
           a.given_name AS by_given_name, coalesce(a.patronymic, '') AS by_patronymic,
           o.order_number
      FROM (SELECT * FROM event ORDER BY at DESC, sort LIMIT :size OFFSET :start) e
      LEFT JOIN fact_people p ON p.person_id = e.person_id AND e.people = 1
      LEFT JOIN fact_people a ON a.person_id = e.author
      LEFT JOIN fact_orders o ON o.order_id = e.order_id AND e.people = 1
     ORDER BY e.at DESC, e.sort""")  # noqa: S608 - constants

_COUNT = text(f"{_EVENTS} SELECT count(*) FROM event")  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Event:
    """One row. ``name`` is whom it is about, where it is about one person who may be named.

    ``said``: of a title the title, of a call what came of it ('': not known yet). ``order`` is
    the number of the order behind it.
    """

    at: datetime
    sort: Sort
    what: str
    people: int
    name: PersonName | None
    author: str | None
    by: PersonName | None
    said: str | None
    order: str | None


async def count(connection: AsyncConnection, chat_id: ChatId) -> int:
    """How many rows there are."""
    return int((await connection.execute(_COUNT, {"chat": chat_id})).scalar_one())


async def page(connection: AsyncConnection, chat_id: ChatId, start: int, size: int) -> list[Event]:
    """``size`` rows from ``start`` on."""
    asked = {"chat": chat_id, "start": start, "size": size}
    return [
        Event(
            row.at,
            Sort(row.sort),
            row.what or "title",
            row.people,
            as_name(row.surname, row.given_name, row.patronymic),
            row.author,
            as_name(row.by_surname, row.by_given_name, row.by_patronymic),
            row.said,
            row.order_number,
        )
        for row in await connection.execute(_PAGE, asked)
    ]
