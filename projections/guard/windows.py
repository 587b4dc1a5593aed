"""What was taken in each of the guard's windows, and of how many.

A taking is in a window from the commit of its intent, and before that while it is reserved.
Each counts, though it be of the same account again; only tries whose outcome nobody knows yet
count as one. Where something waits already, the windows begin as they did when it was first
held, so that time alone lets nothing out of them.
Sizes are of what the messenger has, as far as we know, and of what left within the window;
counting them costs something, so it is done only where the floor alone would not do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import GuardLimits, Window
from domain.ids import ChatId, MaxUserId, SchoolId

CHAT_SECONDS: Final = 86_400
SCHOOL_SECONDS: Final = 3_600
TOTAL_SECONDS: Final = 1_800
FLAP_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Windows:
    """The three windows as ``domain.guard.judge`` takes them."""

    chat: Window
    school: Window
    total: Window


@dataclass(frozen=True, slots=True)
class Asked:
    """For which plan: of its chat those ``admitted`` before may be called any moment.

    ``since`` is when the first of those that are judged was held; None: none of them is.
    """

    chat_id: ChatId
    school_id: SchoolId
    planned: int
    admitted: Collection[MaxUserId]
    since: datetime | None


_WITHIN = """r.spent_at > coalesce(CAST(:since AS timestamptz), (SELECT clock_now()))
                          - make_interval(secs => :seconds)"""
_WITHIN_OR_NEXT = f"""({_WITHIN} OR (r.spent_at IS NULL AND (
    r.chat_id <> :chat OR r.max_user_id = ANY(CAST(:admitted AS bigint[])))))"""

_SCOPES: Final = {
    "chat": f"r.chat_id = :chat AND {_WITHIN_OR_NEXT}",
    "school": f"r.school_id = :school AND {_WITHIN_OR_NEXT}",
    "total": _WITHIN_OR_NEXT,
}
_PRESENT: Final = {
    "chat": "SELECT count(*) FROM observed_members WHERE chat_id = :chat",
    "school": """SELECT count(*) FROM observed_members JOIN chats USING (chat_id)
                  WHERE school_id = :school""",
    "total": "SELECT count(*) FROM observed_members",
}


def _taken(scope: str) -> TextClause:
    """Counts what was taken in a window."""
    return text(
        "SELECT count(*) FILTER (WHERE r.spent_at IS NOT NULL AND NOT r.in_doubt)"  # noqa: S608 - made of constants
        " + count(DISTINCT (r.chat_id, r.max_user_id))"
        " FILTER (WHERE r.spent_at IS NULL OR r.in_doubt)"
        " FROM removal_reservations r WHERE r.counts AND r.voided_at IS NULL"
        f" AND {_SCOPES[scope]}"
    )


def _gone(scope: str) -> TextClause:
    """Counts the accounts that were there before the window's removals and are not back."""
    return text(
        "SELECT count(DISTINCT (r.chat_id, r.max_user_id)) FROM removal_reservations r"  # noqa: S608 - made of constants
        f" WHERE r.counts AND r.voided_at IS NULL AND r.kind = 'remove' AND {_SCOPES[scope]}"
        " AND NOT EXISTS (SELECT FROM observed_members o"
        "                  WHERE o.chat_id = r.chat_id AND o.max_user_id = r.max_user_id)"
    )


_WAITING = text("""
    SELECT coalesce(sum(removals), 0) FROM held_plans
     WHERE school_id = :school AND chat_id <> :chat AND state = 'held'
       AND scope IN ('school', 'total')""")

_TIMES = text("""
    SELECT asked.account, count(*) AS times
      FROM unnest(CAST(:accounts AS bigint[]), CAST(:since AS timestamptz[]))
           AS asked (account, since)
      JOIN removal_reservations r
        ON r.chat_id = :chat AND r.max_user_id = asked.account AND r.kind = 'remove'
       AND r.voided_at IS NULL AND NOT r.in_doubt
       AND r.spent_at > coalesce(asked.since, (SELECT clock_now()))
                        - make_interval(secs => :seconds)
     GROUP BY asked.account""")


async def count_windows(connection: AsyncConnection, asked: Asked, limits: GuardLimits) -> Windows:
    """The windows for what is judged of a plan."""
    places = {
        "chat": asked.chat_id,
        "school": asked.school_id,
        "admitted": list(asked.admitted),
        "since": asked.since,
    }
    waiting = int((await connection.execute(_WAITING, places)).scalar_one())

    async def window(scope: str, seconds: int, floor: int, more: int = 0) -> Window:
        values = {**places, "seconds": seconds}

        async def count(statement: TextClause) -> int:
            return int((await connection.execute(statement, values)).scalar_one())

        removed = await count(_taken(scope)) + more
        if removed + asked.planned <= floor:
            return Window(removed, 0)
        return Window(removed, await count(_gone(scope)) + await count(text(_PRESENT[scope])))

    return Windows(
        chat=await window("chat", CHAT_SECONDS, limits.chat_floor),
        school=await window("school", SCHOOL_SECONDS, limits.school_floor, waiting),
        total=await window("total", TOTAL_SECONDS, limits.total_floor),
    )


async def size_of(connection: AsyncConnection, chat_id: ChatId) -> int:
    """How many the messenger has in the chat, as far as we know."""
    found = await connection.execute(text(_PRESENT["chat"]), {"chat": chat_id})
    return int(found.scalar_one())


async def times_taken_out(
    connection: AsyncConnection,
    chat_id: ChatId,
    accounts: Collection[tuple[MaxUserId, datetime | None]],
) -> dict[MaxUserId, int]:
    """How often each account was taken out of the chat in the hour before now, or ``since``."""
    if not accounts:
        return {}
    found = await connection.execute(
        _TIMES,
        {
            "chat": chat_id,
            "accounts": [account for account, _ in accounts],
            "since": [since for _, since in accounts],
            "seconds": FLAP_SECONDS,
        },
    )
    return {MaxUserId(row.account): row.times for row in found}
