"""The queue of lessons whose call is to be looked at: leases, dates, and how they become due.

Guarantees: one holder a lesson until the lease's deadline on database time, fenced by a token; a
mark that comes while a lesson is worked on is never cleared; and no wake-up can be lost for long,
since ``sweep`` compares what each call was last looked at by with what there is now. What begins
soon goes before all else, and within a lane the schools take turns.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import LessonId
from domain.lanes import Lane
from domain.lesson_outcomes import LessonQueue
from domain.lesson_work import LessonLease, Seen
from projections.queue import school_turns

_EXTEND = text("""
    UPDATE lesson_calls SET lease_until = clock_now() + make_interval(secs => :seconds)
     WHERE lesson_id = :lesson AND lease_token = :token AND lease_until > clock_now()
    RETURNING lesson_id""")

_FINISH = text("""
    UPDATE lesson_calls l SET lease_until = NULL, attempts = f.attempts, seen = f.seen,
           live = f.live,
           failing_since = CASE WHEN f.attempts > 0 THEN coalesce(l.failing_since, clock_now()) END,
           failing_because = f.failure, waiting = f.waiting,
           waiting_since = CASE WHEN f.waiting IS NULL THEN NULL
                                WHEN f.waiting = l.waiting THEN l.waiting_since
                                ELSE clock_now() END,
           due_at = CASE WHEN l.due_generation <> f.generation THEN l.due_at
                         ELSE least(clock_now() + make_interval(secs => f.due_in), f.until) END,
           converged_at = CASE WHEN f.due_in IS NULL THEN clock_now() ELSE l.converged_at END
      FROM (SELECT CAST(:attempts AS int) AS attempts, CAST(:failure AS text) AS failure,
                   CAST(:waiting AS text) AS waiting, CAST(:generation AS bigint) AS generation,
                   CAST(:due_in AS float8) AS due_in, CAST(:until AS timestamptz) AS until,
                   CAST(:seen AS text) AS seen, CAST(:live AS boolean) AS live) f
     WHERE l.lesson_id = :lesson AND l.lease_token = :token""")

GATE_SECONDS = 1.0
"""How soon a lesson is looked at again whose call may not be made now."""

_RELEASE = text("""
    UPDATE lesson_calls
       SET lease_until = NULL, due_at = clock_now() + make_interval(secs => :seconds)
     WHERE lesson_id = :lesson AND lease_token = :token""")

# In the order of ids, and past whatever somebody works on: it is compared again in a moment.
_SWEEP = text("""
    WITH changed AS MATERIALIZED (
        SELECT l.lesson_id, w.school_id
          FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id)
         WHERE (l.live OR :everything) AND l.seen IS DISTINCT FROM w.fingerprint
           AND (l.due_at IS NULL OR l.due_at > clock_now())
         ORDER BY l.lesson_id FOR NO KEY UPDATE OF l SKIP LOCKED)
    UPDATE lesson_calls l
       SET lane = CASE WHEN due_at IS NULL THEN CAST(:lane AS smallint)
                       ELSE least(lane, CAST(:lane AS smallint)) END,
           due_at = clock_now(), due_generation = due_generation + 1, live = true,
           school_id = coalesce(c.school_id, l.school_id)
      FROM changed c WHERE l.lesson_id = c.lesson_id""")

SOON_SECONDS = 3600.0
"""What begins within it, or runs, is put right before what has time."""

# By the register's times and by those of the call that there is: one that was moved away from the
# next minutes is still there, and would let people in.
_HURRY = text("""
    WITH soon AS MATERIALIZED (
        SELECT l.lesson_id FROM lesson_calls l
         WHERE l.due_at <= (SELECT clock_now()) AND l.lane > CAST(:lane AS smallint)
           AND EXISTS (
               SELECT FROM (SELECT f.starts_at, f.ends_at FROM fact_lessons f
                             WHERE f.lesson_id = l.lesson_id
                             UNION ALL
                            SELECT CAST(p->>'starts_at' AS timestamptz),
                                   CAST(p->>'ends_at' AS timestamptz)
                              FROM jsonb_array_elements(l.plans) p) t
                WHERE t.starts_at <= clock_now() + make_interval(secs => :seconds)
                  AND t.ends_at > clock_now())
         ORDER BY l.lesson_id FOR NO KEY UPDATE OF l SKIP LOCKED)
    UPDATE lesson_calls l SET lane = CAST(:lane AS smallint)
      FROM soon s WHERE l.lesson_id = s.lesson_id""")

# Of what is over and settled nothing can be wanted but by the register's moving it.
_OVER = text("""
    WITH over AS MATERIALIZED (
        SELECT l.lesson_id FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id)
         WHERE l.live AND l.due_at IS NULL AND l.seen = w.fingerprint
           AND w.ends_at < clock_now() - interval '1 hour'
         ORDER BY l.lesson_id FOR NO KEY UPDATE OF l SKIP LOCKED)
    UPDATE lesson_calls l SET live = false FROM over o WHERE l.lesson_id = o.lesson_id""")


async def claim(connection: AsyncConnection, seconds: float) -> LessonLease | None:
    """Lease the next due lesson for ``seconds``."""
    row = await school_turns.LESSONS.take(connection, seconds)
    if row is None:
        return None
    return LessonLease(LessonId(row.lesson_id), row.lease_token, Lane(row.lane))


async def extend(connection: AsyncConnection, lease: LessonLease, seconds: float) -> bool:
    """Move the lease's deadline, with the row locked; False where it is not ours any more."""
    given = {"lesson": lease.lesson_id, "token": lease.token, "seconds": seconds}
    return (await connection.execute(_EXTEND, given)).one_or_none() is not None


async def finish(
    connection: AsyncConnection, lease: LessonLease, seen: Seen, following: LessonQueue
) -> None:
    """Give the lease back, if it is still held, with the lesson's next date."""
    settled = following.due_in is None and following.until is None
    await connection.execute(
        _FINISH,
        {
            "lesson": lease.lesson_id,
            "token": lease.token,
            "attempts": following.attempts,
            "failure": following.failure,
            "waiting": following.waiting and following.waiting.value,
            "generation": seen.generation,
            "due_in": following.due_in,
            "until": following.until,
            "seen": seen.fingerprint,
            "live": not (settled and seen.over),
        },
    )


async def release(connection: AsyncConnection, lease: LessonLease) -> None:
    """Give the lease back of a lesson whose call may not be made now; it has not failed."""
    given = {"lesson": lease.lesson_id, "token": lease.token, "seconds": GATE_SECONDS}
    await connection.execute(_RELEASE, given)


async def sweep(connection: AsyncConnection, *, everything: bool = False) -> int:
    """Have those looked at of which something has changed; how many they were.

    What begins soon is in the lane of live changes, what a person decided in that of staff, and
    what the register says of later days behind both. ``everything``: also lessons that were over,
    which the register may have moved; and those that are over by now are looked at no more.
    """
    given = {"everything": everything, "lane": int(Lane.RESYNC)}
    found = (await connection.execute(_SWEEP, given)).rowcount
    await connection.execute(_HURRY, {"lane": int(Lane.LIVE), "seconds": SOON_SECONDS})
    if everything:
        await connection.execute(_OVER)
    return found
