"""What the operators' pages show, asked of PostgreSQL and handed over as plain values.

Guarantees: each question is one read-only transaction with a time limit, so a page never
holds up the loops. Nothing here selects a person's name, birth date or sex, nor the content
of a quarantined record.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from domain.gate import WATCH_LIMIT, Gate, Progress, verdict
from domain.obstacles import Obstacle
from projections.database import transaction
from projections.facts import quarantine
from projections.facts.quarantine import Kept
from projections.gate import catch_up
from projections.reports import open_drift, status
from projections.reports.obstacles import obstacles
from projections.reports.overview_rows import ChatRow, MemberReason, MemberRow, SchoolName
from projections.reports.survey import Survey, Surveyor

_BEGIN = text("""SELECT set_config('transaction_read_only', 'on', true),
                        set_config('statement_timeout', '10s', true)""")

_STANDING = text("""
    SELECT c.armed_at, c.reason, c.ends_seen_at, c.passed_at, c.loading_since,
           (SELECT coalesce(sum(greatest(0, e.end_off - coalesce(p.next_off, 0))), 0)
              FROM (SELECT topic, part, topic_id, max(end_off) AS end_off
                      FROM topic_ends GROUP BY topic, part, topic_id) e
              LEFT JOIN ingest_partitions p USING (topic, part, topic_id)) AS lag,
           ARRAY(SELECT topic || '/' || part FROM partitions_read
                  WHERE state = 'gap' ORDER BY topic, part) AS gaps
      FROM catch_up c""")

_SCHOOLS = text("""
    SELECT i.school_id, f.name
      FROM (SELECT school_id FROM fact_schools UNION SELECT school_id FROM chats) i
      LEFT JOIN fact_schools f USING (school_id)""")

_SCHOOL = text("""
    SELECT (SELECT name FROM fact_schools WHERE school_id = :school) AS name,
           EXISTS (SELECT FROM fact_schools WHERE school_id = :school)
           OR EXISTS (SELECT FROM chats WHERE school_id = :school) AS known""")

_SCHOOL_STATES = text("""
    SELECT school_id, state, count(*) AS chats FROM dashboard.chats
     WHERE school_id = ANY(:schools) GROUP BY school_id, state""")

_CHAT_COLUMNS = """chat_id, school_id, kind, title, max_chat_id, expected, deliverable,
           observed, state, last_converged_at"""
_CHATS = text(f"SELECT {_CHAT_COLUMNS} FROM dashboard.chats WHERE school_id = :school")  # noqa: S608 - a constant
_CHAT = text(f"SELECT {_CHAT_COLUMNS} FROM dashboard.chats WHERE chat_id = :chat")  # noqa: S608 - a constant

_MEMBERS = text("""
    SELECT m.person_id, m.max_user_id, m.role, m.reasons, m.state,
           b.state AS blocked_as, b.retry_at
      FROM dashboard.memberships m
      LEFT JOIN dashboard.blocked b
             ON b.chat_id = :chat AND b.person_id = m.person_id AND m.state = 'blocked'
     WHERE m.chat_id = :chat
     ORDER BY m.role, m.person_id COLLATE "C" NULLS LAST, m.max_user_id""")

_QUARANTINED = text("SELECT count(*) FROM quarantine")


@dataclass(frozen=True, slots=True)
class Overall:
    """One moment of the whole.

    ``lag`` counts the records that are not ingested, by the last look at the topics' ends;
    None where nobody has looked yet. ``loading``: nothing is derived before all is read.
    ``survey`` is None until it was taken for the first time.
    """

    progress: Progress
    lag: int | None
    gaps: tuple[str, ...]
    armed_reason: str | None
    ends_seen: bool
    ends_passed: bool
    loading: bool
    counts: status.Status
    obstacles: tuple[Obstacle, ...]
    survey: Survey | None

    @property
    def gate(self) -> Gate:
        """Whether chats may be changed now."""
        return verdict(self.progress)

    @property
    def watched(self) -> bool:
        """Whether the topics' ends were looked at lately, so that ``lag`` is of now."""
        seen = self.progress.watched_at
        return seen is not None and self.progress.now - seen <= WATCH_LIMIT


