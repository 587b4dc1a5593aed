"""Decisions about distance lessons, in the journal of all decisions by hand.

Guarantees: a decision, its event for others and for a restored database, and the mark that has the
lesson's call looked at commit together; one that is here already is not recorded twice. One that
was read back from Kafka makes a call doubtful: whoever recorded it may have had the call made.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.decisions import LessonDecision
from domain.ids import LessonId
from domain.lanes import Lane
from projections import outbox
from projections.by_hand.following import time_after
from projections.by_hand.publishing import news_of

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('decide lesson ' || :lesson, 0))")

_NOW = time_after("lesson_id = :lesson")

_RECORD = text("""
    INSERT INTO decisions (decision_id, lesson_id, subject, choice, insists, author, at)
    VALUES (:decision, :lesson, 'lesson', :choice, :insists, :author, :at)
    ON CONFLICT (decision_id) DO NOTHING RETURNING decision_id""")

_MARK = text("""
    INSERT INTO lesson_calls AS l (lesson_id, school_id, standing, lane, due_at)
    VALUES (:lesson, :school, CASE WHEN :doubtful THEN 'asked' ELSE 'none' END, :lane,
            clock_now())
    ON CONFLICT (lesson_id) DO UPDATE
       SET school_id = excluded.school_id,
           lane = CASE WHEN l.due_at IS NULL THEN excluded.lane
                       ELSE least(l.lane, excluded.lane) END,
           due_at = least(l.due_at, excluded.due_at), due_generation = l.due_generation + 1,
           live = true,
           standing = CASE WHEN NOT :doubtful THEN l.standing
                           WHEN l.standing = 'none' THEN 'asked'
                           WHEN l.standing = 'made' THEN 'doubted' ELSE l.standing END""")


async def lock(connection: AsyncConnection, lesson_id: LessonId) -> datetime:
    """Wait until nobody else decides about this lesson; the time that a decision now bears."""
    await connection.execute(_LOCK, {"lesson": lesson_id})
    now: datetime = (await connection.execute(_NOW, {"lesson": lesson_id})).scalar_one()
    return now


async def record(
    connection: AsyncConnection,
    decision: LessonDecision,
    *,
    publish: bool = True,
) -> bool:
    """Keep a decision and have the lesson's call looked at; False where it was known already.

    It is published too, unless it was read back from there.
    """
    given = {
        "decision": decision.decision_id,
        "lesson": decision.lesson_id,
        "choice": decision.title or "",
        "insists": decision.insists,
        "author": decision.author,
        "at": decision.at,
    }
    if (await connection.execute(_RECORD, given)).one_or_none() is None:
        return False
    marked = {
        "lesson": decision.lesson_id,
        "school": decision.school_id,
        "lane": int(Lane.STAFF if publish else Lane.RESYNC),
        "doubtful": not publish,
    }
    await connection.execute(_MARK, marked)
    if publish:
        await outbox.add_all(connection, [_news(decision)])
    return True


def _news(decision: LessonDecision) -> outbox.News:
    said: dict[str, object] = {
        "lesson_id": decision.lesson_id,
        "school_id": decision.school_id,
        "insists": decision.insists,
    }
    if decision.title is not None:
        said["title"] = decision.title
    return news_of(decision, "lesson", decision.lesson_id, said)
