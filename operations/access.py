"""Who is signed in to the console, and which programs may ask it."""

from collections.abc import Collection

from domain.rights import Scope
from operations.store import Engine
from projections.database import transaction
from projections.staff import service_accounts, sessions
from projections.staff.service_accounts import ListedAccount
from projections.staff.sessions import ListedSession

__all__ = [
    "ListedAccount",
    "ListedSession",
    "add_account",
    "end_sessions",
    "list_accounts",
    "list_sessions",
    "revoke_account",
]


async def list_sessions(engine: Engine, limit: int) -> list[ListedSession]:
    """Who is signed in, the latest used first."""
    async with transaction(engine) as connection:
        return await sessions.listing(connection, limit)


async def end_sessions(engine: Engine, whose: str | None) -> int:
    """Sign a person out everywhere, or (None) everybody; how many sessions ended."""
    async with transaction(engine) as connection:
        return await sessions.revoke(connection, whose)


async def list_accounts(engine: Engine) -> list[ListedAccount]:
    """The service accounts, by name."""
    async with transaction(engine) as connection:
        return await service_accounts.listing(connection)


async def add_account(
    engine: Engine, name: str, scopes: Collection[Scope], author: str
) -> str | None:
    """Make a service account; its token, shown this once. None where the name is taken."""
    async with transaction(engine) as connection:
        return await service_accounts.add(connection, name, frozenset(scopes), author)


async def revoke_account(engine: Engine, name: str) -> bool:
    """End a service account; False where there is none that holds."""
    async with transaction(engine) as connection:
        return await service_accounts.revoke(connection, name)
