"""A lesson's row as the rules look at it: what its call should be, and what is known of it.

Guarantees: everything is of one statement's snapshot, at one instant of the database's clock.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import LessonId, MaxChatId
from domain.lesson_calls import CallPlan, wanted_call
from domain.lesson_work import HeldCall, Seen, Standing, WantedCall

_LOOK = text("""
    SELECT clock_now() AS now, l.standing, l.call_id, l.plans, l.max_chat_id, l.due_generation,
           l.attempts, w.known, w.decided, w.title, w.insists, w.starts_at, w.ends_at,
           w.cancelled, w.possible, w.chat, w.fingerprint
      FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id)
     WHERE l.lesson_id = :lesson""")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a lesson; ``otherwise``: what a call of unknown words is asked for as."""

    wish: WantedCall
    held: HeldCall
    otherwise: CallPlan
    now: datetime
    seen: Seen


async def look(connection: AsyncConnection, lesson_id: LessonId) -> Look:
    """How the lesson stands now; its row is there."""
    row = (await connection.execute(_LOOK, {"lesson": lesson_id})).one()
    return Look(
        wish=_wish(row),
        held=HeldCall(
            Standing(row.standing),
            row.call_id,
            plans_of(row.plans),
            None if row.max_chat_id is None else MaxChatId(row.max_chat_id),
        ),
        otherwise=_otherwise(row),
        now=row.now,
        seen=Seen(
            row.due_generation,
            row.fingerprint,
            row.attempts,
            over=row.ends_at is not None and row.ends_at <= row.now,
        ),
    )


def _wish(row: Row[Any]) -> WantedCall:
    wanted = row.known and row.decided and row.possible
    return WantedCall(
        known=row.known,
        plan=wanted_call(row, row.title if wanted else None),
        chat=None if row.chat is None else MaxChatId(row.chat),
        insists=row.insists,
    )


def _otherwise(row: Row[Any]) -> CallPlan:
    """Of a lesson that the register has not told of nothing is asked, so any times will do."""
    starts_at, ends_at = row.starts_at or row.now, row.ends_at or row.now
    return CallPlan(row.title or "Урок", starts_at, ends_at)


def plans_of(stored: list[dict[str, str]]) -> tuple[CallPlan, ...]:
    """Plans as the table holds them."""
    return tuple(
        CallPlan(
            each["title"],
            datetime.fromisoformat(each["starts_at"]),
            datetime.fromisoformat(each["ends_at"]),
        )
        for each in stored
    )


def stored(plans: tuple[CallPlan, ...]) -> str:
    """Plans for the table."""
    return json.dumps(
        [
            {
                "title": plan.title,
                "starts_at": plan.starts_at.isoformat(),
                "ends_at": plan.ends_at.isoformat(),
            }
            for plan in plans
        ]
    )