async def standing(connection: AsyncConnection) -> Overall:
    """How everything stands; chats are left uncounted."""
    progress = await catch_up.progress(connection)
    row = (await connection.execute(_STANDING)).one()
    return Overall(
        progress=progress,
        lag=None if progress.watched_at is None else int(row.lag),
        gaps=tuple(row.gaps),
        armed_reason=row.reason if row.armed_at is not None else None,
        ends_seen=row.ends_seen_at is not None,
        ends_passed=row.passed_at is not None,
        loading=row.loading_since is not None,
        counts=await status.status(connection),
        obstacles=await obstacles(connection),
        survey=None,
    )


@dataclass(frozen=True, slots=True)
class Overview:
    """The questions. All raise ``StoreUnavailable`` where PostgreSQL does not answer in time."""

    engine: AsyncEngine
    surveyor: Surveyor = field(default_factory=Surveyor)

    async def answers(self) -> None:
        """Return if the database answers."""
        async with self._reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def standing(self) -> Overall:
        """How everything stands."""
        survey = await self.surveyor.look(self.engine)
        async with self._reading() as connection:
            return replace(await standing(connection), survey=survey)

    async def schools(self) -> list[SchoolName]:
        """All schools, in no order."""
        async with self._reading() as connection:
            return [SchoolName(*row) for row in await connection.execute(_SCHOOLS)]

    async def school(self, school_id: str) -> SchoolName | None:
        """One school; None where nothing is known of it."""
        async with self._reading() as connection:
            row = (await connection.execute(_SCHOOL, {"school": school_id})).one()
            return SchoolName(school_id, row.name) if row.known else None

    async def states_of(self, school_ids: list[str]) -> dict[str, dict[str, int]]:
        """How many chats of each school are in each state."""
        found: dict[str, dict[str, int]] = {school: {} for school in school_ids}
        async with self._reading() as connection:
            for row in await connection.execute(_SCHOOL_STATES, {"schools": school_ids}):
                found[row.school_id][row.state] = row.chats
        return found

    async def chats(self, school_id: str) -> list[ChatRow]:
        """The chats of a school, in no order."""
        async with self._reading() as connection:
            rows = await connection.execute(_CHATS, {"school": school_id})
            return [ChatRow(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name

    async def chat(self, chat_id: str) -> ChatRow | None:
        """One chat, or None."""
        async with self._reading() as connection:
            row = (await connection.execute(_CHAT, {"chat": chat_id})).one_or_none()
            return None if row is None else ChatRow(**row._mapping)  # noqa: SLF001 - as above

    async def members(self, chat_id: str) -> list[MemberRow]:
        """The people of a chat: administrators first, surplus accounts of nobody last."""
        async with self._reading() as connection:
            rows = await connection.execute(_MEMBERS, {"chat": chat_id})
            return [
                MemberRow(
                    row.person_id,
                    row.max_user_id,
                    row.role,
                    tuple(MemberReason(each["kind"], each["ref"]) for each in row.reasons),
                    row.state,
                    row.blocked_as,
                    row.retry_at,
                )
                for row in rows
            ]

    async def changes(
        self, what: open_drift.What, school_id: str, start: int, size: int
    ) -> list[open_drift.OpenDrift]:
        """``size`` changes of people that are not over, from ``start`` on."""
        async with self._reading() as connection:
            return await open_drift.listed(connection, what, school_id, start, size)

    async def drifted(self, what: open_drift.What, school_id: str = "") -> int:
        """How many of them there are."""
        async with self._reading() as connection:
            return await open_drift.count(connection, what, school_id)

    async def quarantine(self, start: int, size: int) -> list[Kept]:
        """``size`` records from ``start`` on, the latest first."""
        async with self._reading() as connection:
            return await quarantine.newest(connection, size, start)

    async def quarantined(self) -> int:
        """How many records are in quarantine."""
        async with self._reading() as connection:
            return int((await connection.execute(_QUARANTINED)).scalar_one())

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with transaction(self.engine) as connection:
            await connection.execute(_BEGIN)
            yield connection
