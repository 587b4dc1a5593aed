"""A school's latest initialising, as whoever may begin one sees it; read behind the fence.

How a chat stands is asked at each look, so what is told of it does not outlive its cause.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.chat_standings import ChatStanding
from domain.chats import ChatKind
from domain.ids import ChatId, SchoolId
from domain.initialising import Fate
from projections.staff.chat_search import COUNTED, JUDGED
from projections.staff.names import PersonName, names_of
from projections.staff.standings import STANDING

_LATEST: Final = text("""
    SELECT run_id, started_by, started_at, ended_at, kinds, drops_by_hand, dropped, approved
      FROM initialisations WHERE school_id = :school
     ORDER BY ended_at IS NULL DESC, started_at DESC LIMIT 1""")

_CHATS: Final = text(f"""
    SELECT i.chat_id, c.title, c.kind, i.fate, i.settled_at IS NOT NULL AS settled,
           {STANDING} AS standing
      FROM initialised_chats i
      JOIN chats c USING (chat_id)
      {JUDGED}
      {COUNTED}
     WHERE i.run_id = :run AND c.school_id = :school
     ORDER BY c.title_key, i.chat_id""")  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class InitialisedChat:
    """One chat of it, and how it stands now; ``settled``: it was looked at since."""

    chat_id: ChatId
    title: str
    kind: ChatKind
    fate: Fate
    settled: bool
    standing: ChatStanding


@dataclass(frozen=True, slots=True)
class Initialisation:
    """The latest; ``ended_at`` is None while it is under way, ``starter`` who asks may know."""

    started_by: str
    starter: PersonName | None
    started_at: datetime
    ended_at: datetime | None
    kinds: frozenset[ChatKind]
    drops_by_hand: bool
    dropped: int
    approved: int
    chats: tuple[InitialisedChat, ...]

    @property
    def made(self) -> int:
        """How many chats were not there, or not any more."""
        return sum(chat.fate.makes for chat in self.chats)

    @property
    def settled(self) -> int:
        """How many chats are through."""
        return sum(chat.settled for chat in self.chats)


async def latest(connection: AsyncConnection, school_id: SchoolId) -> Initialisation | None:
    """The school's latest, if there ever was one that is for who asks."""
    row = (await connection.execute(_LATEST, {"school": school_id})).one_or_none()
    if row is None:
        return None
    names = await names_of(connection, [row.started_by])
    rows = await connection.execute(_CHATS, {"run": row.run_id, "school": school_id})
    return Initialisation(
        started_by=row.started_by,
        starter=names.get(row.started_by),
        started_at=row.started_at,
        ended_at=row.ended_at,
        kinds=frozenset(map(ChatKind, row.kinds)),
        drops_by_hand=row.drops_by_hand,
        dropped=row.dropped,
        approved=row.approved,
        chats=tuple(
            InitialisedChat(
                ChatId(each.chat_id),
                each.title,
                ChatKind(each.kind),
                Fate(each.fate),
                each.settled,
                ChatStanding(each.standing),
            )
            for each in rows
        ),
    )


async def under_way(connection: AsyncConnection, school_id: SchoolId) -> bool:
    """Whether one is under way in the school, for who asks to see."""
    found = await connection.execute(
        text("SELECT 1 FROM initialisations WHERE school_id = :school AND ended_at IS NULL"),
        {"school": school_id},
    )
    return found.one_or_none() is not None
