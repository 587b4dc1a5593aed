"""Which kinds of chat a school has switched off by hand: of each the latest decision counts.

Guarantees: a decision and the mark that has all chats of the school derived anew commit together
(``decisions.record_all``); of those who decide about one school one writes at a time; to decide
what is so already is no decision.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chats import ChatKind
from domain.decisions import ChatDecision, Deletion, KindDecision, KindSwitch
from domain.ids import ChatId, SchoolId
from domain.lanes import Lane
from projections.by_hand.decisions import record, record_all
from projections.by_hand.following import time_after
from projections.database import Driver, driver
from projections.queue.marks import Cause, mark_chats

_LATEST: Final = """
    SELECT DISTINCT ON (school_id, kind) school_id, kind, choice, author, at
      FROM decisions WHERE subject = 'kind' AND school_id = ANY({schools})
     ORDER BY school_id, kind, at DESC, decision_id COLLATE "C" DESC"""

_OF_SCHOOLS: Final = _LATEST.format(schools="CAST(:schools AS text[])")
_OF_SCHOOL: Final = text(_LATEST.format(schools="ARRAY[CAST(:school AS text)]"))

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('decide kinds ' || :school, 0))")

_NOW: Final = time_after("subject = 'kind' AND school_id = :school")

_DECIDED_ABOUT: Final = text("""
    SELECT clock_now() AS now FROM chats c
     WHERE c.chat_id = :chat
       AND EXISTS (SELECT FROM decisions d WHERE d.subject = 'kind'
                    AND d.school_id = c.school_id AND d.kind = c.kind)""")


@dataclass(frozen=True, slots=True)
class Switched:
    """What was decided last about one kind, by whom and when."""

    choice: KindSwitch
    author: str
    at: datetime


async def switched_off(
    raw: Driver, schools: Collection[SchoolId]
) -> frozenset[tuple[SchoolId, ChatKind]]:
    """The kinds that these schools have switched off."""
    if not schools:
        return frozenset()
    return frozenset(
        (SchoolId(row["school_id"]), ChatKind(row["kind"]))
        for row in await raw.fetch(_OF_SCHOOLS, schools=sorted(schools))
        if row["choice"] == KindSwitch.OFF.value
    )


async def switched(connection: AsyncConnection, school_id: SchoolId) -> dict[ChatKind, Switched]:
    """What was decided of each kind; kinds of which nothing was are left out."""
    rows = await connection.execute(_OF_SCHOOL, {"school": school_id})
    return {
        ChatKind(row.kind): Switched(KindSwitch(row.choice), row.author, row.at) for row in rows
    }


async def switch(
    connection: AsyncConnection,
    school_id: SchoolId,
    kind: ChatKind,
    choice: KindSwitch,
    author: str,
) -> bool:
    """Decide it; False where it is so already."""
    await connection.execute(_LOCK, {"school": school_id})
    known = (await switched(connection, school_id)).get(kind)
    if choice is (KindSwitch.ON if known is None else known.choice):
        return False
    at = (await connection.execute(_NOW, {"school": school_id})).scalar_one()
    return await record(connection, KindDecision(str(uuid4()), school_id, kind, author, at, choice))


async def want(
    connection: AsyncConnection,
    school_id: SchoolId,
    chats: Mapping[ChatId, ChatKind],
    author: str,
) -> None:
    """A person wants these chats, which are not there, though their kind may be switched off."""
    off = await switched_off(await driver(connection), [school_id])
    now = (await connection.execute(_NOW, {"school": school_id})).scalar_one()
    await record_all(
        connection,
        [
            ChatDecision(str(uuid4()), chat_id, author, now, Deletion.KEPT)
            for chat_id, kind in chats.items()
            if (school_id, kind) in off
        ],
    )


async def look_again(connection: AsyncConnection, chat_id: ChatId) -> None:
    """Have a chat derived anew that the messenger has no more: its kind may be off by now."""
    row = (await connection.execute(_DECIDED_ABOUT, {"chat": chat_id})).one_or_none()
    if row is not None:
        await mark_chats(await driver(connection), {chat_id: Cause(Lane.LIVE, row.now)})
