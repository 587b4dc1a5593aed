"""Accounts that a person of the school keeps in a chat although nobody expects them there.

A proposal (somebody whom a chat administrator added inside MAX) ends so, or they leave. For
somebody who belongs to the school a decision about their membership is the better way.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId
from domain.lanes import Lane
from projections.queue import due


class Keeping(Enum):
    """What came of keeping an account."""

    KEPT = "kept"
    ALREADY = "already"
    NOT_THERE = "not_there"
    """The account is not in the chat: nobody is admitted before they are seen."""


_LISTED = text("""
    SELECT chat_id, max_user_id, person_id, author, at, present, state
      FROM dashboard.kept ORDER BY at DESC LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """A row of ``dashboard.kept``. ``person_id`` is one who is linked to the account now."""

    chat_id: str
    max_user_id: int
    person_id: str | None
    author: str
    at: datetime
    present: bool
    state: str


async def listing(connection: AsyncConnection, limit: int) -> list[KeptAccount]:
    """The accounts that somebody keeps, the newest first."""
    rows = await connection.execute(_LISTED, {"limit": limit})
    return [KeptAccount(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's own name


async def keep(
    connection: AsyncConnection, chat_id: ChatId, account: MaxUserId, author: str
) -> Keeping:
    """Keep an account that is in the chat from now on, as a member.

    Whoever was kept, and has become expected and was withdrawn since, is kept anew.
    """
    kept = await connection.execute(
        text("""INSERT INTO kept_accounts AS k (chat_id, max_user_id, author, at)
                SELECT chat_id, max_user_id, :author, clock_now() FROM observed_members
                 WHERE chat_id = :chat AND max_user_id = :account
                ON CONFLICT (chat_id, max_user_id)
                DO UPDATE SET author = excluded.author, at = excluded.at
                 WHERE expected_since(k.chat_id, k.max_user_id, k.at)
                RETURNING 1"""),
        {"chat": chat_id, "account": account, "author": author},
    )
    if kept.one_or_none() is None:
        there = await connection.execute(
            text("""SELECT EXISTS (SELECT FROM observed_members
                                    WHERE chat_id = :chat AND max_user_id = :account)"""),
            {"chat": chat_id, "account": account},
        )
        return Keeping.ALREADY if there.scalar_one() else Keeping.NOT_THERE
    await due.mark_due(connection, [chat_id], Lane.STAFF)
    return Keeping.KEPT


async def release(connection: AsyncConnection, chat_id: ChatId, account: MaxUserId) -> bool:
    """Keep it no longer: as a stranger it leaves. False where it was not kept."""
    released = await connection.execute(
        text("""DELETE FROM kept_accounts WHERE chat_id = :chat AND max_user_id = :account
                RETURNING 1"""),
        {"chat": chat_id, "account": account},
    )
    await due.mark_due(connection, [chat_id], Lane.STAFF)
    return released.one_or_none() is not None
