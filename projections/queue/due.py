"""Leases on due chats: taken in the order of lanes, fenced by a token, given back with a date.

Guarantees: one holder a chat until the lease's deadline on database time; a mark that came
while the chat was worked on is never cleared (the due generation tells); whoever lost the
lease changes nothing.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import ChatId
from domain.lanes import Lane
from domain.work import Done, Lease, Outcome, Work, requeue
from projections.database import Driver, driver, wake
from projections.queue import school_turns

CHANNEL = "rollcall_due"
"""The NOTIFY channel that says: some chat became due."""

_CLAIM_ONE = text("""
    UPDATE chat_sync SET lease_token = lease_token + 1,
           lease_until = clock_now() + make_interval(secs => :seconds)
     WHERE chat_id = :chat AND (lease_until IS NULL OR lease_until <= clock_now())
    RETURNING chat_id, lease_token, lane""")

_FINISH = text("""
    UPDATE chat_sync s SET lease_until = NULL, attempts = f.attempts,
           failing_since = CASE WHEN f.attempts > 0
                                THEN coalesce(s.failing_since, clock_now()) END,
           failing_because = f.failure,
           waiting = f.waiting,
           waiting_since = CASE WHEN f.waiting IS NULL THEN NULL
                                WHEN f.waiting = s.waiting THEN s.waiting_since
                                ELSE clock_now() END,
           due_at = CASE WHEN s.due_generation <> coalesce(f.generation, s.due_generation)
                         THEN s.due_at
                         ELSE least(clock_now() + make_interval(secs => f.due_in),
                                    f.next_at) END,
           last_converged_at = CASE WHEN f.done THEN clock_now() ELSE s.last_converged_at END
      FROM (SELECT CAST(:attempts AS int) AS attempts, CAST(:failure AS text) AS failure,
                   CAST(:waiting AS text) AS waiting, CAST(:generation AS bigint) AS generation,
                   CAST(:due_in AS float8) AS due_in, CAST(:done AS boolean) AS done,
                   CAST(:next_at AS timestamptz) AS next_at) f
     WHERE s.chat_id = :chat AND s.lease_token = :token""")


# Locked in the order of ids: a chat may be due for an account that another worker saw change.
_DUE = """
    WITH due AS MATERIALIZED (
        SELECT s.chat_id, m.lane
          FROM chat_sync s
          JOIN unnest(CAST(:chats AS text[]), CAST(:lanes AS smallint[])) AS m (chat_id, lane)
               USING (chat_id)
         ORDER BY s.chat_id FOR NO KEY UPDATE OF s)
    UPDATE chat_sync s
       SET lane = CASE WHEN s.due_at IS NULL THEN due.lane ELSE least(s.lane, due.lane) END,
           due_at = least(s.due_at, clock_now()),
           due_generation = s.due_generation + 1
      FROM due WHERE s.chat_id = due.chat_id"""

_UNREAD = text("""
    UPDATE chat_sync SET observed_at = NULL, due_generation = due_generation + 1,
           lane = CASE WHEN due_at IS NULL THEN CAST(:lane AS smallint)
                       ELSE least(lane, CAST(:lane AS smallint)) END,
           due_at = least(due_at, greatest(clock_now() + make_interval(secs => :gather),
                                           read_from + make_interval(secs => :apart)))
     WHERE chat_id = :chat""")


async def claim(
    connection: AsyncConnection, seconds: float, chat_id: str | None = None
) -> Lease | None:
    """Lease the next due chat (``school_turns``), or the one named, for ``seconds``."""
    if chat_id is None:
        row = await school_turns.CHATS.take(connection, seconds)
    else:
        found = await connection.execute(_CLAIM_ONE, {"seconds": seconds, "chat": chat_id})
        row = found.one_or_none()
    return None if row is None else Lease(ChatId(row.chat_id), row.lease_token, Lane(row.lane))


async def extend(connection: AsyncConnection, lease: Lease, seconds: float) -> int | None:
    """Move the lease's deadline, with the row locked; None where it is not ours any more.

    The number is the chat's generation: it grows with whatever makes the chat due.
    """
    extended = await connection.execute(
        text("""UPDATE chat_sync SET lease_until = clock_now() + make_interval(secs => :seconds)
                 WHERE chat_id = :chat AND lease_token = :token AND lease_until > clock_now()
                RETURNING due_generation"""),
        {"chat": lease.chat_id, "token": lease.token, "seconds": seconds},
    )
    return extended.scalar_one_or_none()


async def holds(connection: AsyncConnection, lease: Lease) -> bool:
    """Whether nobody has taken the chat over since; its row is locked then."""
    found = await connection.execute(
        text("SELECT lease_token FROM chat_sync WHERE chat_id = :chat FOR UPDATE"),
        {"chat": lease.chat_id},
    )
    return bool(found.scalar_one() == lease.token)


async def finish(
    connection: AsyncConnection,
    lease: Lease,
    work: Work | None,
    outcome: Outcome,
    next_at: datetime | None,
) -> None:
    """Give the lease back, which is held; the chat is due at ``next_at`` at the latest.

    ``work`` is None where the chat could not even be loaded: it waits all the same.
    """
    following = requeue(outcome, work.attempts if work else await _attempts(connection, lease))
    await connection.execute(
        _FINISH,
        {
            "chat": lease.chat_id,
            "token": lease.token,
            "generation": work.generation if work else None,
            "due_in": following.due_in,
            "waiting": None if following.waiting is None else following.waiting.value,
            "attempts": following.attempts,
            "failure": following.failure,
            "done": isinstance(outcome, Done),
            "next_at": next_at,
        },
    )


async def _attempts(connection: AsyncConnection, lease: Lease) -> int:
    found = await connection.execute(
        text("SELECT attempts FROM chat_sync WHERE chat_id = :chat"), {"chat": lease.chat_id}
    )
    return int(found.scalar_one())


async def mark_due(connection: AsyncConnection, chat_ids: Collection[ChatId], lane: Lane) -> None:
    """These chats are to be looked at now, unless they already are in a better lane."""
    await mark_due_in_lanes(await driver(connection), dict.fromkeys(chat_ids, lane))


async def mark_due_in_lanes(store: Driver, chats: Mapping[ChatId, Lane]) -> None:
    """As ``mark_due``, each chat in a lane of its own."""
    if chats:
        ordered = sorted(chats)
        await store.execute(_DUE, chats=ordered, lanes=[int(chats[chat]) for chat in ordered])
        wake(CHANNEL)


async def mark_unread(
    connection: AsyncConnection, chat_id: ChatId, lane: Lane, gather: float, apart: float
) -> None:
    """The chat is to be read: ``gather`` seconds from now, ``apart`` from the read before."""
    asked = {"chat": chat_id, "lane": int(lane), "gather": gather, "apart": apart}
    await connection.execute(_UNREAD, asked)
    wake(CHANNEL)


async def look_at_all(connection: AsyncConnection) -> None:
    """Every chat that exists is to be looked at when nothing better is due."""
    await connection.execute(
        text("""
            UPDATE chat_sync SET due_generation = due_generation + 1,
                   lane = CASE WHEN due_at IS NULL THEN CAST(:lane AS smallint) ELSE lane END,
                   due_at = least(due_at, clock_now())
             WHERE max_chat_id IS NOT NULL"""),
        {"lane": int(Lane.RESYNC)},
    )
    wake(CHANNEL)


async def unknown(connection: AsyncConnection, chat_ids: list[ChatId]) -> list[ChatId]:
    """Which of these are not chats of ours."""
    rows = await connection.execute(
        text("SELECT chat_id FROM chat_sync WHERE chat_id = ANY(:chats)"), {"chats": chat_ids}
    )
    known = {row.chat_id for row in rows}
    return [chat_id for chat_id in chat_ids if chat_id not in known]
