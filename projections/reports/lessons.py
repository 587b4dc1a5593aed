"""How one lesson stands, for operators: the register's word, the last decision, the call."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.ids import LessonId

_ONE = text("""
    SELECT f.lesson_id, f.school_id, f.group_id AS subject_group_id, f.teacher_id, f.starts_at,
           f.ends_at, f.cancelled, coalesce(d.choice, '') <> '' AS wanted, d.author,
           d.at AS decided_at, l.standing, l.state, l.failing_because
      FROM fact_lessons f
      LEFT JOIN dashboard.lessons l USING (lesson_id)
      LEFT JOIN LATERAL (
           SELECT choice, author, at FROM decisions d WHERE d.lesson_id = f.lesson_id
            ORDER BY at DESC, decision_id COLLATE "C" DESC LIMIT 1) d ON true
     WHERE f.lesson_id = :lesson""")


@dataclass(frozen=True, slots=True)
class LessonStanding:
    """A lesson; ``standing`` and ``state`` are those of ``dashboard.lessons``.

    They are None where nobody ever decided about it; ``author`` is of the last decision.
    """

    lesson_id: str
    school_id: str
    subject_group_id: str
    teacher_id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    wanted: bool
    author: str | None
    decided_at: datetime | None
    standing: str | None
    state: str | None
    failing_because: str | None


async def one(connection: AsyncConnection, lesson_id: LessonId) -> LessonStanding | None:
    """The lesson; None where the register has told of none."""
    row = (await connection.execute(_ONE, {"lesson": lesson_id})).one_or_none()
    return None if row is None else LessonStanding(*row)
