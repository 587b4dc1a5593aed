"""Accounts that a person of the school keeps in a chat although nobody expects them there.

A proposal (somebody whom a chat administrator added inside MAX) ends so, or they leave. For
somebody who belongs to the school a decision about their membership is the better way.
Guarantees: who is kept is what the journal of decisions says and nothing besides, so a restored
database reads it back, and an act is taken back as any other.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import Stay
from domain.ids import ChatId, MaxUserId, PersonId
from domain.lanes import Lane
from projections.by_hand import decisions, journal
from projections.by_hand.journal import ActHead
from projections.queue import due


class Keeping(Enum):
    """What came of keeping an account."""

    KEPT = "kept"
    ALREADY = "already"
    NOT_THERE = "not_there"
    """The account is not in the chat: nobody is admitted before they are seen."""
    BELONGS = "belongs"
    """The rules have them there: what ends that is a removal."""


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


_STANDING = text("""
    SELECT EXISTS (SELECT FROM observed_members
                    WHERE chat_id = :chat AND max_user_id = :account) AS there,
           EXISTS (SELECT FROM kept_accounts k
                    WHERE k.chat_id = :chat AND k.max_user_id = :account) AS kept,
           EXISTS (SELECT FROM kept_accounts k
                    WHERE k.chat_id = :chat AND k.max_user_id = :account
                      AND expected_since(k.chat_id, k.max_user_id, k.at)) AS overtaken""")


async def keep(
    connection: AsyncConnection,
    chat_id: ChatId,
    account: MaxUserId,
    author: str,
    act_id: UUID | None = None,
) -> Keeping:
    """Keep an account that is in the chat from now on, as a member: a decision in the journal.

    Whoever was kept, and has become expected and was withdrawn since, is kept anew.
    """
    at = await journal.lock(connection, chat_id)
    row = (await connection.execute(_STANDING, {"chat": chat_id, "account": account})).one()
    if not row.there:
        return Keeping.NOT_THERE
    if row.kept and not row.overtaken:
        return Keeping.ALREADY
    head = ActHead(act_id or uuid4(), Stay.KEPT.value, chat_id, PersonId(author), at)
    await decisions.record_all(connection, journal.written(head, stays=[(account, Stay.KEPT)]))
    return Keeping.KEPT


async def release(
    connection: AsyncConnection,
    chat_id: ChatId,
    account: MaxUserId,
    author: str,
    act: tuple[UUID, str] | None = None,
) -> bool:
    """Keep it no longer: as a stranger it leaves. False where it was not kept.

    ``act`` is what it is part of: its id, and what it is called.
    """
    at = await journal.lock(connection, chat_id)
    row = (await connection.execute(_STANDING, {"chat": chat_id, "account": account})).one()
    if not row.kept:
        await due.mark_due(connection, [chat_id], Lane.STAFF)
        return False
    act_id, what = act or (uuid4(), Stay.RELEASED.value)
    head = ActHead(act_id, what, chat_id, PersonId(author), at)
    await decisions.record_all(connection, journal.written(head, stays=[(account, Stay.RELEASED)]))
    return True
