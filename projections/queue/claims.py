"""Marks: the entities whose chats must be looked at anew, claimed and cleared by generation.

Guarantees: a mark is cleared only at the generation that was read, so one that ingest set
anew in the meantime stays. A claim is a lease on database time and waits for nobody; neither
does clearing, so ingest and the workers cannot deadlock over marks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import ChatId
from domain.lanes import Lane
from projections.database import Driver, Record

CHANNEL = "rollcall_stale"
"""The NOTIFY channel that says: some mark was set."""


class MarkKind(Enum):
    """What a mark is about; ingest marks entities, derive itself and decisions mark chats."""

    SCHOOL = "school"
    CLASS = "class"
    GROUP = "group"
    PUPIL = "pupil"
    ORDER = "order"
    PERSON = "person"
    EMPLOYMENT = "employment"
    PROFILE = "profile"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a chat is looked at: the best lane, the latest event, the oldest mark.

    ``marked_at`` is None where nothing was marked before: it is now.
    """

    lane: Lane
    at: datetime
    marked_at: datetime | None = None

    def joined(self, other: "Cause") -> "Cause":
        """Both causes as one."""
        times = [at for at in (self.marked_at, other.marked_at) if at is not None]
        return Cause(min(self.lane, other.lane), max(self.at, other.at), min(times, default=None))


@dataclass(frozen=True, slots=True)
class Mark:
    """A claimed mark as it was read; ``scope`` is the school of an employment, else ''."""

    kind: MarkKind
    id: str
    scope: str
    generation: int
    cause: Cause


_CLAIM = """
    WITH free AS MATERIALIZED (
        SELECT kind, id, scope FROM stale_entities
         WHERE claimed_until IS NULL OR claimed_until < (SELECT clock_now())
         ORDER BY lane, (kind = 'chat'), generation LIMIT $1 FOR UPDATE SKIP LOCKED)
    UPDATE stale_entities s SET claimed_until = clock_now() + make_interval(secs => $2)
      FROM free f WHERE (s.kind, s.id, s.scope) = (f.kind, f.id, f.scope)
    RETURNING s.kind, s.id, s.scope, s.generation, s.lane, s.cause_at,
              s.marked_at"""

_ALL = """
    SELECT kind, id, scope, generation, lane, cause_at, marked_at FROM stale_entities"""

# A mark that ingest holds at this moment is about to get a new generation: it is passed over.
_READ = """
    WITH read AS MATERIALIZED (
        SELECT s.kind, s.id, s.scope FROM stale_entities s
          JOIN unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
               AS m (kind, id, scope, generation) USING (kind, id, scope, generation)
           FOR UPDATE OF s SKIP LOCKED)"""

_CLEAR = f"""{_READ}
    DELETE FROM stale_entities s USING read r
     WHERE (s.kind, s.id, s.scope) = (r.kind, r.id, r.scope)"""  # noqa: S608 - made of constants

# Free, but not as if never claimed: another worker may still clear the generation that it
# read, so a new fact must bring a new one.
_RELEASE = f"""{_READ}
    UPDATE stale_entities s SET claimed_until = 'epoch' FROM read r
     WHERE (s.kind, s.id, s.scope) = (r.kind, r.id, r.scope)"""  # noqa: S608 - made of constants

# A chat mark that nobody has claimed keeps its place in the queue: whoever claims it begins
# after this transaction has committed, and sees what it brings. One that stands for marks of
# entities is as old as they are, so that "nothing marked before this is left" stays true.
_MARK_CHATS = """
    INSERT INTO stale_entities AS s (kind, id, scope, lane, cause_at, marked_at)
    SELECT 'chat', m.id, '', m.lane, m.cause_at, coalesce(m.marked_at, clock_now())
      FROM unnest($1::text[], $2::smallint[], $3::timestamptz[], $4::timestamptz[])
           AS m (id, lane, cause_at, marked_at)
     ORDER BY m.id
    ON CONFLICT (kind, id, scope) DO UPDATE
       SET generation = CASE WHEN s.claimed_until IS NULL THEN s.generation
                             ELSE excluded.generation END,
           marked_at = least(s.marked_at, excluded.marked_at),
           claimed_until = NULL,
           lane = least(s.lane, excluded.lane),
           cause_at = greatest(s.cause_at, excluded.cause_at)"""

