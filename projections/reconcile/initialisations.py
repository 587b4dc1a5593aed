"""Initialising under way: who began it, which chats it is about, and when it is over.

Guarantees: of a school one is under way at most, whoever begins it and however many at once. A
chat is through when it was derived and looked at since; what it is later is no more of this. It
ends when all are through, and an hour after its start in any case, by whatever clock: what is
left then goes on as every chat does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from domain.initialising import Fate, InitialisingWish

LONGEST_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Start:
    """One start; ``by`` is who began it."""

    run_id: UUID
    wish: InitialisingWish
    by: str
    confirmed: str
    dropped: int = 0
    approved: int = 0


# Waits for whoever begins at the same time, and begins nothing where they did.
_BEGIN = text("""
    INSERT INTO initialisations (run_id, school_id, started_by, started_at, kinds, drops_by_hand,
                                 confirmed, dropped, approved)
    VALUES (:run, :school, :by, clock_now(), :kinds, :drops, :confirmed, 0, 0)
    ON CONFLICT (school_id) WHERE ended_at IS NULL DO NOTHING RETURNING 1""")

# While a chat has a mark it is not derived; while it is due it was not looked at, or is again.
_SETTLE = text("""
    UPDATE initialised_chats i SET settled_at = clock_now()
      FROM chat_sync s
     WHERE s.chat_id = i.chat_id AND i.settled_at IS NULL
       AND i.run_id IN (SELECT run_id FROM initialisations WHERE ended_at IS NULL)
       AND NOT EXISTS (SELECT FROM stale_entities m WHERE m.kind = 'chat' AND m.id = i.chat_id)
       AND s.attempts = 0 AND coalesce(s.due_at > clock_now(), true)""")

_END = text("""
    UPDATE initialisations r SET ended_at = clock_now()
     WHERE ended_at IS NULL
       AND (abs(extract(epoch FROM clock_now() - started_at)) > :longest
            OR NOT EXISTS (SELECT FROM initialised_chats i
                            WHERE i.run_id = r.run_id AND i.settled_at IS NULL))""")


async def end_those_over(connection: AsyncConnection) -> None:
    """Note which chats are through, and end what is over."""
    await connection.execute(_SETTLE)
    await connection.execute(_END, {"longest": LONGEST_SECONDS})


async def begin(connection: AsyncConnection, start: Start) -> bool:
    """Begin it; False where another is under way in the school."""
    begun = await connection.execute(
        _BEGIN,
        {
            "run": start.run_id,
            "school": start.wish.school_id,
            "by": start.by,
            "kinds": sorted(kind.value for kind in start.wish.kinds),
            "drops": start.wish.drops_by_hand,
            "confirmed": start.confirmed,
        },
    )
    return begun.one_or_none() is not None


async def note(
    connection: AsyncConnection, start: Start, chats: Iterable[tuple[ChatId, Fate]]
) -> None:
    """What was begun, instead of what an earlier start of the school was about."""
    await connection.execute(
        text("DELETE FROM initialised_chats WHERE school_id = :school"),
        {"school": start.wish.school_id},
    )
    listed = list(chats)
    await connection.execute(
        text("""INSERT INTO initialised_chats (run_id, chat_id, school_id, fate)
                SELECT :run, c.chat_id, :school, c.fate
                  FROM unnest(CAST(:chats AS text[]), CAST(:fates AS text[])) AS c (chat_id, fate)
                  JOIN chats USING (chat_id)"""),
        {
            "run": start.run_id,
            "school": start.wish.school_id,
            "chats": [chat for chat, _ in listed],
            "fates": [fate.value for _, fate in listed],
        },
    )
    await connection.execute(
        text("""UPDATE initialisations SET dropped = :dropped, approved = :approved
                 WHERE run_id = :run"""),
        {"run": start.run_id, "dropped": start.dropped, "approved": start.approved},
    )


async def same_again(connection: AsyncConnection, start: Start) -> bool:
    """Whether what is under way is this very start, sent twice."""
    found = await connection.execute(
        text("""SELECT started_by, confirmed, kinds, drops_by_hand FROM initialisations
                 WHERE school_id = :school AND ended_at IS NULL"""),
        {"school": start.wish.school_id},
    )
    row = found.one_or_none()
    if row is None or (row.started_by, row.confirmed) != (start.by, start.confirmed):
        return False
    kinds = sorted(kind.value for kind in start.wish.kinds)
    return (sorted(row.kinds), row.drops_by_hand) == (kinds, start.wish.drops_by_hand)
