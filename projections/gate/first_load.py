"""The first load of a register: nothing is marked while it is read, and every school once after it.

While the catch-up is armed nobody acts on what is derived, so halves of the story would be derived
for nothing: a region's orders alone would have each chat derived several times, and mark it for
each. Guarantees: every fact that was committed unmarked is there when its school is marked; what is
marked then is as old as the load, so the catch-up does not end before it is derived; a load that
does not come to its end within ``BOUND_MINUTES`` goes on with marks of its own.
"""

from datetime import datetime
from typing import Final

from domain.lanes import Lane
from projections.database import Driver
from projections.queue import marks
from projections.queue.marks import MarkKind

LONG: Final = 100_000
"""Records that are unread where no chat is known yet: less is marked one by one as ever."""

BOUND_MINUTES: Final = 60

_BEGIN = """
    UPDATE catch_up SET loading_since = clock_now()
     WHERE loading_since IS NULL AND passed_at IS NULL AND NOT EXISTS (SELECT FROM chats)
       AND :long <= (SELECT sum(e.end_off - coalesce(p.next_off, 0)) FROM catch_up_ends e
                    LEFT JOIN ingest_partitions p USING (topic, part, topic_id))"""

_IS_ON = "SELECT loading_since IS NOT NULL FROM catch_up"

_END = """
    UPDATE catch_up c SET loading_since = NULL FROM (SELECT loading_since FROM catch_up) before
     WHERE c.loading_since IS NOT NULL
       AND (c.passed_at IS NOT NULL
            OR c.loading_since < clock_now() - make_interval(mins => :minutes))
    RETURNING before.loading_since"""

_SCHOOLS = """
    SELECT school_id, max(at) AS at
      FROM (SELECT school_id, at FROM fact_schools UNION ALL SELECT school_id, at FROM fact_classes
            UNION ALL SELECT school_id, at FROM fact_subject_groups) AS found
     GROUP BY school_id"""


async def begin(store: Driver) -> None:
    """The ends of the topics are known: mark nothing from here on, if there is a long way to go."""
    await store.execute(_BEGIN, long=LONG)


async def is_on(store: Driver) -> bool:
    """Whether a first load is under way."""
    return bool(await store.fetchval(_IS_ON))


async def spares_marks(store: Driver) -> bool:
    """Whether what this transaction wrote need not be marked; to be asked last in it.

    Where it is so, the load's end waits for this transaction, and sees what it wrote.
    """
    return await is_on(store) and bool(await store.fetchval(f"{_IS_ON} FOR SHARE"))


async def end(store: Driver) -> None:
    """Mark every school where all is read, or the bound is past; the catch-up's row is locked."""
    since = await store.fetchval(_END, minutes=BOUND_MINUTES)
    if since is not None:
        await mark_everything(store, since)


async def mark_everything(store: Driver, since: datetime) -> None:
    """Mark each school of which anything is known; what is to be derived was there ``since``."""
    touched = {
        (MarkKind.SCHOOL.value, row["school_id"], ""): row["at"]
        for row in await store.fetch(_SCHOOLS)
    }
    await marks.set_marks(store, touched, Lane.REPLAY, since)
