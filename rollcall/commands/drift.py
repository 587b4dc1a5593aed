"""``drift`` and ``keep``: what people changed in MAX by themselves, and what a person decides."""

import asyncio
from datetime import datetime
from pathlib import Path

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId, MaxUserId
from projections.database import transaction
from projections.guard import kept_accounts as kept
from projections.guard.kept_accounts import Keeping
from projections.queue import due as queue
from rollcall.addresses import Server
from rollcall.commands.session import NOT_SETTLED, login, remark, say, say_json, wiring_for
from rollcall.failures import CommandFailed

_LISTED = text("""
    SELECT chat_id, kind, max_user_id, person_id, by_user_id, seen_at, due_at, is_proposal,
           resolution
      FROM dashboard.drift WHERE :all OR resolution IS NULL
     ORDER BY seen_at DESC LIMIT :limit""")

_KEPT = text("""
    SELECT chat_id, max_user_id, person_id, author, at, present, state
      FROM dashboard.kept ORDER BY at DESC LIMIT :limit""")

Row = dict[str, str | int | bool | None]


def listed(*, everything: bool, as_json: bool, limit: int, data_dir: Path | None) -> int:
    """What is open, or everything, newest first."""
    rows = asyncio.run(_listed(data_dir, everything=everything, limit=limit))
    for row in rows:
        if as_json:
            say_json(row)
        else:
            until = f", until {row['due_at']}" if row["due_at"] else ""
            who = f" {row['max_user_id']}" if row["max_user_id"] else ""
            what = "proposal to keep" if row["is_proposal"] else row["resolution"] or "open"
            say(f"{row['seen_at']}  {row['chat_id']}  {row['kind']}{who}: {what}{until}")
    if not rows and not as_json:
        say("nobody has changed anything that is still open")
    return 0


def listed_kept(*, as_json: bool, limit: int, data_dir: Path | None) -> int:
    """The accounts that somebody keeps, newest first."""
    rows = asyncio.run(_rows(data_dir, _KEPT, {"limit": limit}))
    for row in rows:
        if as_json:
            say_json(row)
        else:
            gone = "" if row["present"] else ", not in the chat now"
            state = "" if row["state"] == "kept" else f", {row['state']}: leaves all the same"
            who = f"{row['max_user_id']} ({row['person_id'] or 'nobody known'})"
            say(f"{row['at']}  {row['chat_id']}  {who} by {row['author']}{gone}{state}")
    if not rows and not as_json:
        say("nobody is kept anywhere")
    return 0


async def _listed(data_dir: Path | None, *, everything: bool, limit: int) -> list[Row]:
    return await _rows(data_dir, _LISTED, {"all": everything, "limit": limit})


async def _rows(
    data_dir: Path | None, statement: TextClause, values: dict[str, int | bool]
) -> list[Row]:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        found = await connection.execute(statement, values)
        return [
            {
                name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
                for name, value in row._mapping.items()  # noqa: SLF001 - SQLAlchemy's own name
            }
            for row in found
        ]


def keep(chat: str, account: int, by: str | None, *, kept_on: bool, data_dir: Path | None) -> int:
    """Keep an account in a chat in which nobody expects it, or keep it no longer."""
    author = by or login()
    done = asyncio.run(
        _keep(ChatId(chat), MaxUserId(account), author, kept_on=kept_on, data_dir=data_dir)
    )
    if done is Keeping.NOT_THERE:
        remark(f"rollcall: {account} is not in {chat}, and nobody is let in before they come")
        return NOT_SETTLED
    if done is Keeping.ALREADY:
        remark("rollcall: it is so already")
        return NOT_SETTLED
    say(f"{account} is kept in {chat}" if kept_on else f"{account} is not kept in {chat} any more")
    return 0


async def _keep(
    chat: ChatId, account: MaxUserId, author: str, *, kept_on: bool, data_dir: Path | None
) -> Keeping:
    wiring = wiring_for(data_dir, Server.POSTGRES)
    async with wiring.engine(pool_size=1) as engine, transaction(engine) as connection:
        await _known(connection, chat)
        if kept_on:
            return await kept.keep(connection, chat, account, author)
        released = await kept.release(connection, chat, account)
        return Keeping.KEPT if released else Keeping.ALREADY


async def _known(connection: AsyncConnection, chat: ChatId) -> None:
    if await queue.unknown(connection, [chat]):
        message = f"no such chat: {chat}; the view dashboard.chats lists them"
        raise CommandFailed(message)
