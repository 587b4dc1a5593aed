"""What people changed in the messenger and what is not over yet: counted, and listed for people.

An entry is open until the chat is as it should be again (``docs/drift.md``). Guarantees: every
question about what is open goes by the index of open entries, so it costs what is open and not
what ever was; accounts and ids are told, names are not.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

What = Literal["", "proposals", "left"]
"""Everything that is open, what a person may decide, or who went out and is not put back yet."""

PROPOSAL: Final = "(d.kind = 'added_by_administrator' AND d.due_at IS NOT NULL)"
LEFT: Final = "(d.kind IN ('left', 'removed_by_administrator') AND NOT d.insists)"

_OF: Final = {"": "true", "proposals": PROPOSAL, "left": LEFT}

_FOUND = """
      FROM drift d JOIN chats c USING (chat_id)
     WHERE d.resolution IS NULL AND (:school = '' OR c.school_id = :school) AND """

_COUNT = {what: text(f"SELECT count(*) {_FOUND} {only}") for what, only in _OF.items()}

# What ends by itself first stands first; then the newest.
_LISTED = {
    what: text(f"""
    SELECT d.chat_id, c.school_id, c.title, d.kind, d.max_user_id,
           (SELECT min(p.person_id) FROM fact_profiles p
             WHERE p.max_user_id = d.max_user_id) AS person_id,
           d.by_user_id, d.seen_at, d.due_at, d.insists, {PROPOSAL} AS is_proposal
           {_FOUND} {only}
     ORDER BY d.due_at NULLS LAST, d.seen_at DESC, d.entry
     LIMIT :size OFFSET :start""")  # noqa: S608 - constants
    for what, only in _OF.items()
}


_ENTRIES = text("""
    SELECT chat_id, kind, max_user_id, person_id, by_user_id, seen_at, due_at, is_proposal,
           resolution
      FROM dashboard.drift WHERE :everything OR resolution IS NULL
     ORDER BY seen_at DESC LIMIT :limit""")


@dataclass(frozen=True, slots=True)
class DriftEntry:
    """A row of ``dashboard.drift``: one change, and what became of it."""

    chat_id: str
    kind: str
    max_user_id: int | None
    person_id: str | None
    by_user_id: int | None
    seen_at: datetime
    due_at: datetime | None
    is_proposal: bool
    resolution: str | None


@dataclass(frozen=True, slots=True)
class OpenDrift:
    """One change that is not over. ``person_id`` is one who is linked to the account now.

    ``due_at``: when a proposal ends, or who went out is put back; ``insists``: at once.
    """

    chat_id: str
    school_id: str
    title: str
    kind: str
    max_user_id: int | None
    person_id: str | None
    by_user_id: int | None
    seen_at: datetime
    due_at: datetime | None
    insists: bool
    is_proposal: bool


async def count(connection: AsyncConnection, what: What, school_id: str) -> int:
    """How many are open, in one school or (empty) in all."""
    return int((await connection.execute(_COUNT[what], {"school": school_id})).scalar_one())


async def listed(
    connection: AsyncConnection, what: What, school_id: str, start: int, size: int
) -> list[OpenDrift]:
    """``size`` of them from ``start`` on."""
    values = {"school": school_id, "start": start, "size": size}
    rows = await connection.execute(_LISTED[what], values)
    return [OpenDrift(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name


async def entries(connection: AsyncConnection, limit: int, *, everything: bool) -> list[DriftEntry]:
    """What is open, or everything that ever was, the newest first."""
    rows = await connection.execute(_ENTRIES, {"everything": everything, "limit": limit})
    return [DriftEntry(**row._mapping) for row in rows]  # noqa: SLF001 - as above
