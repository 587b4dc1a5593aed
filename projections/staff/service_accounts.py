"""Service accounts: programs that ask the API, each with a token and what it may ask for.

Guarantees: only a hash of a token is kept; a revoked account is none from then on; a scope that
this Rollcall does not know opens nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rights import Scope
from projections.staff.sessions import hash_of

PREFIX = "rollcall_"
"""So that a token that got into a log or a repository is known for what it is."""

_KNOWN = {scope.value: scope for scope in Scope}


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A program, and the scopes that it has."""

    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as operators see it."""

    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


async def add(
    connection: AsyncConnection, name: str, scopes: frozenset[Scope], author: str
) -> str | None:
    """Make an account; its token, which is shown only now. None where the name is taken."""
    token = PREFIX + secrets.token_urlsafe(32)
    made = await connection.execute(
        text("""INSERT INTO service_accounts (name, token_hash, scopes, created_by, created_at)
                VALUES (:name, :hash, CAST(:scopes AS text[]), :author, clock_now())
                ON CONFLICT (name) DO NOTHING RETURNING 1"""),
        {
            "name": name,
            "hash": hash_of(token),
            "scopes": sorted(scope.value for scope in scopes),
            "author": author,
        },
    )
    return None if made.one_or_none() is None else token


async def find(connection: AsyncConnection, token: str) -> ServiceAccount | None:
    """Whose token this is, if it holds."""
    found = await connection.execute(
        text("""SELECT name, scopes FROM service_accounts
                 WHERE token_hash = :hash AND revoked_at IS NULL"""),
        {"hash": hash_of(token)},
    )
    row = found.one_or_none()
    if row is None:
        return None
    return ServiceAccount(
        row.name, frozenset(_KNOWN[scope] for scope in row.scopes if scope in _KNOWN)
    )


async def revoke(connection: AsyncConnection, name: str) -> bool:
    """End an account; False where there is none that holds. Its name is not given again."""
    ended = await connection.execute(
        text("""UPDATE service_accounts SET revoked_at = clock_now()
                 WHERE name = :name AND revoked_at IS NULL"""),
        {"name": name},
    )
    return ended.rowcount > 0


async def listing(connection: AsyncConnection) -> list[ListedAccount]:
    """All accounts, those that were revoked too."""
    rows = await connection.execute(
        text("""SELECT name, scopes, created_by, created_at, revoked_at
                  FROM service_accounts ORDER BY name""")
    )
    return [
        ListedAccount(row.name, tuple(row.scopes), row.created_by, row.created_at, row.revoked_at)
        for row in rows
    ]
