"""What people changed in MAX by themselves, and the accounts that somebody keeps in a chat.

Guarantees: nobody is kept who is not in the chat: an account is seen there before it is let
stay.
"""

from dataclasses import dataclass

from domain.ids import ChatId, MaxUserId, SchoolId
from operations import chats
from operations.errors import NoSuchSchool
from operations.listing import Page, start_of
from operations.store import Engine, Overview
from projections.database import transaction
from projections.guard import kept_accounts as kept
from projections.guard.kept_accounts import Keeping, KeptAccount
from projections.reports import open_drift
from projections.reports.open_drift import DriftEntry, OpenDrift, What
from projections.reports.overview_rows import SchoolName

__all__ = [
    "DriftEntry",
    "Keeping",
    "KeptAccount",
    "OpenChanges",
    "OpenDrift",
    "What",
    "entries",
    "keep",
    "kept_accounts",
    "open_changes",
    "release",
]


async def entries(engine: Engine, limit: int, *, everything: bool) -> list[DriftEntry]:
    """What is open, or everything that ever was, the newest first."""
    async with transaction(engine) as connection:
        return await open_drift.entries(connection, limit, everything=everything)


async def kept_accounts(engine: Engine, limit: int) -> list[KeptAccount]:
    """The accounts that somebody keeps, the newest first."""
    async with transaction(engine) as connection:
        return await kept.listing(connection, limit)


async def keep(engine: Engine, chat_id: ChatId, account: MaxUserId, author: str) -> Keeping:
    """Keep an account in a chat in which nobody expects it.

    Raises:
        AuthorIsNoId: the decision is published, so ``author`` must be an id.
        NoSuchChat: there is none of this id.
    """
    chats.require_id(author)
    async with transaction(engine) as connection:
        await chats.require(connection, [chat_id])
        return await kept.keep(connection, chat_id, account, author)


async def release(engine: Engine, chat_id: ChatId, account: MaxUserId, author: str) -> bool:
    """Keep it no longer; False where it was not kept.

    Raises:
        AuthorIsNoId: the decision is published, so ``author`` must be an id.
        NoSuchChat: there is none of this id.
    """
    chats.require_id(author)
    async with transaction(engine) as connection:
        await chats.require(connection, [chat_id])
        return await kept.release(connection, chat_id, account, author)


@dataclass(frozen=True, slots=True)
class OpenChanges:
    """A page of what is not over; ``school`` is None where all schools were asked for."""

    changes: Page[OpenDrift]
    school: SchoolName | None


async def open_changes(
    store: Overview, what: What, school_id: SchoolId | None, page: int, size: int
) -> OpenChanges:
    """What is not over, in one school or in all, what ends by itself first.

    Raises:
        NoSuchSchool: nothing is known of it.
    """
    school = None if school_id is None else await store.school(school_id)
    if school_id is not None and school is None:
        raise NoSuchSchool(school_id)
    total = await store.drifted(what, school_id or "")
    within, start = start_of(page, size, total)
    rows = await store.changes(what, school_id or "", start, size)
    return OpenChanges(Page(rows, within, size, total), school)
