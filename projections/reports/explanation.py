"""Why one person is, or is not, in one chat: everything that bears on it, in one snapshot.

Ids, dates and reasons; never a name, so it may be pasted into a ticket.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, PersonId

_ANSWER = text("""
    SELECT d.state AS chat_state, e.role, coalesce(e.reasons, '[]'::jsonb) AS reasons,
           e.valid_from, e.known_since, p.max_user_id,
           CASE WHEN p.person_id IS NULL THEN 'none'
                WHEN p.max_user_id IS NULL THEN 'unlinked' ELSE 'linked' END AS profile,
           coalesce(f.removed, false) AS removed,
           s.observed_at, o.max_user_id IS NOT NULL AS present,
           coalesce(o.is_admin, false) AS is_administrator,
           coalesce(b.said, b.reason) AS refused_because, b.retry_at, s.waiting
      FROM dashboard.chats d
      JOIN chat_sync s USING (chat_id)
      LEFT JOIN expected_members e ON e.chat_id = d.chat_id AND e.person_id = :person
      LEFT JOIN fact_profiles p ON p.person_id = :person
      LEFT JOIN fact_people f ON f.person_id = :person
      LEFT JOIN observed_members o ON o.chat_id = d.chat_id AND o.max_user_id = p.max_user_id
      LEFT JOIN blocked_accounts b ON b.chat_id = d.chat_id AND b.max_user_id = p.max_user_id
     WHERE d.chat_id = :chat""")

_DECISIONS = text("""
    SELECT subject, choice, author, at FROM decisions
     WHERE chat_id = :chat AND person_id = :person ORDER BY at, decision_id""")

_HISTORY = text("""
    SELECT role, reasons, valid_from, known_from FROM membership_history
     WHERE chat_id = :chat AND person_id = :person ORDER BY entry""")


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One by-hand decision about the person in the chat."""

    subject: str
    choice: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of the log; ``role`` is None where the person left, ``reasons`` then ended."""

    role: str | None
    reasons: list[dict[str, object]]
    valid_from: datetime
    known_from: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a person stands in a chat; ``role`` is None where they are not expected.

    ``profile`` is linked, unlinked or none. ``present`` means nothing while ``observed_at``
    is None. ``waiting`` is what the chat itself waits for.
    """

    chat_state: str
    role: str | None
    reasons: list[dict[str, object]]
    valid_from: datetime | None
    known_since: datetime | None
    profile: str
    max_user_id: int | None
    removed: bool
    observed_at: datetime | None
    present: bool
    is_administrator: bool
    refused_because: str | None
    retry_at: datetime | None
    waiting: str | None
    decisions: tuple[DecisionRow, ...]
    history: tuple[HistoryRow, ...]


async def explain(
    connection: AsyncConnection, chat_id: ChatId, person_id: PersonId
) -> Explanation | None:
    """How the person stands in the chat; None where there is no such chat."""
    asked = {"chat": chat_id, "person": person_id}
    row = (await connection.execute(_ANSWER, asked)).one_or_none()
    if row is None:
        return None
    decisions = await connection.execute(_DECISIONS, asked)
    history = await connection.execute(_HISTORY, asked)
    return Explanation(
        **row._mapping,  # noqa: SLF001 - SQLAlchemy's documented name
        decisions=tuple(DecisionRow(*each) for each in decisions),
        history=tuple(HistoryRow(*each) for each in history),
    )
