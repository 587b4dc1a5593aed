"""Sessions: who is signed in, until when, and the end of it.

Guarantees: the table holds a hash of a session's token and never the token; a session ends when
nobody used it for a while, at an instant that nothing moves, and when somebody revokes it, all
by database time; who signs in again gets another session, and the one before ends. Rows that
are over are deleted by whoever signs in next.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actors import OperatorRole
from domain.ids import PersonId, SchoolId

_TOKEN_BYTES = 32
_KEPT_DAYS = 30
"""How long a session that is over is kept, to be looked at."""

_OPEN = text("""
    INSERT INTO sessions (token_hash, person_id, operator, subject, way, created_at,
                          last_seen_at, expires_at)
    SELECT :hash, :person, :operator, :subject, :way, now, now,
           now + make_interval(secs => :seconds)
      FROM clock_now() AS now""")

# Whoever looks is noted at most once a minute: a page costs no write.
_FIND = text("""
    WITH found AS (
        SELECT token_hash, person_id, operator, subject, way, school_id, last_seen_at
          FROM sessions, clock_now() AS now
         WHERE token_hash = :hash AND revoked_at IS NULL AND expires_at > now
           AND last_seen_at > now - make_interval(secs => :idle) AND created_at <= now),
    seen AS (
        UPDATE sessions s SET last_seen_at = clock_now()
          FROM found f
         WHERE s.token_hash = f.token_hash AND :used
           AND f.last_seen_at < clock_now() - interval '1 minute')
    SELECT person_id, operator, subject, way, school_id FROM found""")

_REVOKE = text("""
    UPDATE sessions SET revoked_at = clock_now() WHERE token_hash = :hash AND revoked_at IS NULL""")

_REVOKE_ALL = text("""
    UPDATE sessions SET revoked_at = clock_now()
     WHERE revoked_at IS NULL AND expires_at > clock_now()
       AND (person_id = :whose OR subject = :whose OR :whose IS NULL)""")

_FORGET = text("""
    DELETE FROM sessions WHERE expires_at < clock_now() - make_interval(days => :days)""")

_LIST = text("""
    SELECT person_id, operator, subject, way, created_at, last_seen_at, expires_at
      FROM sessions
     WHERE revoked_at IS NULL AND expires_at > clock_now()
     ORDER BY last_seen_at DESC LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lasts: unused, and at most."""

    idle_seconds: float = 60 * 60
    whole_seconds: float = 12 * 60 * 60


@dataclass(frozen=True, slots=True)
class Identified:
    """Who signed in: a person of the register, an operator, or both."""

    subject: str
    way: str
    person_id: PersonId | None = None
    operator: OperatorRole | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds; ``school_id`` is the one chosen on the screens, if any."""

    identified: Identified
    school_id: SchoolId | None


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session as operators see it; its token is nobody's to see."""

    person_id: str | None
    operator: str | None
    subject: str
    way: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def hash_of(token: str) -> bytes:
    """What is kept of a token. It is random and long, so a plain hash gives nothing away."""
    return hashlib.sha256(token.encode("utf-8", errors="replace")).digest()


async def begin(
    connection: AsyncConnection,
    who: Identified,
    lifetimes: Lifetimes,
    *,
    instead_of: str | None = None,
) -> str:
    """Open a session in place of the one before; its token, which is shown only now."""
    if instead_of is not None:
        await end(connection, instead_of)
    await connection.execute(_FORGET, {"days": _KEPT_DAYS})
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await connection.execute(
        _OPEN,
        {
            "hash": hash_of(token),
            "person": who.person_id,
            "operator": None if who.operator is None else who.operator.value,
            "subject": who.subject,
            "way": who.way,
            "seconds": lifetimes.whole_seconds,
        },
    )
    return token


async def find(
    connection: AsyncConnection, token: str, lifetimes: Lifetimes, *, used: bool = True
) -> Session | None:
    """The session of a token, if it holds; ``used`` says that a person did something."""
    asked = {"hash": hash_of(token), "idle": lifetimes.idle_seconds, "used": used}
    row = (await connection.execute(_FIND, asked)).one_or_none()
    if row is None:
        return None
    return Session(
        Identified(
            subject=row.subject,
            way=row.way,
            person_id=None if row.person_id is None else PersonId(row.person_id),
            operator=None if row.operator is None else OperatorRole(row.operator),
        ),
        None if row.school_id is None else SchoolId(row.school_id),
    )


async def choose_school(connection: AsyncConnection, token: str, school_id: SchoolId) -> None:
    """Remember the school that a person looks at; whether it is theirs, the caller has asked."""
    await connection.execute(
        text("UPDATE sessions SET school_id = :school WHERE token_hash = :hash"),
        {"school": school_id, "hash": hash_of(token)},
    )


async def end(connection: AsyncConnection, token: str) -> None:
    """Nobody is signed in by this token any more."""
    await connection.execute(_REVOKE, {"hash": hash_of(token)})


async def revoke(connection: AsyncConnection, whose: str | None) -> int:
    """End all sessions of a person or subject, or of everybody; how many there were."""
    return (await connection.execute(_REVOKE_ALL, {"whose": whose})).rowcount


async def listing(connection: AsyncConnection, limit: int) -> list[ListedSession]:
    """The sessions that hold, the latest used first; those that idled out may be among them."""
    rows = await connection.execute(_LIST, {"limit": limit})
    return [ListedSession(*row) for row in rows]
