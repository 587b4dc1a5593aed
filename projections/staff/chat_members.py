"""Who is in a chat, by name, as whoever manages it sees them; read behind the fence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId, PersonId
from projections.staff.names import PersonName, as_name

# Of whoever is not expected: who brought them in, and who lets them stay.
_MEMBERS = text("""
    SELECT m.person_id, m.max_user_id, m.role, m.reasons, m.state, m.blocked_as, m.blocked_since,
           m.retry_at, p.surname, p.given_name, coalesce(p.patronymic, '') AS patronymic,
           d.kind AS drift, d.due_at, b.surname AS by_surname, b.given_name AS by_given_name,
           coalesce(b.patronymic, '') AS by_patronymic, k.author AS kept_by, k.at AS kept_at
      FROM staff.memberships m
      LEFT JOIN fact_people p ON p.person_id = m.person_id
      LEFT JOIN LATERAL (
           SELECT d.kind, d.due_at, d.by_user_id FROM drift d
            WHERE d.chat_id = :chat AND d.max_user_id = m.max_user_id AND d.resolution IS NULL
              AND d.kind IN ('added', 'added_by_administrator', 'left', 'removed_by_administrator')
            ORDER BY d.entry DESC LIMIT 1) d ON true
      LEFT JOIN LATERAL (
           SELECT n.surname, n.given_name, n.patronymic
             FROM fact_profiles f JOIN fact_people n USING (person_id)
            WHERE f.max_user_id = d.by_user_id ORDER BY f.person_id LIMIT 1) b ON true
      LEFT JOIN kept_accounts k ON k.chat_id = :chat AND k.max_user_id = m.max_user_id
     WHERE m.chat_id = :chat""")

_ADMINISTRATORS = text("""
    SELECT p.surname, p.given_name, coalesce(p.patronymic, '')
      FROM expected_members m JOIN fact_people p USING (person_id)
     WHERE m.chat_id = :chat AND m.role = 'administrator'""")

# Decided, and not yet derived: what the rows above do not show.
_COMING = text("""
    SELECT DISTINCT ON (d.person_id, d.subject) d.person_id, d.subject, d.choice,
           p.surname, p.given_name, coalesce(p.patronymic, '') AS patronymic
      FROM decisions d
      JOIN chats c USING (chat_id)
      LEFT JOIN fact_people p ON p.person_id = d.person_id
     WHERE d.chat_id = :chat AND d.person_id IS NOT NULL
       AND d.at > coalesce(c.derived_at, '-infinity')
     ORDER BY d.person_id, d.subject, d.at DESC, d.decision_id COLLATE "C" DESC""")


@dataclass(frozen=True, slots=True)
class WhyHere:
    """One reason: the kind and id of the fact, and the order that it rests on."""

    kind: str
    ref: str
    order: str | None


@dataclass(frozen=True, slots=True)
class ChatMember:
    """Somebody who is, or should be, in the chat. Without ``reasons`` they are not expected.

    ``name`` is None where it is not known, or not for who asks. ``blocked_as`` says why somebody
    is not inside. ``drift`` is what was done in the messenger, by whom where that is known.
    """

    person_id: PersonId | None
    account: MaxUserId | None
    name: PersonName | None
    role: str
    reasons: tuple[WhyHere, ...]
    state: str
    blocked_as: str | None = None
    since: datetime | None = None
    retry_at: datetime | None = None
    drift: str | None = None
    due_at: datetime | None = None
    by: PersonName | None = None
    kept_by: str | None = None
    kept_at: datetime | None = None

    @property
    def is_expected(self) -> bool:
        """Whether they belong in the chat."""
        return bool(self.reasons)


@dataclass(frozen=True, slots=True)
class Coming:
    """What was decided of somebody and is not derived yet: ``subject`` membership or role."""

    person_id: PersonId
    name: PersonName | None
    subject: str
    choice: str


async def members(connection: AsyncConnection, chat_id: ChatId) -> list[ChatMember]:
    """Everybody of a chat that who asks manages, in no order."""
    rows = await connection.execute(_MEMBERS, {"chat": chat_id})
    return [_member(row) for row in rows]


def _member(row: Row[tuple[object, ...]]) -> ChatMember:
    return ChatMember(
        person_id=None if row.person_id is None else PersonId(row.person_id),
        account=None if row.max_user_id is None else MaxUserId(row.max_user_id),
        name=as_name(row.surname, row.given_name, row.patronymic),
        role=row.role,
        reasons=tuple(
            WhyHere(each["kind"], each["ref"], each.get("order")) for each in row.reasons
        ),
        state=row.state,
        blocked_as=row.blocked_as,
        since=row.blocked_since,
        retry_at=row.retry_at,
        drift=row.drift,
        due_at=row.due_at,
        by=as_name(row.by_surname, row.by_given_name, row.by_patronymic),
        kept_by=row.kept_by,
        kept_at=row.kept_at,
    )


async def administrators(connection: AsyncConnection, chat_id: ChatId) -> list[PersonName]:
    """The administrators of a chat, as far as who asks may know them."""
    rows = await connection.execute(_ADMINISTRATORS, {"chat": chat_id})
    return [PersonName(*row) for row in rows]


async def coming(connection: AsyncConnection, chat_id: ChatId) -> Sequence[Coming]:
    """What was decided about people of the chat and is not derived yet."""
    rows = await connection.execute(_COMING, {"chat": chat_id})
    return [
        Coming(
            PersonId(row.person_id),
            as_name(row.surname, row.given_name, row.patronymic),
            row.subject,
            row.choice,
        )
        for row in rows
    ]
