"""``sessions`` and ``accounts``: who is signed in to the console, and which programs may ask it."""

import asyncio
import getpass
from dataclasses import asdict
from pathlib import Path

from domain.rights import Scope
from projections.database import transaction
from projections.staff import service_accounts, sessions
from projections.staff.service_accounts import ListedAccount
from projections.staff.sessions import ListedSession
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, remark, say, say_json, wiring_for


def list_sessions(limit: int, *, as_json: bool, data_dir: Path | None) -> int:
    """Who is signed in, the latest used first."""
    for each in asyncio.run(_sessions(limit, data_dir)):
        if as_json:
            moments = ("created_at", "last_seen_at", "expires_at")
            say_json(asdict(each) | {name: getattr(each, name).isoformat() for name in moments})
        else:
            role = "" if each.operator is None else f", operator ({each.operator})"
            person = each.person_id or "no person"
            say(f"{person}{role}, by {each.way} as {each.subject}")
            say(f"    since {each.created_at:%d.%m.%Y %H:%M}, used {each.last_seen_at:%H:%M} UTC")
    return 0


async def _sessions(limit: int, data_dir: Path | None) -> list[ListedSession]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await sessions.listing(connection, limit)


def end_sessions(whose: str | None, data_dir: Path | None) -> int:
    """Sign a person out everywhere, or everybody."""
    ended = asyncio.run(_end_sessions(whose, data_dir))
    if not ended:
        remark("rollcall: nobody by that id is signed in; `sessions` lists who is")
        return NOT_SETTLED
    say(f"{ended} sessions are ended")
    return 0


async def _end_sessions(whose: str | None, data_dir: Path | None) -> int:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await sessions.revoke(connection, whose)


def list_accounts(*, as_json: bool, data_dir: Path | None) -> int:
    """The service accounts."""
    for each in asyncio.run(_accounts(data_dir)):
        ended = None if each.revoked_at is None else each.revoked_at.isoformat()
        if as_json:
            shown = asdict(each) | {"created_at": each.created_at.isoformat(), "revoked_at": ended}
            say_json(shown)
        else:
            state = "" if ended is None else f", revoked {ended}"
            say(f"{each.name}: {', '.join(each.scopes)} (made by {each.created_by}{state})")
    return 0


async def _accounts(data_dir: Path | None) -> list[ListedAccount]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await service_accounts.listing(connection)


def add_account(name: str, scopes: list[Scope], by: str | None, data_dir: Path | None) -> int:
    """Make a service account; its token is the one line of stdout."""
    author = by or getpass.getuser()
    token = asyncio.run(_add_account(name, frozenset(scopes), author, data_dir))
    if token is None:
        remark(f"rollcall: there is, or was, an account {name}; choose another name")
        return NOT_SETTLED
    remark("rollcall: this is the only time that the token is shown")
    say(token)
    return 0


async def _add_account(
    name: str, scopes: frozenset[Scope], author: str, data_dir: Path | None
) -> str | None:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await service_accounts.add(connection, name, scopes, author)


def revoke_account(name: str, data_dir: Path | None) -> int:
    """End a service account; 3 where there is none that holds."""
    if not asyncio.run(_revoke_account(name, data_dir)):
        remark(f"rollcall: no account {name} holds; `accounts` lists them")
        return NOT_SETTLED
    say(f"{name} may ask nothing any more")
    return 0


async def _revoke_account(name: str, data_dir: Path | None) -> bool:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        return await service_accounts.revoke(connection, name)
