"""The journal as whoever decides looks back at it: what came since, and what one act was.

Guarantees: of those who decide about one chat by the screens one writes at a time (``lock``), so
a position in its journal tells what somebody had seen, and nothing that others decided since is
overlooked. Whoever decides without the lock (a replay) makes that at most too careful.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import (
    ChatDecision,
    Decision,
    MembershipDecision,
    OfChat,
    RoleDecision,
    Stay,
    StayDecision,
)
from domain.ids import ChatId, MaxUserId, PersonId
from projections.by_hand.following import time_after

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('decide ' || :chat, 0))")

_POSITION = text("SELECT count(*) FROM decisions WHERE chat_id = :chat")

_NOW = time_after("chat_id = :chat")

_SINCE = text("""
    SELECT person_id, subject, choice, author, at, account FROM decisions WHERE chat_id = :chat
     ORDER BY at DESC, decision_id COLLATE "C" DESC
     LIMIT greatest(0, (SELECT count(*) FROM decisions WHERE chat_id = :chat) - :position)""")

# Each decision of an act, with the one about the same that it followed, and whether it counts.
_ACT = text("""
    WITH act AS (
        SELECT * FROM decisions
         WHERE chat_id = :chat AND starts_with(decision_id, CAST(:act AS text) || ':'))
    SELECT a.person_id, a.subject, a.choice, a.author, a.at, a.account,
           before.choice AS before,
           split_part(a.decision_id, ':', 2) AS what,
           NOT EXISTS (
               SELECT FROM decisions l
                WHERE l.chat_id = a.chat_id AND l.subject = a.subject
                  AND (l.person_id, l.account) IS NOT DISTINCT FROM (a.person_id, a.account)
                  AND (l.at, l.decision_id COLLATE "C") > (a.at, a.decision_id COLLATE "C"))
               AS counts
      FROM act a
      LEFT JOIN LATERAL (
           SELECT b.choice FROM decisions b
            WHERE b.chat_id = a.chat_id AND b.subject = a.subject
              AND (b.person_id, b.account) IS NOT DISTINCT FROM (a.person_id, a.account)
              AND (b.at, b.decision_id COLLATE "C") < (a.at, a.decision_id COLLATE "C")
            ORDER BY b.at DESC, b.decision_id COLLATE "C" DESC LIMIT 1) before ON true
     ORDER BY a.decision_id COLLATE "C" """)


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision as it stands in the journal; ``person_id`` is None where it is about the chat.

    ``account`` is whose stay it is about, if that is what it is about.
    """

    person_id: PersonId | None
    subject: str
    choice: str
    author: str
    at: datetime
    account: MaxUserId | None = None


@dataclass(frozen=True, slots=True)
class ActEntry:
    """A decision of one act. ``before`` is what counted until then; ``counts``: it still does.

    ``what`` is what the act was called when it was written.
    """

    entry: Entry
    what: str
    before: str | None
    counts: bool


async def lock(connection: AsyncConnection, chat_id: ChatId) -> datetime:
    """Wait until nobody else decides about this chat; the time that decisions now bear."""
    await connection.execute(_LOCK, {"chat": chat_id})
    now: datetime = (await connection.execute(_NOW, {"chat": chat_id})).scalar_one()
    return now


async def position(connection: AsyncConnection, chat_id: ChatId) -> int:
    """How many decisions there are about the chat and its people."""
    return int((await connection.execute(_POSITION, {"chat": chat_id})).scalar_one())


async def since(connection: AsyncConnection, chat_id: ChatId, position: int) -> list[Entry]:
    """What was decided after ``position``, the latest first."""
    rows = await connection.execute(_SINCE, {"chat": chat_id, "position": position})
    return [Entry(*row) for row in rows]


async def act(connection: AsyncConnection, chat_id: ChatId, act_id: UUID) -> list[ActEntry]:
    """The decisions of one act; none where there was no such act."""
    rows = await connection.execute(_ACT, {"chat": chat_id, "act": str(act_id)})
    return [ActEntry(Entry(*row[:6]), row.what, row.before, row.counts) for row in rows]


@dataclass(frozen=True, slots=True)
class ActHead:
    """Whose act it is, when, in which chat; ``what`` is what it is called, a word of letters."""

    act_id: UUID
    what: str
    chat_id: ChatId
    author: PersonId
    at: datetime


def written(
    head: ActHead,
    choices: Iterable[tuple[PersonId, MembershipDecision | RoleDecision]] = (),
    title: str | None = None,
    stays: Iterable[tuple[MaxUserId, Stay]] = (),
) -> list[OfChat]:
    """One act's decisions, each with an id that says which act it is of, and which of its."""
    mark = f"{head.act_id}:{head.what}:"
    found: list[OfChat] = [
        Decision(f"{mark}{number}", head.chat_id, person, head.author, head.at, choice)
        for number, (person, choice) in enumerate(choices)
    ]
    found += [
        StayDecision(f"{mark}s{number}", head.chat_id, account, head.author, head.at, stay)
        for number, (account, stay) in enumerate(stays)
    ]
    if title is not None:
        found.append(ChatDecision(f"{mark}t", head.chat_id, head.author, head.at, title))
    return found
