"""What stands behind the reasons of a few members: orders, decisions, and whose names they bear.

Read behind the fence, for one page of a list: never for a whole chat of thousands.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, PersonId
from projections.staff.names import PersonName, names_of

_ORDERS = text("""
    SELECT o.order_id, o.order_number,
           (o.ordered_at AT TIME ZONE coalesce(s.timezone, 'Europe/Moscow'))::date AS ordered_on
      FROM fact_orders o LEFT JOIN fact_schools s USING (school_id)
     WHERE o.order_id = ANY(:orders)""")

# By id, and of each person the latest that gave or took a role.
_DECISIONS = text("""
    SELECT decision_id, person_id, subject, choice, author, at FROM decisions
     WHERE chat_id = :chat AND decision_id = ANY(:decisions)
    UNION ALL
    (SELECT DISTINCT ON (person_id) 'role', person_id, subject, choice, author, at FROM decisions
      WHERE chat_id = :chat AND subject = 'role' AND person_id = ANY(:people)
      ORDER BY person_id, at DESC, decision_id COLLATE "C" DESC)""")


@dataclass(frozen=True, slots=True)
class OrderWords:
    """An order as people speak of it: «приказ № … от …»."""

    number: str
    on: date


@dataclass(frozen=True, slots=True)
class ByHand:
    """Who decided, and when; ``name`` is None where it is not known, or not for who asks."""

    author: str
    at: datetime
    choice: str
    name: PersonName | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind the reasons, by the ids that they give."""

    orders: Mapping[str, OrderWords]
    decisions: Mapping[str, ByHand]
    roles: Mapping[PersonId, ByHand]
    names: Mapping[str, PersonName]


async def behind(
    connection: AsyncConnection,
    chat_id: ChatId,
    people: Collection[PersonId],
    orders: Collection[str],
    decisions: Collection[str],
    also_named: Collection[str],
) -> Behind:
    """All of it; ``also_named``: further people whose names are wanted."""
    numbered = {
        row.order_id: OrderWords(row.order_number, row.ordered_on)
        for row in await connection.execute(_ORDERS, {"orders": list(orders)})
    }
    asked = {"chat": chat_id, "decisions": list(decisions), "people": list(people)}
    rows = (await connection.execute(_DECISIONS, asked)).all()
    names = await names_of(connection, {*(row.author for row in rows), *also_named})
    by_hand = [(row, ByHand(row.author, row.at, row.choice, names.get(row.author))) for row in rows]
    return Behind(
        orders=numbered,
        decisions={row.decision_id: each for row, each in by_hand if row.subject != "role"},
        roles={PersonId(row.person_id): each for row, each in by_hand if row.subject == "role"},
        names=names,
    )
