"""How many calls a second the messenger takes, as all processes have found it out together.

Guarantees: a refusal brings the pace down for everybody at once and for each moment once; it
climbs only where all slots of a second were used and nothing was refused meanwhile. Where it
is as set there is no row, and asking costs nothing of its own.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.pace import Pace, faster, slower

ALL = "all"
"""The ring of all calls; a class of calls that is limited by itself has one more."""

_PACE = text("""
    SELECT calls, fine, refused, patience, told,
           extract(epoch FROM clock_now() - changed_at)::float8 AS lasted
      FROM call_limits WHERE ring = :ring FOR UPDATE""")

_SET = text("""
    INSERT INTO call_limits (ring, calls, fine, refused, patience, told, since, changed_at)
    VALUES (:ring, :calls, :fine, :refused, :patience, :told, clock_now(), clock_now())
    ON CONFLICT (ring) DO UPDATE
       SET calls = excluded.calls, fine = excluded.fine, refused = excluded.refused,
           patience = excluded.patience, told = excluded.told, changed_at = excluded.changed_at""")

_LIMITED = text("SELECT ring, calls, since FROM call_limits ORDER BY ring")

LONG = 1e9
"""Seconds that a pace has lasted that nobody ever changed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A limit below the one that is set: of all calls, or of a class; since when."""

    ring: str
    calls: int
    since: datetime


async def refused(
    connection: AsyncConnection, ring: str, most: int, told: int | None
) -> tuple[int, int]:
    """The messenger refused a call for its limit; the pace before and after.

    The caller holds the queue's head, so that nobody else moves the pace meanwhile.
    """
    pace, lasted = await _of(connection, ring, most)
    now = slower(pace, told, lasted)
    if now != pace:
        await _set(connection, ring, now)
    return pace.calls, now.calls


async def climb(connection: AsyncConnection, ring: str, most: int) -> int | None:
    """All slots are used up: try one more, if it is time; the new pace where it is another."""
    pace, lasted = await _of(connection, ring, most)
    if lasted < pace.stays:
        return None
    now = faster(pace, most)
    if now is None or now.calls >= most:
        await connection.execute(text("DELETE FROM call_limits WHERE ring = :ring"), {"ring": ring})
        return most
    await _set(connection, ring, now)
    return now.calls


async def found(connection: AsyncConnection) -> tuple[Found, ...]:
    """The limits that are below what is set."""
    rows = await connection.execute(_LIMITED)
    return tuple(Found(row.ring, row.calls, row.since) for row in rows)


async def _of(connection: AsyncConnection, ring: str, most: int) -> tuple[Pace, float]:
    row = (await connection.execute(_PACE, {"ring": ring})).one_or_none()
    if row is None:
        return Pace(most), LONG
    return Pace(row.calls, row.fine, row.refused, row.patience, told=row.told), row.lasted


async def _set(connection: AsyncConnection, ring: str, pace: Pace) -> None:
    await connection.execute(_SET, {"ring": ring, **asdict(pace)})
