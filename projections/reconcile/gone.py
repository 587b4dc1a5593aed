"""Chats that the messenger deleted for ever, as far as we know by its own word.

By the contract a create of a deleted chat's ``external_id`` is answered 410 for ever, and who
deleted it, and why, it does not say. So such a chat is not made anew by itself: it waits
(``gone``) with everybody who belongs in it, is asked for once a day, and nothing that was
called for it counts as open any more. It is let go, and may be made under a new number,

* when a person deletes it here too, or says later than that that it shall be there again;
* when it closes: if it reopens it is made anew.

Where the messenger turns out to have it after all, nothing has changed.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxChatId
from domain.plan import Seen
from domain.work import Lease
from projections.guard import reservations
from projections.reconcile import observed

_NOTE = text("""
    UPDATE chat_sync SET gone_at = coalesce(gone_at, clock_now())
     WHERE chat_id = :chat AND lease_token = :token RETURNING 1""")

_LET_GO = text("""
    SELECT s.max_chat_id FROM chat_sync s JOIN chats c USING (chat_id)
     WHERE s.chat_id = :chat AND s.lease_token = :token AND s.gone_at IS NOT NULL
       AND (c.deleted OR c.frozen OR EXISTS (
            SELECT FROM decisions d
             WHERE d.chat_id = s.chat_id AND d.subject = 'deleted' AND d.choice = 'kept'
               AND d.at > s.gone_at))
       FOR UPDATE OF s""")

_SETTLE = text("""
    UPDATE intents SET settled_at = clock_now(), outcome = coalesce(outcome, 'the chat is gone')
     WHERE chat_id = :chat AND settled_at IS NULL""")


async def note(connection: AsyncConnection, lease: Lease) -> None:
    """The messenger says so, to the holder of this lease."""
    noted = await connection.execute(_NOTE, {"chat": lease.chat_id, "token": lease.token})
    if noted.one_or_none() is not None:
        await settle(connection, lease.chat_id)


async def let_go(connection: AsyncConnection, lease: Lease) -> MaxChatId | None:
    """Forget the chat if it is time to; the messenger's id of it, if there was one."""
    found = await connection.execute(_LET_GO, {"chat": lease.chat_id, "token": lease.token})
    row = found.one_or_none()
    if row is None:
        return None
    await settle(connection, lease.chat_id)
    await observed.delete(connection, lease.chat_id)
    return None if row.max_chat_id is None else MaxChatId(row.max_chat_id)


async def settle(connection: AsyncConnection, chat_id: ChatId) -> None:
    """The chat is gone: no call on it is open any more."""
    await connection.execute(_SETTLE, {"chat": chat_id})
    await reservations.settle_doubts(connection, chat_id, Seen({}, ""), 0.0)
