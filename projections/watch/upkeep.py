"""Upkeep: what is done now and then, by one process at a time.

Guarantees: of all processes on a database one does a task, and none of them more often than
it is due. Nothing that decides anything is ever deleted: only what facts replaced, outcomes
that are long settled, removals that no window of the guard can see any more, and events that
are long published.
"""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CLAIM = text("""
    INSERT INTO upkeep AS u (task, last_done) VALUES (:task, clock_now())
    ON CONFLICT (task) DO UPDATE SET last_done = excluded.last_done
     WHERE u.last_done <= excluded.last_done - make_interval(secs => :every)
    RETURNING 1""")

CALLS_DAYS = 7
"""So long after a lesson nobody moves it any more; what is known of its call is let go."""

_INTENTS = text("""
    DELETE FROM lesson_intents WHERE settled_at < clock_now() - make_interval(days => :days)""")

# Whether it is there still, and by which words, is then unknown as after a restore.
_CALLS = text("""
    UPDATE lesson_calls l SET standing = 'asked', call_id = NULL, join_url = NULL, plans = '[]'
      FROM fact_lessons f
     WHERE f.lesson_id = l.lesson_id AND NOT l.live AND l.call_id IS NOT NULL
       AND f.ends_at < clock_now() - make_interval(days => :days)""")

RESERVATIONS_DAYS = 7
"""The guard's longest window is a day; a reservation also stays as long as its call is kept, and
as long as something waits whose windows hold it."""

_RESERVATIONS = text("""
    DELETE FROM removal_reservations r
     WHERE r.spent_at < clock_now() - make_interval(days => :days) AND NOT r.in_doubt
       AND NOT EXISTS (SELECT FROM intents i WHERE i.reservation_id = r.reservation_id)
       AND coalesce(r.spent_at < (
               SELECT min(t.since) - interval '1 day'
                 FROM held_plans h JOIN held_takings t USING (held_id)
                WHERE h.state IN ('held', 'approved', 'rejected')), true)""")

_OLD = {
    "fact_history": text("""
        DELETE FROM fact_history
         WHERE superseded_at < clock_now() - make_interval(days => :days)"""),
    # What somebody was in a chat may go where it is known what they became.
    "membership_history": text("""
        DELETE FROM past_memberships old
         WHERE known_from < clock_now() - make_interval(days => :days)
           AND EXISTS (SELECT FROM membership_history later
                        WHERE later.chat_id = old.chat_id AND later.person_id = old.person_id
                          AND later.entry > old.entry)"""),
    "intents": text("""
        DELETE FROM intents
         WHERE settled_at < clock_now() - make_interval(days => :days)"""),
    "outbox": text("""
        DELETE FROM outbox
         WHERE published_at < clock_now() - make_interval(days => :days)"""),
}


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days what is over is kept."""

    fact_history: int = 400
    membership_history: int = 1200
    intents: int = 60
    outbox: int = 14

    def days(self) -> dict[str, int]:
        """By what is kept."""
        return {kept: getattr(self, kept) for kept in _OLD}


async def claim(connection: AsyncConnection, task: str, every: float) -> bool:
    """Take a task on if nobody has done it within the last ``every`` seconds."""
    claimed = await connection.execute(_CLAIM, {"task": task, "every": every})
    return claimed.one_or_none() is not None


async def is_known(connection: AsyncConnection, task: str) -> bool:
    """Whether the task was ever taken on."""
    found = await connection.execute(
        text("SELECT 1 FROM upkeep WHERE task = :task"), {"task": task}
    )
    return found.one_or_none() is not None


async def forget_old(connection: AsyncConnection, retention: Retention) -> int:
    """Delete what is over for longer than its retention; how many rows that were.

    A person's latest row of membership history stays, however old: it says how they stand.
    """
    deleted = 0
    for kept, days in retention.days().items():
        deleted += (await connection.execute(_OLD[kept], {"days": days})).rowcount
    await connection.execute(_CALLS, {"days": CALLS_DAYS})
    calls = await connection.execute(_INTENTS, {"days": retention.intents})
    deleted += calls.rowcount
    spent = await connection.execute(_RESERVATIONS, {"days": RESERVATIONS_DAYS})
    return deleted + spent.rowcount
