"""When a chat changes by itself: the dates of what waits in it.

Guarantees: only what still waits has a date, so a chat is not due for what is over; one that
comes while a pass is under way, which cannot know it, is not passed over; and one that had come
before the pass makes the chat due for that pass alone, so nobody who fails is due again at once.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId

_NEXT = text("""
    SELECT min(date) FROM (
        SELECT due_at AS date FROM drift WHERE chat_id = :chat AND resolution IS NULL
         UNION ALL
        SELECT retry_at FROM blocked_accounts WHERE chat_id = :chat
         UNION ALL
        SELECT retry_at FROM setbacks WHERE chat_id = :chat
         UNION ALL
        SELECT reread_at FROM chat_sync WHERE chat_id = :chat) dates
     WHERE date > :since""")


async def next_after(
    connection: AsyncConnection, chat_id: ChatId, since: datetime
) -> datetime | None:
    """The first date later than ``since``, None where nothing waits for one.

    A proposal ends, who left is put back, a refused account or call is tried again, a call may
    have come late.
    """
    found = await connection.execute(_NEXT, {"chat": chat_id, "since": since})
    date: datetime | None = found.scalar_one()
    return date
