"""Whose chat, or lesson, is next: the best lane first, and within it the schools take turns.

Fair queueing by virtual time, for each queue by itself: each claim moves its school's turn on by
one over its weight, and the school whose turn is least goes next. Guarantees: however much one
school has to do, another's chat in the same lane waits for one chat of each school at most; a
school that was idle saves up no turns. Of one school's own what is due longest goes first, and
chats in a replay in the order of ``domain.backlog``.
"""

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.lanes import Lane
from projections.database import Driver

ATTEMPTS = 3
"""How often to look again where other workers took the school's only chat in between."""

# The inner limits keep PostgreSQL from joining whole lanes: one look at an index each.
_LANE = """
    SELECT w.lane FROM unnest(CAST(:lanes AS smallint[])) AS w (lane), LATERAL (
           SELECT FROM {queue} s
            WHERE s.lane = w.lane AND s.due_at <= (SELECT clock_now())
              AND (s.lease_until IS NULL OR s.lease_until <= (SELECT clock_now()))
            ORDER BY s.due_at LIMIT 1) AS due
     ORDER BY w.lane LIMIT 1"""

# By turn, so that the first school with something free ends the search.
_SCHOOL = """
    SELECT t.school_id FROM (SELECT school_id, turn FROM school_turns WHERE queue = '{queue}'
                              ORDER BY turn, school_id) AS t, LATERAL (
           SELECT FROM {queue} s
            WHERE s.lane = :lane AND s.school_id = t.school_id
              AND s.due_at <= (SELECT clock_now())
              AND (s.lease_until IS NULL OR s.lease_until <= (SELECT clock_now()))
            ORDER BY {order} LIMIT 1) AS due
     ORDER BY t.turn, t.school_id LIMIT 1"""

_TAKE = """
    UPDATE {queue} SET lease_token = lease_token + 1,
           lease_until = clock_now() + make_interval(secs => :seconds)
     WHERE {key} = (
           SELECT {key} FROM {queue}
            WHERE lane = :lane AND school_id = :school AND due_at <= (SELECT clock_now())
              AND (lease_until IS NULL OR lease_until <= (SELECT clock_now()))
            ORDER BY {order} LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING {key}, lease_token, lane"""

_MOVE_ON = """
    WITH began AS (
        UPDATE turn_clock SET now = greatest(now, (
                   SELECT turn FROM school_turns WHERE (queue, school_id) = ('{queue}', :school)))
         WHERE queue = '{queue}' RETURNING now)
    UPDATE school_turns SET turn = began.now + 1 / weight
      FROM began WHERE (queue, school_id) = ('{queue}', :school)"""

_BEGIN = """
    INSERT INTO school_turns (queue, school_id)
    SELECT 'chat_sync', school_id FROM fact_schools s
     WHERE NOT EXISTS (SELECT FROM school_turns t
                        WHERE (t.queue, t.school_id) = ('chat_sync', s.school_id))
     ORDER BY school_id ON CONFLICT DO NOTHING"""

_LANES = sorted(int(lane) for lane in Lane)


class SchoolTurns:
    """The turns of one queue, a table whose rows are found by ``key``.

    ``order``: which row of a school and a lane is next, as an index has it to the letter, so that
    a claim reads a few rows however many are due.
    """

    def __init__(self, queue: str, key: str, order: str = "due_at") -> None:
        self._lane, self._school, self._take, self._move_on = (
            text(each.format(queue=queue, key=key, order=order))
            for each in (_LANE, _SCHOOL, _TAKE, _MOVE_ON)
        )

    async def take(
        self, connection: AsyncConnection, seconds: float
    ) -> Row[tuple[str, int, int]] | None:
        """Lease the next of the queue for ``seconds``: its key, the lease's token, its lane."""
        for _ in range(ATTEMPTS):
            lane = (await connection.execute(self._lane, {"lanes": _LANES})).scalar_one_or_none()
            if lane is None:
                return None
            school = (await connection.execute(self._school, {"lane": lane})).scalar_one_or_none()
            place = {"lane": lane, "school": school, "seconds": seconds}
            taken = (await connection.execute(self._take, place)).one_or_none()
            if taken is not None:
                await connection.execute(self._move_on, {"school": school})
                return taken
        return None


async def begin(driver: Driver) -> None:
    """Give every known school its turns with chats; to be committed before its chats are written.

    A chat's row sees to it too. But whoever writes the first chats of a new school has everybody
    wait who writes others of it, until all is committed: then workers derive one after another.
    """
    await driver.execute(_BEGIN)


CHATS = SchoolTurns(
    "chat_sync", "chat_id", f"CASE WHEN lane = {int(Lane.REPLAY)} THEN place END, due_at"
)
LESSONS = SchoolTurns("lesson_calls", "lesson_id")
