"""What was removed in each of the guard's windows, and of how many.

A removal is in a window from the commit of its intent, and before that while it is reserved;
an account that was removed from a chat twice counts once, and not beside the plan that is
judged if it is in that.
Sizes are of what the messenger has, as far as we know, and of what left within the window;
counting them costs something, so it is done only where the floor alone would not do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.guard import GuardLimits, Window
from domain.ids import ChatId, MaxUserId, SchoolId

CHAT_SECONDS: Final = 86_400
SCHOOL_SECONDS: Final = 3_600
TOTAL_SECONDS: Final = 1_800


@dataclass(frozen=True, slots=True)
class Windows:
    """The three windows as ``domain.guard.judge`` takes them."""

    chat: Window
    school: Window
    total: Window


_WITHIN = "r.spent_at > (SELECT clock_now()) - make_interval(secs => :seconds)"
# The chat's own unspent reservations are left out: the plan that is judged replaces them.
_WITHIN_OR_NEXT = f"({_WITHIN} OR (r.spent_at IS NULL AND r.chat_id <> :chat))"

_REMOVED: Final = {
    "chat": f"r.chat_id = :chat AND {_WITHIN}",
    "school": f"r.school_id = :school AND {_WITHIN_OR_NEXT}",
    "total": _WITHIN_OR_NEXT,
}
_PRESENT: Final = {
    "chat": "SELECT count(*) FROM observed_members WHERE chat_id = :chat",
    "school": """SELECT count(*) FROM observed_members JOIN chats USING (chat_id)
                  WHERE school_id = :school""",
    "total": "SELECT count(*) FROM observed_members",
}


def _removed(scope: str, *, gone: bool) -> TextClause:
    """Counts the removals of a window; with ``gone`` those whose account is not back."""
    absent = """AND NOT EXISTS (SELECT FROM observed_members o
                                 WHERE o.chat_id = r.chat_id AND o.max_user_id = r.max_user_id)"""
    return text(
        "SELECT count(DISTINCT (r.chat_id, r.max_user_id)) "  # noqa: S608 - made of constants
        "FROM removal_reservations r WHERE r.counts AND r.voided_at IS NULL "
        "AND NOT (r.chat_id = :chat AND r.max_user_id = ANY(CAST(:accounts AS bigint[]))) "
        f"AND {_REMOVED[scope]} {absent if gone else ''}"
    )


_WAITING = text("""
    SELECT coalesce(sum(removals), 0) FROM held_plans
     WHERE school_id = :school AND chat_id <> :chat AND state = 'held'
       AND scope IN ('school', 'total')""")


async def count_windows(
    connection: AsyncConnection,
    chat_id: ChatId,
    school_id: SchoolId,
    planned: int,
    accounts: Collection[MaxUserId],
    limits: GuardLimits,
) -> Windows:
    """The windows for a plan of this chat with at most ``planned`` removals of one sort.

    ``accounts`` are those whom it removes and who count.
    """
    places = {"chat": chat_id, "school": school_id, "accounts": list(accounts)}
    waiting = int((await connection.execute(_WAITING, places)).scalar_one())

    async def window(scope: str, seconds: int, floor: int, more: int = 0) -> Window:
        asked = {**places, "seconds": seconds}

        async def count(statement: TextClause) -> int:
            return int((await connection.execute(statement, asked)).scalar_one())

        removed = await count(_removed(scope, gone=False)) + more
        if removed + planned <= floor:
            return Window(removed, 0)
        left = await count(_removed(scope, gone=True))
        return Window(removed, left + await count(text(_PRESENT[scope])))

    return Windows(
        chat=await window("chat", CHAT_SECONDS, limits.chat_floor),
        school=await window("school", SCHOOL_SECONDS, limits.school_floor, waiting),
        total=await window("total", TOTAL_SECONDS, limits.total_floor),
    )
