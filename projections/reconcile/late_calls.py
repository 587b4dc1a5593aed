"""Calls that were left without an answer and may still have their effect.

A read settles such a call by what it shows then; an effect that comes after it is seen by the
messenger's update, if that comes. So the chat is read once more a little later, and now and then
for some hours more, when nothing better is due.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId

LATER = (5, 30, 240)
"""When it is read again after the second reading: multiples of the time until that one."""

_AFTER_READ = text("""
    UPDATE chat_sync s
       SET reread_at = CASE WHEN CAST(:open AS boolean)
                            THEN clock_now() + make_interval(secs => :seconds) END,
           doubted_at = d.at,
           recheck_at = (SELECT min(later.at)
                           FROM (SELECT d.at + make_interval(secs => :seconds * n) AS at
                                   FROM unnest(CAST(:later AS int[])) AS n) later
                          WHERE later.at > clock_now())
      FROM (SELECT CASE WHEN CAST(:open AS boolean) THEN clock_now() ELSE doubted_at END AS at
              FROM chat_sync WHERE chat_id = :chat) d
     WHERE s.chat_id = :chat""")


async def after_read(
    connection: AsyncConnection, chat_id: ChatId, *, left_open: bool, seconds: float
) -> None:
    """A read has settled the chat's calls; ``left_open``: at least one had no answer."""
    await connection.execute(
        _AFTER_READ,
        {"chat": chat_id, "open": left_open, "seconds": seconds, "later": list(LATER)},
    )
