"""Accounts that a person of the school keeps in a chat although nobody expects them there.

A proposal (somebody whom a chat administrator added inside MAX) ends so, or they leave. For
somebody who belongs to the school a decision about their membership is the better way.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId
from domain.lanes import Lane
from projections.reconcile import queue


async def keep(
    connection: AsyncConnection, chat_id: ChatId, account: MaxUserId, author: str
) -> bool:
    """Keep the account in the chat from now on, as a member; False where it was kept already."""
    kept = await connection.execute(
        text("""INSERT INTO kept_accounts (chat_id, max_user_id, author, at)
                VALUES (:chat, :account, :author, clock_now())
                ON CONFLICT DO NOTHING RETURNING 1"""),
        {"chat": chat_id, "account": account, "author": author},
    )
    await queue.mark_due(connection, [chat_id], Lane.STAFF)
    return kept.one_or_none() is not None


async def release(connection: AsyncConnection, chat_id: ChatId, account: MaxUserId) -> bool:
    """Keep it no longer: as a stranger it leaves. False where it was not kept."""
    released = await connection.execute(
        text("""DELETE FROM kept_accounts WHERE chat_id = :chat AND max_user_id = :account
                RETURNING 1"""),
        {"chat": chat_id, "account": account},
    )
    await queue.mark_due(connection, [chat_id], Lane.STAFF)
    return released.one_or_none() is not None
