"""Whose chat is next: the best lane first, and within it the schools take turns.

Fair queueing by virtual time: each claim moves its school's turn on by one over its weight,
and the school whose turn is least goes next. Guarantees: however much one school has to do,
another's chat in the same lane waits for one chat of each school at most; a school that was
idle saves up no turns. Of one school's chats the one that is due longest goes first, in a replay
in the order of ``domain.backlog``.
"""

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.lanes import Lane
from projections.database import Driver

ATTEMPTS = 3
"""How often to look again where other workers took the school's only chat in between."""

# The inner limits keep PostgreSQL from joining whole lanes: one look at an index each.
_LANE = text("""
    SELECT w.lane FROM unnest(CAST(:lanes AS smallint[])) AS w (lane), LATERAL (
           SELECT FROM chat_sync s
            WHERE s.lane = w.lane AND s.due_at <= (SELECT clock_now())
              AND (s.lease_until IS NULL OR s.lease_until <= (SELECT clock_now()))
            ORDER BY s.due_at LIMIT 1) AS due
     ORDER BY w.lane LIMIT 1""")

# By turn, so that the first school with a free chat ends the search.
_SCHOOL = text("""
    SELECT t.school_id FROM (SELECT school_id, turn FROM school_turns
                              ORDER BY turn, school_id) AS t, LATERAL (
           SELECT FROM chat_sync s
            WHERE s.lane = :lane AND s.school_id = t.school_id
              AND s.due_at <= (SELECT clock_now())
              AND (s.lease_until IS NULL OR s.lease_until <= (SELECT clock_now()))
            ORDER BY s.due_at LIMIT 1) AS due
     ORDER BY t.turn, t.school_id LIMIT 1""")

_TAKE = text("""
    UPDATE chat_sync SET lease_token = lease_token + 1,
           lease_until = clock_now() + make_interval(secs => :seconds)
     WHERE chat_id = (
           SELECT chat_id FROM chat_sync
            WHERE lane = :lane AND school_id = :school AND due_at <= (SELECT clock_now())
              AND (lease_until IS NULL OR lease_until <= (SELECT clock_now()))
            ORDER BY CASE WHEN :lane = :replay THEN place END, due_at
            LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING chat_id, lease_token, lane""")

_MOVE_ON = text("""
    WITH began AS (
        UPDATE turn_clock SET now = greatest(
               now, (SELECT turn FROM school_turns WHERE school_id = :school))
        RETURNING now)
    UPDATE school_turns SET turn = began.now + 1 / weight FROM began WHERE school_id = :school""")

_BEGIN = """
    INSERT INTO school_turns (school_id)
    SELECT school_id FROM fact_schools s
     WHERE NOT EXISTS (SELECT FROM school_turns t WHERE t.school_id = s.school_id)
     ORDER BY school_id ON CONFLICT DO NOTHING"""

_LANES = sorted(int(lane) for lane in Lane)


async def begin(driver: Driver) -> None:
    """Give every known school its turns; to be committed at once.

    A chat's row sees to it too. But whoever writes the first chats of a new school has everybody
    wait who writes others of it, until all is committed: then workers derive one after another.
    """
    await driver.execute(_BEGIN)


async def take(connection: AsyncConnection, seconds: float) -> Row[tuple[str, int, int]] | None:
    """Lease the next chat for ``seconds``: its id, the lease's token, its lane."""
    for _ in range(ATTEMPTS):
        lane = (await connection.execute(_LANE, {"lanes": _LANES})).scalar_one_or_none()
        if lane is None:
            return None
        school = (await connection.execute(_SCHOOL, {"lane": lane})).scalar_one_or_none()
        place = {
            "lane": lane, "school": school, "seconds": seconds, "replay": int(Lane.REPLAY)
        }  # fmt: skip
        taken = (await connection.execute(_TAKE, place)).one_or_none()
        if taken is not None:
            await connection.execute(_MOVE_ON, {"school": school})
            return taken
    return None