_DUE_BY_DATE = """
    WITH due AS MATERIALIZED (
        SELECT chat_id, next_change_at FROM chats
         WHERE next_change_at <= (SELECT clock_now())
         ORDER BY next_change_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE chats c SET next_change_at = NULL FROM due d WHERE c.chat_id = d.chat_id
    RETURNING c.chat_id, d.next_change_at"""

_POSTPONE = """
    UPDATE stale_entities SET claimed_until = clock_now() + make_interval(secs => $5)
     WHERE (kind, id, scope, generation) = ($1, $2, $3, $4)"""


async def claim(driver: Driver, limit: int, lease_seconds: float) -> list[Mark]:
    """Claim up to ``limit`` free marks, by lane and age; in a transaction of its own."""
    return [_mark(row) for row in await driver.fetch(_CLAIM, limit, lease_seconds)]


async def all_marks(driver: Driver) -> list[Mark]:
    """Every mark that stands, claimed or not."""
    return [_mark(row) for row in await driver.fetch(_ALL)]


def _mark(row: Record) -> Mark:
    return Mark(
        kind=MarkKind(row["kind"]),
        id=row["id"],
        scope=row["scope"],
        generation=row["generation"],
        cause=Cause(Lane(row["lane"]), row["cause_at"], row["marked_at"]),
    )


async def clear(driver: Driver, marks: Sequence[Mark]) -> None:
    """Delete these marks where their generation is still the one that was read."""
    await _each(driver, _CLEAR, marks)


async def release(driver: Driver, marks: Sequence[Mark]) -> None:
    """Give claimed marks back at once, where they are still as they were read."""
    await _each(driver, _RELEASE, marks)


async def _each(driver: Driver, statement: str, marks: Sequence[Mark]) -> None:
    if marks:
        await driver.execute(
            statement,
            [mark.kind.value for mark in marks],
            [mark.id for mark in marks],
            [mark.scope for mark in marks],
            [mark.generation for mark in marks],
        )


async def mark_chats(driver: Driver, chats: Mapping[ChatId, Cause]) -> None:
    """Mark chats to be derived anew."""
    if chats:
        await driver.execute(
            _MARK_CHATS,
            list(chats),
            [int(cause.lane) for cause in chats.values()],
            [cause.at for cause in chats.values()],
            [cause.marked_at for cause in chats.values()],
        )


async def mark_due_by_date(driver: Driver, limit: int) -> int:
    """Mark the chats whose answer changes by itself by now; how many there were.

    From there on a date is a mark like any other, cleared only when the chat was derived.
    """
    rows = await driver.fetch(_DUE_BY_DATE, limit)
    await mark_chats(
        driver, {ChatId(row["chat_id"]): Cause(Lane.LIVE, row["next_change_at"]) for row in rows}
    )
    return len(rows)


async def postpone(driver: Driver, mark: Mark, seconds: float) -> None:
    """Keep a mark that cannot be derived claimed, so that it stands in nobody's way."""
    await driver.execute(_POSTPONE, mark.kind.value, mark.id, mark.scope, mark.generation, seconds)


def by_chat(causes: Iterable[tuple[ChatId, Cause]]) -> dict[ChatId, Cause]:
    """The joined cause of each chat."""
    joined: dict[ChatId, Cause] = {}
    for chat_id, cause in causes:
        known = joined.get(chat_id)
        joined[chat_id] = cause if known is None else known.joined(cause)
    return joined
