"""Lessons as staff's and families' screens show them, asked behind the fence.

Guarantees: a lesson is told to whoever gives it, to the people of its group and to their parents;
the link into its call only to whom it is open at the moment of asking, and in the representation
of nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.days import zone_of
from domain.ids import ClassId, GroupId, LessonId, PersonId, SchoolId
from domain.lesson_calls import CallPlan
from domain.lesson_outcomes import LessonWait
from domain.lesson_work import Standing
from domain.things import TheLesson
from projections.lessons.rows import plans_of

_COLUMNS: Final = """
           l.lesson_id, l.school_id, l.group_id, l.teacher_id, l.lesson_topic, l.starts_at,
           l.ends_at, l.cancelled, l.subject, l.class_id, l.group_name, l.class_name, l.timezone,
           l.title, l.decision_id, l.standing, l.plans, l.waiting, l.attempts, l.gives,
           l.opens"""

_ONE = text(f"SELECT {_COLUMNS} FROM staff.lessons l WHERE l.lesson_id = :lesson")  # noqa: S608 - a constant

_GIVEN = text(f"""
    SELECT {_COLUMNS} FROM staff.lessons l
     WHERE l.gives AND l.school_id = :school AND l.class_id = ANY(:classes) AND l.subject = :subject
       AND l.starts_at >= :start AND l.starts_at < :end
     ORDER BY l.starts_at, l.group_name, l.lesson_id""")  # noqa: S608 - as above

_CHOICES = text("""
    SELECT DISTINCT l.class_id, coalesce(l.class_name, l.class_id) AS class_name, l.subject,
           staff.sort_key(coalesce(l.class_name, l.class_id)) AS place
      FROM staff.lessons l WHERE l.gives AND l.school_id = :school
     ORDER BY place, l.class_id, l.subject""")

_OF_PERSON = text(f"""
    SELECT {_COLUMNS} FROM staff.lessons l
      JOIN expected_members m ON m.chat_id = 'subject:' || l.group_id AND m.person_id = :person
     WHERE l.starts_at >= :start AND l.starts_at < :end AND NOT l.cancelled
     ORDER BY l.starts_at, l.group_name, l.lesson_id""")  # noqa: S608 - as above

_ZONE = text("""
    SELECT coalesce((SELECT f.timezone FROM expected_members m JOIN chats c USING (chat_id)
                       JOIN fact_schools f ON f.school_id = c.school_id
                      WHERE m.person_id = :person ORDER BY c.kind, c.chat_id LIMIT 1),
                    'Europe/Moscow')""")

_ZONE_OF_SCHOOL = text("""
    SELECT coalesce((SELECT timezone FROM fact_schools WHERE school_id = :school),
                    'Europe/Moscow')""")

_LINK = text("SELECT join_url FROM staff.lesson_links WHERE lesson_id = :lesson")


@dataclass(frozen=True, slots=True)
class SchoolLesson:
    """A lesson. ``title`` is its name as a distance lesson, None where nobody wants one.

    ``decision_id`` is the last decision about it. ``plans`` is how its call is, or may be.
    ``gives`` and ``opens``: what who asks may do with it, as the fence sees it.
    """

    thing: TheLesson
    topic: str
    subject: str
    class_id: ClassId
    class_name: str | None
    group_name: str
    zone: tzinfo
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    title: str | None
    decision_id: str | None
    standing: Standing
    plans: tuple[CallPlan, ...]
    waiting: LessonWait | None
    attempts: int
    gives: bool
    opens: bool

    @property
    def planned(self) -> bool:
        """Whether there is to be a distance lesson."""
        return self.title is not None


def _lesson(row: Row[Any]) -> SchoolLesson:
    return SchoolLesson(
        thing=TheLesson(
            LessonId(row.lesson_id),
            SchoolId(row.school_id),
            GroupId(row.group_id),
            PersonId(row.teacher_id),
        ),
        topic=row.lesson_topic,
        subject=row.subject,
        class_id=ClassId(row.class_id),
        class_name=row.class_name,
        group_name=row.group_name,
        zone=zone_of(row.timezone),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cancelled=row.cancelled,
        title=row.title,
        decision_id=row.decision_id,
        standing=Standing(row.standing or "none"),
        plans=plans_of(row.plans or []),
        waiting=None if row.waiting is None else LessonWait(row.waiting),
        attempts=row.attempts or 0,
        gives=row.gives,
        opens=row.opens,
    )


@dataclass(frozen=True, slots=True)
class LessonChoice:
    """A class and a subject of which who asks gives lessons."""

    class_id: ClassId
    class_name: str
    subject: str


async def one(connection: AsyncConnection, lesson_id: LessonId) -> SchoolLesson | None:
    """The lesson; None where there is none, or it is not for who asks."""
    row = (await connection.execute(_ONE, {"lesson": lesson_id})).one_or_none()
    return None if row is None else _lesson(row)


async def choices(connection: AsyncConnection, school_id: SchoolId) -> Sequence[LessonChoice]:
    """What lessons who asks gives in this school, by class and subject."""
    rows = await connection.execute(_CHOICES, {"school": school_id})
    return [LessonChoice(ClassId(r.class_id), r.class_name, r.subject) for r in rows]


async def given(
    connection: AsyncConnection,
    school_id: SchoolId,
    class_ids: Sequence[ClassId],
    subject: str,
    start: datetime,
    end: datetime,
) -> Sequence[SchoolLesson]:
    """The lessons of classes in a subject that who asks gives, which start within that time."""
    asked = {
        "school": school_id,
        "classes": list(class_ids),
        "subject": subject,
        "start": start,
        "end": end,
    }
    return [_lesson(row) for row in await connection.execute(_GIVEN, asked)]


async def of_person(
    connection: AsyncConnection, person_id: PersonId, start: datetime, end: datetime
) -> Sequence[SchoolLesson]:
    """The lessons of one of the family that start within that time, without cancelled ones."""
    asked = {"person": person_id, "start": start, "end": end}
    return [_lesson(row) for row in await connection.execute(_OF_PERSON, asked)]


async def zone_of_person(connection: AsyncConnection, person_id: PersonId) -> tzinfo:
    """The zone of a school of theirs."""
    return zone_of((await connection.execute(_ZONE, {"person": person_id})).scalar_one())


async def zone_of_school(connection: AsyncConnection, school_id: SchoolId) -> tzinfo:
    """The school's zone."""
    found = await connection.execute(_ZONE_OF_SCHOOL, {"school": school_id})
    return zone_of(found.scalar_one())


async def link(connection: AsyncConnection, lesson_id: LessonId) -> str | None:
    """The link into the call, if it is open to who asks at this moment."""
    found: str | None = (
        await connection.execute(_LINK, {"lesson": lesson_id})
    ).scalar_one_or_none()
    return found


async def now(connection: AsyncConnection) -> datetime:
    """The one clock."""
    found: datetime = (await connection.execute(text("SELECT clock_now()"))).scalar_one()
    return found
